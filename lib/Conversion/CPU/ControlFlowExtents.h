//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Extents of tensors that come out of branches and loops.

#ifndef RMSNORM_LIB_CONVERSION_CPU_CONTROLFLOWEXTENTS_H
#define RMSNORM_LIB_CONVERSION_CPU_CONTROLFLOWEXTENTS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::rmsnorm {

/// `tensor.dim` of a result of scf.if, scf.for, scf.while or a select of
/// tensors in terms of what goes into it. A branch gives a branch of extents; a
/// loop gives the extent of what it started with, if it is found to keep it.
void populateControlFlowExtentPatterns(RewritePatternSet &patterns);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_CONTROLFLOWEXTENTS_H
