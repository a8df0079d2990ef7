//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Values of a row that one pass over it computes and a later one needs again:
/// what is dear to compute is kept for the length of the row, close to the
/// core.

#ifndef RMSNORM_LIB_CONVERSION_CPU_KEPTVALUES_H
#define RMSNORM_LIB_CONVERSION_CPU_KEPTVALUES_H

#include "rmsnorm/Analysis/RowKernelAnalysis.h"

namespace mlir::rmsnorm {

/// The values of the body to keep for rows of `extent` elements, in its order:
/// the first pass that computes one stores it, later ones read it. Together
/// they take at most 32 KiB.
SmallVector<Value> chooseKeptValues(const RowKernelAnalysis &analysis,
                                    int64_t extent);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_KEPTVALUES_H
