//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "NarrowConversions.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
Expr zeroExtend(Expr x, unsigned width) {
  Type type = x.typeWith(x.b().getIntegerType(width));
  return Expr(x.b(), arith::ExtUIOp::create(x.b(), type, x));
}

Expr roundToBF16(Expr x, bool upperNaN) {
  Expr i = bits(x);
  Expr odd = shiftRightLogical(i, 16) & 1;
  Expr rounded = i + (odd + 0x7fff);
  // The carry could turn a NaN into an infinity or a zero. Chosen before the
  // shift: where the value is wanted in f32 again, one mask takes both shifts.
  if (!upperNaN)
    rounded = select(isNaN(x), i | 0x400000, rounded);
  return fromBits(toInt(shiftRightLogical(rounded, 16), 16),
                  x.b().getBF16Type());
}

/// f64 to f32, truncated and with the last bit set if anything was lost: a
/// second rounding, to a type of at most 22 bits, then comes out as if it were
/// the only one.
Expr roundToOdd(Expr x) {
  Expr single = toF32(x);
  Expr back = toF64(single);
  Expr i = bits(single);
  // One towards zero where the conversion went away from it; this turns an
  // overflow into the largest number, as it should.
  Expr away = abs(back) > abs(x);
  Expr truncated = select(away, i - 1, i);
  Expr odd = select((back == x) | isNaN(x), truncated, truncated | 1);
  return fromBits(odd, x.b().getF32Type());
}

struct SmallFormat {
  int mantissaBits, bias;
  int overflow; ///< First magnitude that is no finite number.
  int overflowsTo, nan;
};
constexpr SmallFormat e4m3 = {3, 7, 0x7f, 0x7f, 0x7f};
constexpr SmallFormat e5m2 = {2, 15, 0x7c, 0x7c, 0x7e};

Expr roundToF8(Expr x, FloatType type) {
  const SmallFormat &f = isa<Float8E5M2Type>(type) ? e5m2 : e4m3;
  Expr a = abs(x);
  Expr i = bits(a);
  int drop = 23 - f.mantissaBits;
  Expr last = shiftRightLogical(i, drop) & 1;
  Expr normal = shiftRightLogical(i + (last + ((1 << (drop - 1)) - 1)), drop) -
                ((127 - f.bias) << f.mantissaBits);
  // Denormals: the sum's last place is the smallest denormal.
  int quantum = 1 - f.bias - f.mantissaBits;
  Expr magic = a.lit(std::ldexp(1.0, 23 + quantum));
  Expr denormal = bits(a + magic) - bits(magic);
  Expr value = select(a < std::ldexp(1.0, 1 - f.bias), denormal, normal);
  value = select(value >= f.overflow, value.lit(f.overflowsTo), value);
  value = select(isNaN(x), value.lit(f.nan), value);
  Expr sign = shiftRightLogical(bits(x), 24) & 0x80;
  return fromBits(toInt(value | sign, 8), type);
}

Expr widenE4M3(Expr x) {
  Expr i = zeroExtend(bits(x), 32);
  Expr magnitude = i & 0x7f;
  FloatType f32 = x.b().getF32Type();
  // Exponents are moved by a product, which is exact for denormals too.
  Expr value = fromBits(magnitude << 20, f32) * 0x1p120;
  value = select(magnitude == 0x7f, quietNaN(value), value);
  return fromBits(bits(value) | ((i & 0x80) << 24), f32);
}
} // namespace

bool rmsnorm::isNarrowFloat(Type element) {
  return isa<Float16Type, BFloat16Type, Float8E4M3FNType, Float8E5M2Type>(
      element);
}

Expr rmsnorm::widen(Expr x) {
  Type element = x.element();
  FloatType f32 = x.b().getF32Type();
  if (element.isF32())
    return x;
  if (element.isBF16())
    return fromBits(zeroExtend(bits(x), 32) << 16, f32);
  if (isa<Float8E4M3FNType>(element))
    return widenE4M3(x);
  if (isa<Float8E5M2Type>(element))
    // The upper half of an f16.
    x = fromBits(zeroExtend(bits(x), 16) << 8, x.b().getF16Type());
  return toF32(x);
}

Expr rmsnorm::narrowTo(Expr x, FloatType type, bool nativeBF16, bool upperNaN) {
  // Rounding to odd sets the last bit.
  upperNaN &= x.element().isF32();
  if (x.element().isF64())
    x = roundToOdd(x);
  if (type.isBF16() && !nativeBF16)
    return roundToBF16(x, upperNaN);
  if (isa<Float8E4M3FNType, Float8E5M2Type>(type))
    return roundToF8(x, type);
  return Expr(x.b(),
              arith::TruncFOp::create(x.b(), x.typeWith(type), Value(x)));
}
