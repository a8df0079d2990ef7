//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// sin, cos, tan. x = n pi/2 + r with |r| <= pi/4, found in f64 for f32 and in
/// two words for f64: n pi/2 is subtracted word by word with fused operations,
/// the first exactly, so that nothing cancels that counts.

#include "Coefficients.h"
#include "Functions.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
constexpr double twoOverPi = 0x1.45f306dc9c883p-1;
constexpr double magic = 0x1.8p52;

/// x mod pi/2 in f64 and the quadrant in the low bits of an i64.
struct Reduced {
  DoubleDouble r;
  Expr quadrant;
};

Reduced reduce(Expr argument, bool twoWords) {
  // Beyond, n has no exact place in the sum: such arguments count as zero, and
  // infinities as NaN.
  Expr inRange = abs(argument) <= 0x1p50;
  Expr x = toF64(select(inRange, argument, argument - argument));
  Expr sum = fma(x, x.lit(twoOverPi), x.lit(magic));
  Expr n = sum - magic;
  Expr r = fnma(n, x.lit(halfPiF64[0]), x);
  if (!twoWords)
    return {{fnma(n, x.lit(halfPiF64[1]), r), x.lit(0.0)}, bits(sum)};
  DoubleDouble second = twoProduct(n, x.lit(halfPiF64[1]));
  DoubleDouble difference = twoSum(r, -second.hi);
  Expr rest = fnma(n, x.lit(halfPiF64[2]), difference.lo - second.lo);
  return {fastTwoSum(difference.hi, rest), bits(sum)};
}

Expr sinF32Kernel(Expr r) {
  Expr z = r * r;
  return fma(r * z, polynomial(z, sinF32), r);
}

Expr cosF32Kernel(Expr r) {
  Expr z = r * r;
  return fma(z * z, polynomial(z, cosF32), fma(z, z.lit(-0.5), z.lit(1.0)));
}

// The f64 kernels give a head and what is to be added to it.
DoubleDouble sinF64Kernel(DoubleDouble r) {
  Expr z = r.hi * r.hi;
  Expr slope = fma(z, z.lit(-0.5), z.lit(1.0));
  return {r.hi, fma(r.hi * z, polynomial(z, sinF64), r.lo * slope)};
}

DoubleDouble cosF64Kernel(DoubleDouble r) {
  Expr z = r.hi * r.hi;
  Expr half = 0.5 * z;
  Expr top = 1.0 - half;
  Expr lost = (1.0 - top) - half;
  return {top, lost + fma(z * z, polynomial(z, cosF64), -(r.hi * r.lo))};
}

Expr sum(DoubleDouble a) { return a.hi + a.lo; }

/// sin(x + shift * pi/2).
Expr build(Expr x, int64_t shift) {
  bool single = x.width() == 32;
  Reduced a = reduce(x, /*twoWords=*/!single);
  Expr quadrant = single ? toInt(a.quadrant, 32) : a.quadrant;
  if (shift)
    quadrant = quadrant + shift;
  Expr sine = single ? sinF32Kernel(toF32(a.r.hi)) : sum(sinF64Kernel(a.r));
  Expr cosine = single ? cosF32Kernel(toF32(a.r.hi)) : sum(cosF64Kernel(a.r));
  Expr odd = (quadrant & 1) != 0;
  Expr value = select(odd, cosine, sine);
  Expr sign = (quadrant & 2) << (single ? 30 : 62);
  return fromBits(bits(value) ^ sign, cast<FloatType>(x.element()));
}
} // namespace

Expr rmsnorm::buildSin(Expr x) {
  // Tiny arguments, and the sign of zero.
  return select(abs(x) < 0x1p-27, x, build(x, 0));
}

Expr rmsnorm::buildCos(Expr x) { return build(x, 1); }

Expr rmsnorm::buildTan(Expr x) {
  bool single = x.width() == 32;
  Reduced a = reduce(x, /*twoWords=*/!single);
  DoubleDouble sine = sinF64Kernel(a.r), cosine = cosF64Kernel(a.r);
  Expr odd = (a.quadrant & 1) != 0;
  DoubleDouble top = {select(odd, -cosine.hi, sine.hi),
                      select(odd, -cosine.lo, sine.lo)};
  DoubleDouble bottom = {select(odd, sine.hi, cosine.hi),
                         select(odd, sine.lo, cosine.lo)};
  Expr value = x;
  if (single)
    value = toF32(sum(top) / sum(bottom));
  else
    value = sum(fastTwoSum(top.hi, top.lo) / fastTwoSum(bottom.hi, bottom.lo));
  return select(abs(x) < 0x1p-27, x, value);
}
