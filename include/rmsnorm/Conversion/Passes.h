//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Conversion passes. Documentation: Passes.td.

#ifndef RMSNORM_CONVERSION_PASSES_H
#define RMSNORM_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::rmsnorm {

#define GEN_PASS_DECL
#include "rmsnorm/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "rmsnorm/Conversion/Passes.h.inc"

} // namespace mlir::rmsnorm

#endif // RMSNORM_CONVERSION_PASSES_H
