//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What an operand of a norm is known to be, for canonicalisation.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_IR_OPERANDFACTS_H
#define RMSNORM_LIB_DIALECT_RMSNORM_IR_OPERANDFACTS_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm::detail {

/// The number that every element of `value` is, if that is known.
std::optional<APFloat> getSplat(Value value);
/// The tensor whose elements, extended by arith.extf, are those of `value`.
Value getExtendedSource(Value value);
/// Whether a value certainly has no element.
bool isEmpty(Value value);

} // namespace mlir::rmsnorm::detail

#endif // RMSNORM_LIB_DIALECT_RMSNORM_IR_OPERANDFACTS_H
