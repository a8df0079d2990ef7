//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// atan, atan2, asin, acos; all in f64, the f32 versions without the second
/// words.

#include "Coefficients.h"
#include "Functions.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
constexpr double tanEighth = 0x1.a827999fcef32p-2;      // tan(pi/8)
constexpr double tanThreeEighths = 0x1.3504f333f9de6p1; // tan(3 pi/8)

/// atan(n / d) in [0, pi/2] for finite n, d >= 0, not both zero.
DoubleDouble atanQuotient(Expr n, Expr d, bool twoWords) {
  Expr steep = n > tanThreeEighths * d;
  Expr middle = n > tanEighth * d;
  DoubleDouble difference = twoSum(n, -d), sum = twoSum(n, d);
  Expr zero = n.lit(0.0);
  auto choose = [&](Expr a, Expr b, Expr c) {
    return select(steep, a, select(middle, b, c));
  };
  DoubleDouble top = {choose(-d, difference.hi, n),
                      choose(zero, difference.lo, zero)};
  DoubleDouble bottom = {choose(n, sum.hi, d), choose(zero, sum.lo, zero)};
  auto base = [&](int word) {
    return choose(n.lit(halfPiF64[word]), n.lit(halfPiF64[word] / 2), zero);
  };
  DoubleDouble q = {top.hi / bottom.hi, zero};
  if (twoWords)
    q = top / bottom;
  Expr z = q.hi * q.hi;
  Expr tail = fma(q.hi * z, polynomial(z, atanF64), q.lo);
  DoubleDouble head = fastTwoSum(base(0), q.hi);
  return {head.hi, head.lo + (base(1) + tail)};
}

Expr narrow(Expr value, bool single) { return single ? toF32(value) : value; }
} // namespace

Expr rmsnorm::buildAtan(Expr x) {
  bool single = x.width() == 32;
  Expr a = abs(toF64(x));
  // Beyond, the result is pi/2 rounded; infinity would give inf/inf below.
  a = atMost(a, 0x1p64);
  DoubleDouble r = atanQuotient(a, a.lit(1.0), !single);
  Expr value = copysign(narrow(r.hi + r.lo, single), x);
  return select(abs(x) < 0x1p-28, x, value);
}

Expr rmsnorm::buildAtan2(Expr y, Expr x) {
  bool single = x.width() == 32;
  Expr n = abs(toF64(y)), d = abs(toF64(x));
  Expr inf = infinity(n), zero = n.lit(0.0), one = n.lit(1.0);
  Expr nInf = n == inf, dInf = d == inf;
  Expr anyInf = nInf | dInf;
  if (!single) {
    // n + d must not overflow.
    Expr huge = (n > 0x1p1000) | (d > 0x1p1000);
    n = select(huge, n * 0x1p-60, n);
    d = select(huge, d * 0x1p-60, d);
  }
  Expr nZero = n == 0.0;
  n = select(anyInf, select(nInf, one, zero), n);
  d = select(anyInf, select(dInf, one, zero), d);
  d = select(nZero, one, d);
  DoubleDouble r = atanQuotient(n, d, !single);
  Expr negative = bits(x) < 0;
  DoubleDouble turned = fastTwoSum(n.lit(2 * halfPiF64[0]), -r.hi);
  turned.lo = turned.lo + (2 * halfPiF64[1] - r.lo);
  Expr value = select(negative, turned.hi + turned.lo, r.hi + r.lo);
  Expr result = copysign(narrow(value, single), y);
  return select(isNaN(x) | isNaN(y), quietNaN(x), result);
}

namespace {
/// asin(s) = s + tail of the part that is near zero: s = |x| below 1/2, else
/// sqrt((1 - |x|) / 2), of which asin is half the distance to pi/2.
struct HalfAngle {
  Expr big, s, tail;
};
HalfAngle halfAngle(Expr a) {
  Expr big = a >= 0.5;
  Expr z = select(big, 0.5 * (1.0 - a), a * a);
  Expr s = select(big, sqrt(z), a);
  // What sqrt dropped; the addend only keeps 0/0 away.
  Expr lost = fnma(s, s, z) / (s + s + 0x1p-1000);
  Expr tail = (s * z) * polynomial(z, asinF64);
  return {big, s, select(big, tail + lost, tail)};
}
} // namespace

Expr rmsnorm::buildAsin(Expr x) {
  bool single = x.width() == 32;
  HalfAngle h = halfAngle(abs(toF64(x)));
  DoubleDouble head = fastTwoSum(h.s.lit(halfPiF64[0]), -(h.s + h.s));
  Expr bigValue = head.hi + (head.lo + (halfPiF64[1] - (h.tail + h.tail)));
  Expr value = select(h.big, bigValue, h.s + h.tail);
  return copysign(narrow(value, single), x);
}

Expr rmsnorm::buildAcos(Expr x) {
  bool single = x.width() == 32;
  Expr wide = toF64(x);
  HalfAngle h = halfAngle(abs(wide));
  Expr tail = copysign(h.tail, wide);
  DoubleDouble head = fastTwoSum(h.s.lit(halfPiF64[0]), -wide);
  Expr middle = head.hi + (head.lo + (halfPiF64[1] - tail));
  Expr right = 2.0 * (h.s + h.tail);
  DoubleDouble pi = fastTwoSum(h.s.lit(2 * halfPiF64[0]), -(h.s + h.s));
  Expr left = pi.hi + (pi.lo + (2 * halfPiF64[1] - (h.tail + h.tail)));
  Expr value = select(h.big, select(wide > 0.0, right, left), middle);
  return narrow(value, single);
}
