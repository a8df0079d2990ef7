// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A call of the operators as the runtime sees it: one description of the norm,
// which names the compiled function, and the tensors in its order.

#ifndef RMSNORM_TORCH_OPS_NORM_CALL_H
#define RMSNORM_TORCH_OPS_NORM_CALL_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <torch/csrc/stable/tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rmsnorm_torch {

using torch::stable::Tensor;
using MaybeTensor = std::optional<Tensor>;

constexpr int kMaxRank = 32;

// Everything of a call but the tensors.
struct NormOptions {
  std::vector<int64_t> axes;
  double eps;
  double minRms;
  double weightOffset;
  bool castBeforeWeight;
  double residualFactor;
  bool roundSum;
  int64_t gate;
  bool gateBeforeNorm;
  // Forward.
  bool returnSum = false;
  bool returnRstd = false;
  // Backward.
  int64_t grads = 0;
  bool inputIsSum = false;
};

// The tensors that the forward and the backward share.
struct NormInputs {
  const Tensor &x;
  const MaybeTensor &weight;
  const MaybeTensor &bias;
  const MaybeTensor &epsParam;
  const MaybeTensor &residual;
  const MaybeTensor &residualScale;
  const MaybeTensor &gate;
};

// A tensor's description for the runtime, perhaps with fewer dimensions.
struct View {
  DLTensor tensor{};
  int64_t dims[2 * kMaxRank];
};

// y, sum, rstd; what was not asked for is an empty tensor.
std::vector<Tensor> runForward(const NormInputs &inputs, NormOptions options);

// dx, dresidual, dweight, dbias, deps, dresidual_scale, dgate; likewise.
std::vector<Tensor> runBackward(const Tensor &grad, const MaybeTensor &gradSum,
                                const NormInputs &inputs,
                                const MaybeTensor &rstd, NormOptions options);

// ---- tensors.cpp ----

rmsn_dtype dtypeOf(const Tensor &tensor);
View viewOf(const Tensor &tensor);
// Uninitialised, row-major, on the device of `like`.
Tensor newTensor(const Tensor &like, int32_t torchDtype, const int64_t *sizes,
                 int64_t rank);
// Uninitialised, with the dtype and strides that torch.empty_like gives.
Tensor newLike(const Tensor &like);
// The compute type's number in torch.
int32_t computeDtype(const Tensor &x);
int32_t torchDtype(const Tensor &tensor);
// Raises: `argument: given ..., expected ...`.
[[noreturn]] void invalid(const char *argument, const std::string &given,
                          const std::string &expected);

// ---- functions.cpp ----

// Where the context comes from in which everything is compiled and runs; it is
// asked for once, at the first call, and must outlive all calls. Without a
// source it is a context of the default options.
using ContextSource = void *(*)();
void setContextSource(ContextSource source);

// There is neither a compiled function in the cache nor a compiler.
struct NoCompiler : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Words that are equal where the compiled function is.
class Key {
public:
  void add(int64_t word) {
    if (count < kWords)
      words[count++] = word;
    else
      overflow = true;
  }
  void add(double value);
  bool usable() const { return !overflow; }
  const int64_t *data() const { return words.data(); }
  size_t size() const { return count; }

private:
  static constexpr size_t kWords = 192;
  std::array<int64_t, kWords> words;
  size_t count = 0;
  bool overflow = false;
};

// The compiled function of `spec`, compiled at first use. Raises `NoCompiler`.
rmsn_function *lookup(const Key &key, const rmsn_norm_spec &spec,
                      const DLDevice &device);
// Raises with the runtime's message if `status` is a failure.
void check(rmsn_status status);
// The current stream of a CUDA device, null on the CPU.
void *currentStream(const DLDevice &device);

} // namespace rmsnorm_torch

#endif // RMSNORM_TORCH_OPS_NORM_CALL_H
