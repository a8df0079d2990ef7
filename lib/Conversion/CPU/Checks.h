//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What compiled code checks while it runs, and the messages of its failures.
/// Internal to the conversion.

#ifndef RMSNORM_LIB_CONVERSION_CPU_CHECKS_H
#define RMSNORM_LIB_CONVERSION_CPU_CHECKS_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::rmsnorm {

inline constexpr llvm::StringLiteral kDivisionByZero = "division by zero";
inline constexpr llvm::StringLiteral kIndexOutOfRange =
    "index out of range of the tensor that it is an index of";
inline constexpr llvm::StringLiteral kSliceOutOfRange =
    "slice out of range of the tensor that it is a slice of";

/// A quotient or remainder of integers: with a divisor of zero it means
/// nothing, and ends the process.
inline bool isIntegerDivision(Operation *op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::CeilDivSIOp,
             arith::CeilDivUIOp, arith::FloorDivSIOp, arith::RemSIOp,
             arith::RemUIOp>(op);
}

/// Divisions that MLIR takes for defined for every divisor, and may therefore
/// move in front of a check.
inline bool isSpeculatedDivision(Operation *op) {
  return isa<arith::FloorDivSIOp, arith::RemSIOp, arith::RemUIOp>(op);
}

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_CHECKS_H
