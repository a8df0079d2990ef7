//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Negative paddings as slices.

#ifndef RMSNORM_CONVERSION_CPU_CROPBEFOREPAD_H
#define RMSNORM_CONVERSION_CPU_CROPBEFOREPAD_H

#include "mlir/IR/Operation.h"

namespace mlir::rmsnorm {
/// Makes each padding by a negative number, in `root`, one of a slice.
void cropBeforePads(Operation *root);
} // namespace mlir::rmsnorm

#endif // RMSNORM_CONVERSION_CPU_CROPBEFOREPAD_H
