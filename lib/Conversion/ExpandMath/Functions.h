//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The functions, each on f32 or f64 elements (scalar or vector), within 2 ulp
/// over the whole range, special values as C99 Annex F has them.

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_FUNCTIONS_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_FUNCTIONS_H

#include "DoubleDouble.h"

namespace mlir::rmsnorm {

// Exponential.cpp
Expr buildExp(Expr x);
Expr buildExp2(Expr x);
/// The same by AVX-512's instruction that scales by a power of two, where the
/// type is that of a 512-bit vector.
Expr buildExpAVX512(Expr x);
Expr buildExp2AVX512(Expr x);
Expr buildExpm1(Expr x);
/// exp(x) - 1 as a sum of two; |x| is small enough for 2^n to be normal.
DoubleDouble expm1Words(Expr x);
/// A positive float times a power of two that is not applied yet.
struct ScaledExpr {
  DoubleDouble mantissa;
  /// n + 2 * bias, so that halving it is a logical shift.
  Expr exponent;
};
/// exp(hi + lo) in f64; hi must be within [-746, 710] (or NaN).
ScaledExpr expScaled(DoubleDouble x);
/// value * 2^n for n = exponent - 2 * bias, rounded once.
Expr applyScale(Expr value, Expr exponent);
/// exp of f32 values in [-87, 87], without the care for overflow.
Expr expInner(Expr x);

// Logarithm.cpp
Expr buildLog(Expr x);
Expr buildLog2(Expr x);
Expr buildLog10(Expr x);
Expr buildLog1p(Expr x);
/// log of a finite positive f64, to about twice the precision.
DoubleDouble logWords(DoubleDouble x);
/// log of a finite positive f64 within an ulp or so, no special values.
Expr logInner(Expr x);
/// log(1 + x) for f64 x > -1, finite, to about an ulp of f64.
Expr log1pInner(Expr x);

// Trigonometric.cpp
Expr buildSin(Expr x);
Expr buildCos(Expr x);
Expr buildTan(Expr x);

// InverseTrigonometric.cpp
Expr buildAtan(Expr x);
Expr buildAtan2(Expr y, Expr x);
Expr buildAsin(Expr x);
Expr buildAcos(Expr x);

// Hyperbolic.cpp
Expr buildTanh(Expr x);
Expr buildSinh(Expr x);
Expr buildCosh(Expr x);
Expr buildAsinh(Expr x);
Expr buildAcosh(Expr x);
Expr buildAtanh(Expr x);

// ErrorFunction.cpp
Expr buildErf(Expr x);
Expr buildErfc(Expr x);

// Power.cpp
Expr buildPow(Expr x, Expr y);
/// x to an integer power of any width.
Expr buildPowInt(Expr x, Expr n);
/// x to a constant integer power.
Expr buildPowConstant(Expr x, int64_t n);
/// Integer to an integer power, wrapping.
Expr buildIntPow(Expr x, Expr n);
Expr buildCbrt(Expr x);

// Remainder.cpp
Expr buildRemainder(Expr x, Expr y);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_FUNCTIONS_H
