//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The scalar arithmetic of rms_norm_backward, built once for its decomposition
/// to linalg and for row kernels. Names as in the operation's documentation.

#ifndef RMSNORM_DIALECT_RMSNORM_IR_NORMGRADIENT_H
#define RMSNORM_DIALECT_RMSNORM_IR_NORMGRADIENT_H

#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

namespace mlir::rmsnorm {

/// Builds scalar code at the insertion point of a builder. All values are of
/// the compute type, but for those that say otherwise.
class NormGradient {
public:
  NormGradient(OpBuilder &b, Location loc, const NormParameters &parameters)
      : b(b), loc(loc), parameters(parameters) {}

  /// What is known of a slice before its denominator: the sum of its squares
  /// and N, or what the norm returned as rstd. `rstd` null: from the sum.
  struct Slice {
    Value sumOfSquares;
    Value count;
    Value rstd;
  };
  /// Whether the sum of squares is needed although rstd is given.
  static bool needsSumOfSquares(const NormParameters &parameters) {
    return parameters.epsMode == EpsMode::Outside;
  }

  /// The denominator of a slice, or, for one of `perElement`, of an element.
  /// `epsilon` is of its own type; null: the attribute.
  struct Denominator {
    Value divisor;     ///< d, or 1/d
    bool isReciprocal; ///< which of the two
    Value follows;     ///< i1: d follows x; null: always
    Value epsilonActs; ///< i1: d follows eps; null: always
    Value root;        ///< sqrt(ms); null where it is not needed
  };
  Denominator buildDenominator(const Slice &slice, Value epsilon);

  /// value / d.
  Value divide(const Denominator &d, Value value);
  /// `value` in the compute type.
  Value widen(Value value);
  /// dy * scale; `scale`, of any type, may be null.
  Value buildWeighted(Value dy, Value scale);
  /// a * x/d * k/d, summed over the slice for `c`; what does not depend on the
  /// element is left for `buildCoupling`.
  Value buildProduct(const Denominator &d, Value a, Value x);
  /// c from that sum.
  Value buildCoupling(const Denominator &d, Value sum, Value count);
  /// dx.
  Value buildInputGradient(const Denominator &d, Value a, Value x,
                           Value coupling);
  /// e: how d follows eps.
  Value buildEpsilonFactor(const Denominator &d);
  /// -(a * x/d/d) * e.
  Value buildEpsilonGradient(const Denominator &d, Value a, Value x,
                             Value epsilonFactor);
  /// dy * x/d.
  Value buildScaleGradient(const Denominator &d, Value dy, Value x);

private:
  Value constant(double value);
  Value selectOrZero(Value condition, Value value);
  /// Whether `value` is larger than `bound`, or NaN.
  Value exceeds(Value value, Value bound);
  Value both(Value lhs, Value rhs);
  Value negate(Value condition);
  void buildFromSum(const Slice &slice, Value epsilon, Denominator &d);
  void buildFromRstd(const Slice &slice, Value epsilon, Denominator &d);
  /// The conditions, from those of the two bounds; null: never acts.
  void setConditions(Denominator &d, Value aboveMinRms, Value aboveEpsilon);

  OpBuilder &b;
  Location loc;
  const NormParameters &parameters;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_DIALECT_RMSNORM_IR_NORMGRADIENT_H
