//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Unevaluated sums of two floats, for the places of the f64 functions where
/// one rounding more would cost the second ulp.

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_DOUBLEDOUBLE_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_DOUBLEDOUBLE_H

#include "Expr.h"

namespace mlir::rmsnorm {

/// hi + lo, |lo| at most about an ulp of hi.
struct DoubleDouble {
  Expr hi, lo;
};

/// a + b exactly, for |a| >= |b| or a = 0.
inline DoubleDouble fastTwoSum(Expr a, Expr b) {
  Expr s = a + b;
  return {s, b - (s - a)};
}

/// a + b exactly.
inline DoubleDouble twoSum(Expr a, Expr b) {
  Expr s = a + b;
  Expr bb = s - a;
  return {s, (a - (s - bb)) + (b - bb)};
}

/// a * b exactly (where nothing underflows).
inline DoubleDouble twoProduct(Expr a, Expr b) {
  Expr p = a * b;
  return {p, fma(a, b, -p)};
}

inline DoubleDouble operator*(DoubleDouble a, Expr b) {
  Expr p = a.hi * b;
  return {p, fma(a.lo, b, fma(a.hi, b, -p))};
}

inline DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  Expr p = a.hi * b.hi;
  return {p, fma(a.lo, b.hi, fma(a.hi, b.lo, fma(a.hi, b.hi, -p)))};
}

inline DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  DoubleDouble s = twoSum(a.hi, b.hi);
  return fastTwoSum(s.hi, s.lo + (a.lo + b.lo));
}

inline DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  Expr q = a.hi / b.hi;
  Expr rest = fnma(q, b.hi, a.hi) + fnma(q, b.lo, a.lo);
  return {q, rest / b.hi};
}

inline DoubleDouble operator-(DoubleDouble a) { return {-a.hi, -a.lo}; }

/// The square root to about twice the precision; of positive numbers.
inline DoubleDouble sqrt(DoubleDouble a) {
  Expr r = sqrt(a.hi);
  return {r, (fnma(r, r, a.hi) + a.lo) / (r + r)};
}

/// A constant given as words.
inline DoubleDouble words(Expr like, const double *w) {
  return {like.lit(w[0]), like.lit(w[1])};
}

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_DOUBLEDOUBLE_H
