//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Hyperbolic functions and their inverses.

#include "Coefficients.h"
#include "Functions.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
Expr tanhF32Build(Expr x) {
  Expr a = atMost(abs(x), 10.0);
  Expr z = a * a;
  Expr small = fma(a * z, polynomial(z, tanhF32), a);
  Expr large = 1.0 - 2.0 / (expInner(a + a) + 1.0);
  return copysign(select(a < 0.55, small, large), x);
}

/// e^a / 2 for 0 <= a, rounded once.
Expr halfExp(Expr a) {
  ScaledExpr e = expScaled({atMost(a, 712.0), a.lit(0.0)});
  return applyScale(e.mantissa.hi + e.mantissa.lo, e.exponent - 1);
}

constexpr double ln2Words[] = {ln2F64[0], ln2F64[1]};

/// log(v), or log(2 a) where `big`.
Expr logOrLogTwice(Expr big, Expr a, DoubleDouble v) {
  Expr zero = a.lit(0.0);
  DoubleDouble log = logWords({select(big, a, v.hi), select(big, zero, v.lo)});
  DoubleDouble sum = log + DoubleDouble{select(big, a.lit(ln2Words[0]), zero),
                                        select(big, a.lit(ln2Words[1]), zero)};
  return sum.hi + sum.lo;
}
} // namespace

Expr rmsnorm::buildTanh(Expr x) {
  if (x.width() == 32)
    return tanhF32Build(x);
  Expr a = atMost(abs(x), 20.0);
  DoubleDouble e = expm1Words(a + a);
  DoubleDouble sum = twoSum(e.hi, e.hi.lit(2.0));
  DoubleDouble q = e / DoubleDouble{sum.hi, sum.lo + e.lo};
  return copysign(select(a < 0x1p-28, a, q.hi + q.lo), x);
}

Expr rmsnorm::buildSinh(Expr x) {
  if (x.width() == 32) {
    Expr e = buildExpm1(atMost(abs(toF64(x)), 100.0));
    return copysign(toF32(0.5 * (e + e / (e + 1.0))), x);
  }
  Expr a = abs(x);
  DoubleDouble e = expm1Words(atMost(a, 40.0));
  DoubleDouble next = twoSum(e.hi, e.hi.lit(1.0));
  DoubleDouble q = e / DoubleDouble{next.hi, next.lo + e.lo};
  DoubleDouble sum = e + q;
  Expr value = select(a < 0x1p-28, a, 0.5 * (sum.hi + sum.lo));
  return copysign(select(a > 22.0, halfExp(a), value), x);
}

Expr rmsnorm::buildCosh(Expr x) {
  if (x.width() == 32) {
    Expr e = expInner(atMost(abs(toF64(x)), 100.0));
    return toF32(0.5 * (e + 1.0 / e));
  }
  Expr half = halfExp(abs(x));
  return half + 0.25 / half;
}

Expr rmsnorm::buildAsinh(Expr x) {
  if (x.width() == 32) {
    Expr a = abs(toF64(x));
    Expr aa = a * a;
    Expr value = toF32(log1pInner(a + aa / (1.0 + sqrt(1.0 + aa))));
    return copysign(select(abs(x) < infinity(x), value, abs(x)), x);
  }
  Expr a = abs(x);
  DoubleDouble aa = twoProduct(a, a);
  DoubleDouble sum = twoSum(a.lit(1.0), aa.hi);
  DoubleDouble root = sqrt(DoubleDouble{sum.hi, sum.lo + aa.lo});
  DoubleDouble v = twoSum(root.hi, a);
  v.lo = v.lo + root.lo;
  Expr value = logOrLogTwice(a > 0x1p28, a, v);
  value = select(a < 0x1p-27, a, value);
  return copysign(select(a < infinity(a), value, a), x);
}

Expr rmsnorm::buildAcosh(Expr x) {
  bool single = x.width() == 32;
  Expr a = toF64(x);
  Expr t = a - 1.0;
  Expr value = t;
  if (single) {
    value = toF32(log1pInner(t + sqrt(t * (a + 1.0))));
  } else {
    DoubleDouble next = twoSum(a, a.lit(1.0));
    DoubleDouble square = next * t;
    // The addend only keeps 0/0 away from the root's second word.
    square.hi = square.hi + 0x1p-1000;
    DoubleDouble root = sqrt(square);
    DoubleDouble v = twoSum(a, root.hi);
    v.lo = v.lo + root.lo;
    value = logOrLogTwice(a > 0x1p28, a, v);
  }
  value = select(x < infinity(x), value, x);
  return select(x < 1.0, quietNaN(x), value);
}

Expr rmsnorm::buildAtanh(Expr x) {
  bool single = x.width() == 32;
  Expr a = abs(toF64(x));
  Expr value = a;
  if (single) {
    value = toF32(0.5 * log1pInner((a + a) / (1.0 - a)));
  } else {
    Expr one = a.lit(1.0);
    DoubleDouble log = logWords(twoSum(one, a) / twoSum(one, -a));
    value = select(a < 0x1p-28, a, 0.5 * (log.hi + log.lo));
  }
  Expr limit = abs(x);
  value = select(limit == 1.0, infinity(x), value);
  value = select(limit <= 1.0, value, quietNaN(x));
  return copysign(value, x);
}
