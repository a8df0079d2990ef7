// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A checked rmsn_norm_spec.

#ifndef RMSNORM_RUNTIME_JIT_NORM_SPEC_H
#define RMSNORM_RUNTIME_JIT_NORM_SPEC_H

#include "jit/text_builder.h"

namespace rmsn {

class NormSpec {
public:
  explicit NormSpec(const rmsn_norm_spec &spec) : spec(spec) {}

  /// Must succeed before anything else is asked.
  rmsn_status check();
  bool isBackward() const { return spec.op == RMSN_OP_RMS_NORM_BACKWARD; }
  bool wants(uint32_t grad) const { return (spec.grads & grad) != 0; }
  rmsn_dtype compute() const {
    return spec.dtype == RMSN_DTYPE_F64 ? RMSN_DTYPE_F64 : RMSN_DTYPE_F32;
  }
  /// The clauses of the operation's denominator.
  std::string attributes() const;
  /// Dimensions of x that are not normalised, and their extents.
  std::vector<size_t> rowDims() const;
  std::vector<int64_t> rowShape() const;

  const rmsn_norm_spec &spec;
  std::vector<int64_t> shape; // of x
  std::vector<int32_t> axes;  // not negative, ascending

private:
  rmsn_status checkParam(const rmsn_norm_param &param, const char *name) const;
  rmsn_status checkForward() const;
  rmsn_status checkBackward() const;
  bool epsVariesInRow() const;
};

/// What forward and backward have in common: arguments, the sum that is
/// normalised, the norm.
class NormText {
public:
  explicit NormText(const NormSpec &norm)
      : norm(norm), spec(norm.spec), b(norm.compute()) {}

protected:
  TextTensor argument(const char *name) {
    return b.argument(name, spec.dtype, norm.shape);
  }
  /// The argument of a parameter that the spec has, else nothing.
  TextTensor parameter(const char *name, const rmsn_norm_param &param);
  /// x + residual_scale * residual in scalars.
  std::string addResidual(ScalarText &t, const std::string &x,
                          const std::string &residual,
                          const std::string &factor) const;
  /// That sum; `residualScale` may be nothing.
  TextTensor buildSum(const TextTensor &x, const TextTensor &residual,
                      const TextTensor &residualScale, rmsn_dtype dtype);
  /// scale + scale_offset in the compute type, of the scale's shape.
  TextTensor buildOffsetScale(const TextTensor &scale);
  /// input * gate(z) in the compute type.
  TextTensor buildGated(const TextTensor &input, const TextTensor &gate,
                        rmsn_dtype dtype);
  /// rmsnorm.rms_norm; absent operands may be nothing, `rstd` null.
  TextTensor buildNorm(const TextTensor &x, const TextTensor &scale,
                       const TextTensor &bias, const TextTensor &eps,
                       rmsn_dtype dtype, TextTensor *rstd = nullptr);

  const NormSpec &norm;
  const rmsn_norm_spec &spec;
  TextBuilder b;
};

/// Lists operands as in `%x, scale %g` and their types.
class OperandList {
public:
  void add(const TextTensor &tensor, const char *keyword = nullptr);
  std::string text(const char *name) const {
    return std::string(" ") + name + "(" + names + " : " + types + ")";
  }

private:
  std::string names, types;
};

std::string forwardText(const NormSpec &norm);
std::string backwardText(const NormSpec &norm);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_NORM_SPEC_H
