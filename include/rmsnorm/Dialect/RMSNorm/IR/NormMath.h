//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The scalar arithmetic of rms_norm, built once for its decomposition to
/// linalg and for row kernels.

#ifndef RMSNORM_DIALECT_RMSNORM_IR_NORMMATH_H
#define RMSNORM_DIALECT_RMSNORM_IR_NORMMATH_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm {

/// What is constant in the denominator of a norm.
struct NormParameters {
  double eps = 0.0;
  EpsMode epsMode = EpsMode::Inside;
  double minRms = 0.0;
  FloatType computeType;
  /// d differs from element to element (an eps operand along the slice).
  bool perElement = false;
};

/// Those of rms_norm or rms_norm_backward.
template <typename OpTy>
NormParameters getNormParameters(OpTy op) {
  return {op.getEps().convertToDouble(), op.getEpsMode(),
          op.getMinRms().convertToDouble(), op.getComputeFloatType(),
          op.epsilonVariesInSlice()};
}

/// Converts a floating-point scalar (or vector) to element type `type`: extf,
/// truncf or nothing.
Value convertFloat(OpBuilder &b, Location loc, Value value, Type type);

/// Whether 1/d may overflow, or be subnormal, although d is a finite positive
/// number that the formula meant as a divisor. A square root of anything
/// representable is far from both ends; only the constants can get there.
bool isReciprocalUnsafe(const NormParameters &parameters);

/// The name of the (discardable) unit attribute of the operations of a row
/// kernel that make d and 1/d of a norm's sum of squares. What
/// leaves them is rounded to the compute type; a target may compute what is
/// between more precisely.
inline constexpr llvm::StringLiteral kStatisticAttrName = "rmsnorm.statistic";

/// d of one slice from its sum of squares and its length N, both in the
/// compute type. `epsilon` is an element of the eps operand, or null.
Value buildDenominator(OpBuilder &b, Location loc,
                       const NormParameters &parameters, Value sumOfSquares,
                       Value count, Value epsilon);

/// round_once(x / d * scale + bias) to `resultType`; scale and bias may be
/// null. The quotient is a multiplication by 1/d where that is the same for a
/// whole row, unless 1/d could overflow where x/d does not.
Value buildNormalized(OpBuilder &b, Location loc,
                      const NormParameters &parameters, Value x, Value d,
                      Value scale, Value bias, Type resultType);

} // namespace mlir::rmsnorm

#endif // RMSNORM_DIALECT_RMSNORM_IR_NORMMATH_H
