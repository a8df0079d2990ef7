//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// erf and erfc.

#include "Coefficients.h"
#include "Functions.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
/// erf(a) for |a| <= 1.
Expr erfSmall(Expr a) {
  ArrayRef<double> e =
      a.width() == 32 ? ArrayRef<double>(erfF32) : ArrayRef<double>(erfF64);
  return fma(a, polynomial(a * a, e), a);
}

/// erfc(a) in f64 for a >= 1/2: exp(-a^2) times a polynomial in a fraction of
/// a, over 1 + 2a. The square and the quotient have two words.
Expr erfcTail(Expr a) {
  a = atMost(a, 27.3);
  Expr t = (a - 3.75) / (a + 3.75);
  DoubleDouble bottom = fastTwoSum(a + a, a.lit(1.0));
  // The leading coefficient in two words, and its sum too.
  Expr rest = t * polynomial(t, ArrayRef<double>(erfcF64).drop_front());
  DoubleDouble top = fastTwoSum(t.lit(erfcF64[0]), rest);
  top.lo = top.lo + erfcF64Lead;
  DoubleDouble q = top / bottom;
  DoubleDouble square = twoProduct(a, a);
  ScaledExpr e = expScaled(-square);
  DoubleDouble product = e.mantissa * q;
  return applyScale(product.hi + product.lo, e.exponent);
}
} // namespace

Expr rmsnorm::buildErf(Expr x) {
  Expr a = abs(x);
  Expr large = a;
  if (x.width() == 32) {
    Expr clamped = atMost(a, 4.0);
    large = 1.0 - expInner(-polynomial(clamped, erfTailF32));
  } else {
    large = 1.0 - erfcTail(atLeast(a, 0.5));
  }
  return copysign(select(a < 1.0, erfSmall(a), large), x);
}

Expr rmsnorm::buildErfc(Expr x) {
  if (x.width() == 32)
    return toF32(buildErfc(toF64(x)));
  Expr a = abs(x);
  Expr tail = erfcTail(atLeast(a, 0.5));
  Expr outer = select(x < 0.0, 2.0 - tail, tail);
  return select(a < 0.5, 1.0 - erfSmall(x), outer);
}
