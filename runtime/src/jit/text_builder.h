// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Writes linalg on tensors as MLIR text, for the kernels that a spec asks for.

#ifndef RMSNORM_RUNTIME_JIT_TEXT_BUILDER_H
#define RMSNORM_RUNTIME_JIT_TEXT_BUILDER_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <functional>
#include <string>
#include <vector>

namespace rmsn {

/// A tensor in the text. Its dimensions align with those of an iteration space
/// from the right, but for a tensor with one element per row (`dims`).
struct TextTensor {
  std::string name;
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape; // -1: dynamic
  std::vector<size_t> dims;   // empty, or the space's dimension of each own

  std::string type() const;
  explicit operator bool() const { return !name.empty(); }
};

/// Scalar code in the body of an operation, all in the compute type.
class ScalarText {
public:
  ScalarText(class TextBuilder &owner, std::string &code)
      : owner(owner), code(code) {}

  std::string constant(double value);
  std::string add(const std::string &lhs, const std::string &rhs);
  std::string sub(const std::string &lhs, const std::string &rhs);
  std::string mul(const std::string &lhs, const std::string &rhs);
  /// Rounds to `dtype` and extends again.
  std::string round(const std::string &value, rmsn_dtype dtype);
  std::string convert(const std::string &value, rmsn_dtype from, rmsn_dtype to);
  /// The gate's function of z, and its derivative.
  std::string gate(rmsn_norm_gate kind, const std::string &z);
  std::string gateDerivative(rmsn_norm_gate kind, const std::string &z);

private:
  std::string line(const std::string &operation);
  std::string sigmoid(const std::string &z);

  TextBuilder &owner;
  std::string &code;
};

using Scalars = std::vector<std::string>;
/// Computes scalars, of the compute type, from the elements of the inputs.
using ScalarBody = std::function<Scalars(ScalarText &, const Scalars &)>;

class TextBuilder {
public:
  explicit TextBuilder(rmsn_dtype compute) : compute(compute) {}

  /// A new argument of the function.
  TextTensor argument(const char *name, rmsn_dtype dtype,
                      std::vector<int64_t> shape,
                      std::vector<size_t> dims = {});
  /// A destination; dynamic extents are those of dimension `dims[i]` of `like`
  /// (null: i, aligned from the right).
  TextTensor empty(rmsn_dtype dtype, const std::vector<int64_t> &shape,
                   const TextTensor &like,
                   const std::vector<size_t> *dims = nullptr);
  /// An elementwise operation over the shape of `like`, with one result per
  /// entry of `results`.
  std::vector<TextTensor> map(const std::vector<TextTensor> &inputs,
                              const std::vector<rmsn_dtype> &results,
                              const TextTensor &like, const ScalarBody &body);
  TextTensor map(const std::vector<TextTensor> &inputs, rmsn_dtype result,
                 const TextTensor &like, const ScalarBody &body);
  /// The sum of a scalar over all that a tensor of shape `shape` is broadcast
  /// to in the shape of `like`, rounded to `result`.
  TextTensor sum(const std::vector<TextTensor> &inputs, rmsn_dtype result,
                 const std::vector<int64_t> &shape, const TextTensor &like,
                 const ScalarBody &body);

  std::string fresh() { return "%" + std::to_string(counter++); }
  void add(const std::string &text) { body += text; }
  rmsn_dtype getCompute() const { return compute; }
  /// The function, returning `results`.
  std::string finish(const std::vector<TextTensor> &results) const;

private:
  std::string mapOf(const TextTensor &operand,
                    const std::vector<int64_t> &space) const;
  /// Maps, operands and block arguments of the inputs; their elements, extended
  /// by `code`, in `values`.
  struct Inputs {
    std::string maps, names, types, arguments, code;
    Scalars values;
  };
  Inputs listInputs(const std::vector<TextTensor> &inputs,
                    const std::vector<int64_t> &space);

  rmsn_dtype compute;
  std::string arguments, body;
  int counter = 0;
};

/// A number that reads back as the same double.
std::string numberText(double value);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_TEXT_BUILDER_H
