//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Which f32 values can be rounded to bf16 without asking for NaN.

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_NANPAYLOAD_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_NANPAYLOAD_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::rmsnorm {

/// Whether the lower 16 bits of a NaN are all zero. Adding less than 2^15 + 1
/// to its bits, as a rounding to bf16 does, then cannot carry into the
/// exponent.
///
/// That is so for what was extended from bf16, and it stays so: of a NaN that
/// it makes, arithmetic says that it has the quiet bit alone or the payload of
/// an operand (LLVM's language reference, "Floating-Point NaN values"; the
/// targets compiled for add no others). An f32 from memory can have any
/// payload.
class NaNPayloads {
public:
  /// `value`: f32 or f64, scalar or vector; of an f64, as a truncation to f32
  /// would leave it.
  bool hasZeroLowerHalf(Value value);

private:
  bool visit(Value value, llvm::DenseSet<Value> &visited) const;

  llvm::DenseSet<Value> known;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_NANPAYLOAD_H
