//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// exp and its relatives. x = n ln(2) + r with |r| <= ln(2)/2, exp(r) by a
/// polynomial; 2^n is applied in two halves, so that results round once into
/// the denormals and into infinity.

#include "Coefficients.h"
#include "Functions.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
struct Format {
  double magic; ///< 1.5 * 2^mantissa bits: adding it rounds to an integer.
  int64_t magicBits;
  int64_t bias;
  int64_t mantissaBits;
};
constexpr Format f32Format = {0x1.8p23, 0x4b400000, 127, 23};
constexpr Format f64Format = {0x1.8p52, 0x4338000000000000, 1023, 52};
const Format &formatOf(Expr x) {
  return x.width() == 32 ? f32Format : f64Format;
}

/// An integer as a float (exactly) and as n + 2 * bias.
struct Rounded {
  Expr value, exponent;
};

/// round(x * factor + addend). No float-to-integer conversion, which would be
/// poison on NaN: the integer is read off the bits of the sum with the magic
/// number.
Rounded roundProduct(Expr x, double factor) {
  const Format &f = formatOf(x);
  Expr sum = fma(x, x.lit(factor), x.lit(f.magic));
  return {sum - f.magic, bits(sum) - (f.magicBits - 2 * f.bias)};
}

/// 2^n as a float for a normal result, from n + 2 * bias.
Expr powerOfTwo(Expr exponent, Expr like) {
  const Format &f = formatOf(like);
  return fromBits((exponent - f.bias) << f.mantissaBits,
                  cast<FloatType>(like.element()));
}

constexpr double log2e = 0x1.71547652b82fep+0;

struct Reduced {
  Expr r;
  Rounded n;
};

Reduced reduce(Expr x) {
  Rounded n = roundProduct(x, log2e);
  const double *ln2 = x.width() == 32 ? ln2F32 : ln2F64;
  // The first step is exact: both terms are multiples of ulp(ln 2) / 2.
  Expr r = fnma(n.value, x.lit(ln2[0]), x);
  return {fnma(n.value, x.lit(ln2[1]), r), n};
}

/// What the rounding of r dropped, f64 only.
Expr lostInReduction(const Reduced &a, Expr x) {
  Expr first = fnma(a.n.value, x.lit(ln2F64[0]), x);
  return fnma(a.n.value, x.lit(ln2F64[1]), first - a.r);
}

/// exp(r) - 1 - r.
Expr expTail(Expr r) {
  ArrayRef<double> q =
      r.width() == 32 ? ArrayRef<double>(expF32) : ArrayRef<double>(expF64);
  return (r * r) * polynomial(r, q);
}

Expr expPolynomial(Expr r) { return 1.0 + (r + expTail(r)); }

Expr clampToRange(Expr x) {
  bool single = x.width() == 32;
  return atLeast(atMost(x, single ? 89.0 : 710.0), single ? -105.0 : -746.0);
}

/// value * 2^n for any integer n, rounded once.
using Scale = Expr (*)(Expr value, const Rounded &n);

Expr scaleInHalves(Expr value, const Rounded &n) {
  return applyScale(value, n.exponent);
}

Expr scaleByInstruction(Expr value, const Rounded &n) {
  ImplicitLocOpBuilder &b = value.b();
  int64_t lanes = 512 / value.width();
  auto type = dyn_cast<VectorType>(value.type());
  if (!type || type.getRank() != 1 || type.getNumElements() != lanes)
    return scaleInHalves(value, n);
  Value all = LLVM::ConstantOp::create(b, b.getIntegerType(lanes), -1);
  constexpr int currentRounding = 4;
  Value rounding = LLVM::ConstantOp::create(b, b.getI32Type(), currentRounding);
  StringRef name = value.width() == 32 ? "llvm.x86.avx512.mask.scalef.ps.512"
                                       : "llvm.x86.avx512.mask.scalef.pd.512";
  return Expr(b, LLVM::CallIntrinsicOp::create(
                     b, type, b.getStringAttr(name),
                     ValueRange{value, n.value, value, all, rounding})
                     .getResult(0));
}

Expr expScaledBy(Expr x, Scale scale) {
  Reduced a = reduce(clampToRange(x));
  return scale(expPolynomial(a.r), a.n);
}

Expr exp2ScaledBy(Expr x, Scale scale) {
  bool single = x.width() == 32;
  x = atLeast(atMost(x, single ? 129.0 : 1025.0), single ? -151.0 : -1076.0);
  Rounded n = roundProduct(x, 1.0);
  Expr r = x - n.value;
  if (single)
    return scale(fma(r, polynomial(r, exp2F32), x.lit(1.0)), n);
  // 2^r = exp(r ln 2), the product in two words.
  Expr hi = r * ln2F64[0];
  Expr lo = fma(r, r.lit(ln2F64[1]), fma(r, r.lit(ln2F64[0]), -hi));
  return scale(1.0 + (hi + (expTail(hi) + lo)), n);
}
} // namespace

Expr rmsnorm::applyScale(Expr value, Expr exponent) {
  const Format &f = formatOf(value);
  Expr half = shiftRightLogical(exponent, 1);
  auto type = cast<FloatType>(value.element());
  Expr first = fromBits(half << f.mantissaBits, type);
  Expr second = fromBits((exponent - half) << f.mantissaBits, type);
  return value * first * second;
}

Expr rmsnorm::buildExp(Expr x) { return expScaledBy(x, scaleInHalves); }
Expr rmsnorm::buildExp2(Expr x) { return exp2ScaledBy(x, scaleInHalves); }
Expr rmsnorm::buildExpAVX512(Expr x) {
  return expScaledBy(x, scaleByInstruction);
}
Expr rmsnorm::buildExp2AVX512(Expr x) {
  return exp2ScaledBy(x, scaleByInstruction);
}

Expr rmsnorm::expInner(Expr x) {
  Reduced a = reduce(x);
  return expPolynomial(a.r) * powerOfTwo(a.n.exponent, x);
}

Expr rmsnorm::buildExpm1(Expr x) {
  bool single = x.width() == 32;
  // Below, the result rounds to -1. Above, 2^n would not be a number any more:
  // the last factor of two is applied at the end.
  Expr bounded =
      atLeast(atMost(x, single ? 89.0 : 710.0), single ? -18.0 : -40.0);
  Reduced a = reduce(bounded);
  DoubleDouble p = {a.r + expTail(a.r), a.r.lit(0.0)};
  if (!single) {
    // Where n = 1, p is nearly cancelled: its second word as well.
    p = fastTwoSum(a.r, expTail(a.r) + lostInReduction(a, bounded));
  }
  Expr scale = powerOfTwo(a.n.exponent - 1, x);
  Expr sum = fma(scale, p.hi, scale - 0.5);
  if (!single)
    sum = fma(scale, p.lo, sum);
  Expr result = sum + sum;
  // n = 0 as well: half of a denormal would round. And zero keeps its sign.
  return select(abs(x) < 0.25, select(x == 0.0, x, p.hi), result);
}

DoubleDouble rmsnorm::expm1Words(Expr x) {
  Reduced a = reduce(x);
  Expr lost = lostInReduction(a, x);
  DoubleDouble p = fastTwoSum(a.r, (a.r * a.r) * polynomial(a.r, expF64Long) +
                                       fma(lost, a.r, lost));
  Expr scale = powerOfTwo(a.n.exponent, x);
  DoubleDouble sum = twoSum(scale - 1.0, scale * p.hi);
  return fastTwoSum(sum.hi, fma(scale, p.lo, sum.lo));
}

ScaledExpr rmsnorm::expScaled(DoubleDouble x) {
  Rounded n = roundProduct(x.hi, log2e);
  Expr r = fnma(n.value, x.hi.lit(ln2F64[0]), x.hi);
  DoubleDouble reduced =
      fastTwoSum(r, fnma(n.value, x.hi.lit(ln2F64[1]), x.lo));
  r = reduced.hi;
  Expr tail =
      (r * r) * polynomial(r, expF64Long) + fma(reduced.lo, r, reduced.lo);
  DoubleDouble one = fastTwoSum(r.lit(1.0), r);
  return {fastTwoSum(one.hi, one.lo + tail), n.exponent};
}
