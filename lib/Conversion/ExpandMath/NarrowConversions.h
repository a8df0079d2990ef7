//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Conversions to and from the narrow float types, on the bits.

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_NARROWCONVERSIONS_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_NARROWCONVERSIONS_H

#include "Expr.h"

namespace mlir::rmsnorm {

/// f16, bf16, f8E4M3FN, f8E5M2.
bool isNarrowFloat(Type element);

/// Any of f16, bf16, f8E4M3FN, f8E5M2, f32 to f32, exactly.
Expr widen(Expr x);

/// f32 or f64 to a narrow type, rounded once to nearest even. `nativeBF16`: f32
/// to bf16 is left to the target. `upperNaN`: the lower half of an `x` that is
/// NaN is zero.
Expr narrowTo(Expr x, FloatType type, bool nativeBF16, bool upperNaN);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_NARROWCONVERSIONS_H
