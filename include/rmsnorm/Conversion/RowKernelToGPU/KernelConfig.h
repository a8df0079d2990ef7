//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// How the threads of a block share rows. A pure function of the length of the
/// row, the types and the fused operands: never of the number of rows, so that
/// a row's result does not depend on the batch it is in.

#ifndef RMSNORM_CONVERSION_ROWKERNELTOGPU_KERNELCONFIG_H
#define RMSNORM_CONVERSION_ROWKERNELTOGPU_KERNELCONFIG_H

#include "rmsnorm/Analysis/RowKernelAnalysis.h"

#include <cstdint>

namespace mlir::rmsnorm {

/// What the configuration depends on.
struct KernelShape {
  /// Elements in a row, or kDynamic.
  int64_t rowLength = ShapedType::kDynamic;
  /// Every vector access must stay inside runs of this many elements; kDynamic
  /// where that is known only at run time.
  int64_t runLength = ShapedType::kDynamic;
  /// Neighbours in memory belong to different rows (channels-first norms).
  bool rowsInner = false;
  /// Bytes of the narrowest element type along the row.
  unsigned narrowestBytes = 4;
  /// Bytes per element that live in registers across a reduction.
  unsigned liveBytes = 4;
  /// Bytes read per element of the row, over all inputs.
  unsigned streamBytes = 0;
  /// Positions in the row must be split into coordinates.
  bool dividesAlongRow = false;
};

struct KernelConfig {
  /// Elements of one access, a power of two.
  unsigned vectorSize = 1;
  /// Threads that share a row.
  unsigned lanesPerRow = 1;
  unsigned rowsPerBlock = 1;
  /// Consecutive threads work on consecutive rows (else on consecutive
  /// vectors of a row).
  bool rowsInner = false;
  /// Vectors per thread, all of the row when `inRegisters`, otherwise those of
  /// one step of the loop along the row.
  unsigned slots = 1;
  bool inRegisters = false;

  unsigned getBlockSize() const { return lanesPerRow * rowsPerBlock; }
  /// Elements of a row that one step covers.
  int64_t getChunk() const { return int64_t(vectorSize) * lanesPerRow * slots; }
};

KernelShape getKernelShape(const RowKernelAnalysis &analysis);
KernelConfig chooseKernelConfig(const KernelShape &shape);

/// Loop dimensions of `op` of which the extent is not statically 1, row
/// dimensions or reduction dimensions (of the latter at least one, if any).
SmallVector<int64_t> getNonUnitDims(RowKernelOp op, bool reduction);

/// Whether the operand with `map` uses all dimensions of `dims`, in ascending
/// order.
bool usesAllInOrder(AffineMap map, ArrayRef<int64_t> dims);

/// Bytes of an element in memory (a bool takes one).
unsigned getElementBytes(Type type);

} // namespace mlir::rmsnorm

#endif // RMSNORM_CONVERSION_ROWKERNELTOGPU_KERNELCONFIG_H
