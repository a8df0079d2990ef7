//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// How one row kernel is laid out over loops and vectors on a CPU: a pure
/// function of the kernel and of the target's vector width, never of the
/// number of rows.

#ifndef RMSNORM_LIB_CONVERSION_CPU_ROWKERNELSCHEDULE_H
#define RMSNORM_LIB_CONVERSION_CPU_ROWKERNELSCHEDULE_H

#include "KeptValues.h"

namespace mlir::rmsnorm {

struct RowKernelSchedule {
  /// The loop dimension along which vectors lie.
  int64_t vectorDim = 0;
  /// Whether vectors lie along the row (and are summed across lanes), or
  /// across rows (each lane has a row of its own).
  bool alongRow = true;
  /// Lanes of a vector; 1 means scalar code, for operands that are not
  /// contiguous along any dimension.
  int64_t lanes = 1;
  /// Independent accumulators along the row; vectors of a tile across rows.
  int64_t unroll = 1;
  /// The row is read once and kept in registers.
  bool keepInRegisters = false;
  /// Vectors along the row have its even or odd elements, where nothing is
  /// masked.
  bool pairs = false;
  /// Values that a pass over the row leaves for later ones.
  SmallVector<Value> kept;
  /// Parallel dimensions other than vectorDim, outermost first.
  SmallVector<int64_t> outerRowDims;
  /// Reduction dimensions other than vectorDim, outermost first.
  SmallVector<int64_t> outerReductionDims;
  /// Estimated picoseconds per point of the iteration space.
  int64_t costPerPoint = 0;
};

/// `vectorBits` is the width of the target's vector registers.
RowKernelSchedule scheduleRowKernel(const RowKernelAnalysis &analysis,
                                    int64_t vectorBits);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_ROWKERNELSCHEDULE_H
