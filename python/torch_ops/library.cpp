// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The operators of the namespace `rmsnorm`, registered through the stable ABI
// of LibTorch: one binary for several versions of torch. Autograd, fake kernels
// and batching rules are Python's (python/rmsnorm/nn).

#include "norm_call.h"

#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>

#include <array>
#include <tuple>

using namespace rmsnorm_torch;

#define NORM_OPTIONS                                                           \
  "int[] axes=[-1], float? eps=None, float? min_rms=None, "                    \
  "float weight_offset=0.0, bool cast_before_weight=False"
#define FUSED_OPTIONS                                                          \
  NORM_OPTIONS ", float residual_factor=1.0, bool round_sum=False, "           \
               "int gate_kind=0, bool gate_before_norm=False"
#define PARAMETERS                                                             \
  "Tensor? weight=None, Tensor? bias=None, Tensor? eps_param=None"
#define FUSED_TENSORS                                                          \
  PARAMETERS ", Tensor? residual=None, Tensor? residual_scale=None, "          \
             "Tensor? gate=None"
#define FORWARD                                                                \
  "(Tensor x, " FUSED_TENSORS ", *, " FUSED_OPTIONS                            \
  ", bool return_sum=False, bool return_rstd=False)"                           \
  " -> (Tensor, Tensor, Tensor)"
#define BACKWARD                                                               \
  "(Tensor grad, Tensor? grad_sum, Tensor x, " FUSED_TENSORS                   \
  ", Tensor? rstd=None, *, " FUSED_OPTIONS                                     \
  ", bool input_is_sum=False, int grads=1) -> (Tensor, Tensor, "               \
  "Tensor, Tensor, Tensor, Tensor, Tensor)"

namespace {

NormOptions makeOptions(const Tensor &x, std::vector<int64_t> axes,
                        std::optional<double> eps, std::optional<double> minRms,
                        double weightOffset, bool castBeforeWeight,
                        double residualFactor, bool roundSum, int64_t gate,
                        bool gateBeforeNorm) {
  rmsn_dtype dtype = dtypeOf(x);
  bool wide = dtype == RMSN_DTYPE_F64;
  NormOptions options;
  options.axes = std::move(axes);
  options.eps = eps ? *eps : wide ? 0x1p-52 : 0x1p-23;
  // max(finfo(lo).tiny, sqrt(finfo(compute).tiny))
  options.minRms = minRms                    ? *minRms
                   : wide                    ? 0x1p-511
                   : dtype == RMSN_DTYPE_F16 ? 0x1p-14
                                             : 0x1p-63;
  options.weightOffset = weightOffset;
  options.castBeforeWeight = castBeforeWeight;
  options.residualFactor = residualFactor;
  options.roundSum = roundSum;
  options.gate = gate;
  options.gateBeforeNorm = gateBeforeNorm;
  if (gate < 0 || gate > 2)
    invalid("gate_kind", std::to_string(gate),
            "0 (none), 1 (silu), 2 (sigmoid)");
  return options;
}

// Calls an operator of the package's, by plain torch operations; in a process
// without the package there is none, and `why` is raised.
template <size_t NumResults, typename... Args>
std::array<Tensor, NumResults>
callPlain(const char *name, const NoCompiler &why, const Args &...args) {
  std::array<StableIValue, sizeof...(Args)> stack{
      torch::stable::detail::from(args)...};
  if (torch_call_dispatcher(name, "", stack.data(), TORCH_ABI_VERSION) !=
      AOTI_TORCH_SUCCESS)
    throw why;
  std::array<Tensor, NumResults> results;
  for (size_t i = 0; i < NumResults; ++i)
    results[i] = torch::stable::detail::to<Tensor>(stack[i]);
  return results;
}

std::tuple<Tensor, Tensor, Tensor>
forward(Tensor x, MaybeTensor weight, MaybeTensor bias, MaybeTensor epsParam,
        MaybeTensor residual, MaybeTensor residualScale, MaybeTensor gate,
        std::vector<int64_t> axes, std::optional<double> eps,
        std::optional<double> minRms, double weightOffset,
        bool castBeforeWeight, double residualFactor, bool roundSum,
        int64_t gateKind, bool gateBeforeNorm, bool returnSum,
        bool returnRstd) {
  NormOptions options =
      makeOptions(x, axes, eps, minRms, weightOffset, castBeforeWeight,
                  residualFactor, roundSum, gateKind, gateBeforeNorm);
  options.returnSum = returnSum;
  options.returnRstd = returnRstd;
  try {
    std::vector<Tensor> results =
        runForward({x, weight, bias, epsParam, residual, residualScale, gate},
                   std::move(options));
    return {results[0], results[1], results[2]};
  } catch (const NoCompiler &error) {
    auto r =
        callPlain<3>("rmsnorm::_plain_forward", error, x, weight, bias,
                     epsParam, residual, residualScale, gate, axes, eps, minRms,
                     weightOffset, castBeforeWeight, residualFactor, roundSum,
                     gateKind, gateBeforeNorm, returnSum, returnRstd);
    return {r[0], r[1], r[2]};
  }
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>
backward(Tensor grad, MaybeTensor gradSum, Tensor x, MaybeTensor weight,
         MaybeTensor bias, MaybeTensor epsParam, MaybeTensor residual,
         MaybeTensor residualScale, MaybeTensor gate, MaybeTensor rstd,
         std::vector<int64_t> axes, std::optional<double> eps,
         std::optional<double> minRms, double weightOffset,
         bool castBeforeWeight, double residualFactor, bool roundSum,
         int64_t gateKind, bool gateBeforeNorm, bool inputIsSum,
         int64_t grads) {
  NormOptions options =
      makeOptions(x, axes, eps, minRms, weightOffset, castBeforeWeight,
                  residualFactor, roundSum, gateKind, gateBeforeNorm);
  options.inputIsSum = inputIsSum;
  options.grads = grads;
  try {
    std::vector<Tensor> r =
        runBackward(grad, gradSum,
                    {x, weight, bias, epsParam, residual, residualScale, gate},
                    rstd, std::move(options));
    return {r[0], r[1], r[2], r[3], r[4], r[5], r[6]};
  } catch (const NoCompiler &error) {
    auto r = callPlain<7>("rmsnorm::_plain_backward", error, grad, gradSum, x,
                          weight, bias, epsParam, residual, residualScale, gate,
                          rstd, axes, eps, minRms, weightOffset,
                          castBeforeWeight, residualFactor, roundSum, gateKind,
                          gateBeforeNorm, inputIsSum, grads);
    return {r[0], r[1], r[2], r[3], r[4], r[5], r[6]};
  }
}

} // namespace

// Called once by the package, which gives a context of its own when asked.
extern "C" __attribute__((visibility("default"))) void
rmsnorm_torch_set_context_source(void *(*source)()) {
  setContextSource(source);
}

STABLE_TORCH_LIBRARY(rmsnorm, library) {
  library.def("rms_norm_forward" FORWARD);
  library.def("rms_norm_backward" BACKWARD);
  // The same by plain operations (python/rmsnorm/nn/plain_ops.py).
  library.def("_plain_forward" FORWARD);
  library.def("_plain_backward" BACKWARD);
  // Defined by the above (python/rmsnorm/nn/ops.py).
  library.def("rms_norm(Tensor x, " PARAMETERS ", *, " NORM_OPTIONS
              ") -> Tensor");
  library.def("rms_norm_residual(Tensor x, Tensor residual, " PARAMETERS
              ", Tensor? residual_scale=None, *, " NORM_OPTIONS
              ", float residual_factor=1.0, bool round_sum=False)"
              " -> (Tensor, Tensor)");
  library.def("gated_rms_norm(Tensor x, Tensor gate, " PARAMETERS
              ", *, " NORM_OPTIONS
              ", int gate_kind=1, bool gate_before_norm=False) -> Tensor");
}

STABLE_TORCH_LIBRARY_IMPL(rmsnorm, CPU, library) {
  library.impl("rms_norm_forward", TORCH_BOX(&forward));
  library.impl("rms_norm_backward", TORCH_BOX(&backward));
}

STABLE_TORCH_LIBRARY_IMPL(rmsnorm, CUDA, library) {
  library.impl("rms_norm_forward", TORCH_BOX(&forward));
  library.impl("rms_norm_backward", TORCH_BOX(&backward));
}
