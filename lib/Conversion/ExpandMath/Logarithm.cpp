//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Logarithms: x = 2^e m, m about 1.

#include "Coefficients.h"
#include "Functions.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
struct Format {
  double smallestNormal;
  double scaleUp; ///< Makes denormals normal.
  int64_t scaleExponent;
  int64_t lowest; ///< Bits of the smallest m.
  int64_t one;    ///< Bits of 1.
  int64_t mantissaBits, bias;
};
constexpr Format f32Format = {0x1p-126,   0x1p24, 24, 0x3f2aaaab,
                              0x3f800000, 23,     127};
constexpr Format f64Format = {
    0x1p-1022, 0x1p54, 54, 0x3fe6a09e667f3bcd, 0x3ff0000000000000, 52, 1023};
const Format &formatOf(Expr x) {
  return x.width() == 32 ? f32Format : f64Format;
}

/// m in [2/3, 4/3) for f32, [sqrt(1/2), sqrt(2)) for f64, and the exponent.
struct Split {
  Expr m, e;
  Expr inverseScale; ///< 2^(1-e), e of the bits alone; never out of range.
};

Split split(Expr x, bool maybeDenormal) {
  const Format &f = formatOf(x);
  auto type = cast<FloatType>(x.element());
  // x is scaled as a float: the bits of a denormal hold no exponent. The
  // integer e + bias becomes a float by way of 2^mantissaBits.
  double magic = static_cast<double>(int64_t{1} << f.mantissaBits);
  Expr toSubtract = x.lit(magic + static_cast<double>(f.bias));
  if (maybeDenormal) {
    Expr denormal = x < f.smallestNormal;
    x = select(denormal, x * f.scaleUp, x);
    toSubtract = select(
        denormal, x.lit(magic + static_cast<double>(f.bias + f.scaleExponent)),
        toSubtract);
  }
  Expr shifted = bits(x) + (f.one - f.lowest);
  Expr biased = shiftRightLogical(shifted, f.mantissaBits);
  int64_t mask = (int64_t{1} << f.mantissaBits) - 1;
  Expr m = fromBits((shifted & mask) + f.lowest, type);
  int64_t magicBits = (f.bias + f.mantissaBits) << f.mantissaBits;
  Expr e = fromBits(biased | magicBits, type) - toSubtract;
  Expr inverse = fromBits((2 * f.bias + 1 - biased) << f.mantissaBits, type);
  return {m, e, inverse};
}

/// log(0) = -inf, log(negative) = NaN, log(inf) = inf, log(NaN) = NaN; `at` is
/// the logarithm's argument up to a shift: `zero` is where the pole lies.
Expr withSpecials(Expr at, double zero, Expr value) {
  value = select(at < infinity(at), value, at);
  value = select(at < zero, quietNaN(at), value);
  return select(at == zero, -infinity(at), value);
}

Expr logF32Inner(Expr x) {
  Split a = split(x, /*maybeDenormal=*/true);
  Expr f = a.m - 1.0;
  Expr ff = f * f;
  Expr tail = fma(polynomial(f, logF32), f, f.lit(-0.5));
  Expr lo = fma(ff, tail, a.e * ln2F32[1]);
  return fma(a.e, a.e.lit(ln2F32[0]), f + lo);
}

struct LogParts {
  DoubleDouble m; ///< log of the mantissa.
  Expr e;
};

/// log m = 2 atanh(s), s = (m - 1) / (m + 1).
LogParts logParts(DoubleDouble x, bool maybeDenormal) {
  Split a = split(x.hi, maybeDenormal);
  Expr mLo = 0.5 * x.lo * a.inverseScale;
  DoubleDouble numerator = twoSum(a.m - 1.0, mLo);
  DoubleDouble denominator = fastTwoSum(a.m.lit(2.0), numerator.hi);
  denominator.lo = denominator.lo + numerator.lo;
  DoubleDouble s = numerator / denominator;
  DoubleDouble z = s * s;
  Expr u = z.hi * polynomial(z.hi, logF64Long);
  DoubleDouble w = fastTwoSum(u.lit(twoThirds[0]), u);
  w.lo = w.lo + twoThirds[1];
  DoubleDouble cubic = s * (z * w);
  DoubleDouble sum = fastTwoSum(s.hi + s.hi, cubic.hi);
  return {fastTwoSum(sum.hi, sum.lo + (s.lo + s.lo + cubic.lo)), a.e};
}

DoubleDouble total(LogParts parts) {
  DoubleDouble e = words(parts.e, ln2F64) * parts.e;
  return e + parts.m;
}
} // namespace

Expr rmsnorm::logInner(Expr x) {
  Split a = split(x, /*maybeDenormal=*/true);
  Expr f = a.m - 1.0;
  Expr s = f / (2.0 + f);
  Expr z = s * s;
  Expr r = z * polynomial(z, logF64);
  Expr half = 0.5 * f * f;
  Expr lo = fma(s, half + r, a.e * ln2F64[1]);
  return fma(a.e, a.e.lit(ln2F64[0]), f - (half - lo));
}

Expr rmsnorm::log1pInner(Expr x) {
  // What 1 + x drops adds its share of the derivative.
  DoubleDouble sum = twoSum(x.lit(1.0), x);
  return logInner(sum.hi) + sum.lo / sum.hi;
}

DoubleDouble rmsnorm::logWords(DoubleDouble x) {
  return total(logParts(x, /*maybeDenormal=*/true));
}

Expr rmsnorm::buildLog(Expr x) {
  return withSpecials(x, 0.0, x.width() == 32 ? logF32Inner(x) : logInner(x));
}

Expr rmsnorm::buildLog2(Expr x) {
  if (x.width() == 32) {
    Expr wide = toF64(x);
    return withSpecials(x, 0.0, toF32(logInner(wide) * ln2InvF64[0]));
  }
  LogParts parts = logParts({x, x.lit(0.0)}, /*maybeDenormal=*/true);
  DoubleDouble m = parts.m * words(x, ln2InvF64);
  DoubleDouble sum = twoSum(parts.e, m.hi);
  return withSpecials(x, 0.0, sum.hi + (sum.lo + m.lo));
}

Expr rmsnorm::buildLog10(Expr x) {
  if (x.width() == 32) {
    Expr wide = toF64(x);
    return withSpecials(x, 0.0, toF32(logInner(wide) * ln10InvF64[0]));
  }
  DoubleDouble product = logWords({x, x.lit(0.0)}) * words(x, ln10InvF64);
  return withSpecials(x, 0.0, product.hi + product.lo);
}

Expr rmsnorm::buildLog1p(Expr x) {
  if (x.width() == 32) {
    Expr value = toF32(log1pInner(toF64(x)));
    return withSpecials(x, -1.0, select(x == 0.0, x, value));
  }
  DoubleDouble log = logWords(twoSum(x.lit(1.0), x));
  Expr value = select(abs(x) < 0x1p-54, x, log.hi + log.lo);
  return withSpecials(x, -1.0, value);
}
