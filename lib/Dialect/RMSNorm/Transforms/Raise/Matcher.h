//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Whether an expression is what rmsnorm.rms_norm means.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_MATCHER_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_MATCHER_H

#include "Expr.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include <string>

namespace mlir::rmsnorm::raise {

/// max(sqrt(k * sum + eps), minRms) and its kin.
struct Denominator {
  const Expr *sum = nullptr;
  /// Factor of the sum: a number and powers of extents.
  Product factor;
  double eps = 0;
  const Expr *epsOperand = nullptr;
  EpsMode mode = EpsMode::Inside;
  double minRms = 0;
  NaNRule nanRule = Propagates;
};

/// The operands and attributes of the rms_norm that an expression equals, in
/// the variables of the expression.
struct NormForm {
  /// A variable of the value that became one for each digit.
  struct Split {
    unsigned variable;
    SmallVector<unsigned> digits;
    SmallVector<const Expr *> extents;
  };

  /// Type of the value: that of the rounding, or the compute type.
  Type resultType;
  FloatType computeType;
  const Expr *x = nullptr;
  /// x times a positive number, which is the same norm with another epsilon;
  /// null where that number is 1.
  const Expr *scaledX = nullptr;
  double xFactor = 1;
  SmallVector<unsigned> axes;
  SmallVector<const Expr *> axisExtents;
  const Expr *scale = nullptr;
  const Expr *bias = nullptr;
  /// A number in the scale that had to be taken in.
  double scaleNumber = 1;
  Denominator denominator;
  /// Everything here is in the variables after these splits; only this sum is
  /// in those of the value itself.
  SmallVector<Split> splits;
  const Expr *sumBeforeSplits = nullptr;
  /// Whether the reciprocal root is 1/d itself, not times a number.
  bool rootIsRstd = false;
  /// Whether the proof looked behind slices, so that the sum is not one that
  /// the program has.
  bool looksBehind = false;
  /// The value is a part of a norm: its variable goes over this part of an axis
  /// of the norm, whose element is `whole`.
  struct Part {
    unsigned variable;
    IndexRange range;
    const Expr *whole;
  };
  std::optional<Part> part;
};

/// What was found instead of a norm.
struct Refusal {
  /// The sum that the root is taken of.
  const Expr *sum = nullptr;
  std::string reason;
  /// How much of the proof succeeded: the furthest attempt is reported.
  int progress = 0;
};

class Matcher {
public:
  Matcher(ExprContext &context, bool strictNaN)
      : context(context), strictNaN(strictNaN) {}

  /// Proves that `value` is an rms_norm. Where it has the root of a sum but is
  /// none, `refusals` says which proof failed.
  std::optional<NormForm> match(const Expr *value,
                                SmallVectorImpl<Refusal> &refusals);

private:
  std::optional<NormForm> matchUnsplit(const Expr *value,
                                       SmallVectorImpl<Refusal> &refusals);
  std::optional<NormForm> matchSplit(const Expr *value,
                                     SmallVectorImpl<Refusal> &refusals);
  std::optional<NormForm> matchProduct(const Expr *product, const Term &root,
                                       SmallVectorImpl<Refusal> &refusals);
  bool findX(const Product &numerator, const Expr *sum, NormForm &form,
             Product &rest, std::string &reason);
  void joinNormalizedSplits(NormForm &form);
  bool matchCount(const NormForm &form, double factor, std::string &reason);
  ExprContext &context;
  bool strictNaN;
};

/// The denominator factor * base^(-power), power being -1/2 or -1.
std::optional<Denominator> parseDenominator(ExprContext &context,
                                            const Expr *base, double power,
                                            const Product &factor,
                                            std::string &reason);
/// A sum inside of `expr` that a root is taken of, or null.
const Expr *findRootedSum(const Expr *expr);
/// Whether the value can be computed again from tensors and constants alone.
bool isEmittable(const Expr *expr);

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_MATCHER_H
