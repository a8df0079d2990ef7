//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What both the CPU and the GPU lowering need to know of a row kernel's body:
/// which values change along the row, and after how many reductions each value
/// is known.

#ifndef RMSNORM_ANALYSIS_ROWKERNELANALYSIS_H
#define RMSNORM_ANALYSIS_ROWKERNELANALYSIS_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "llvm/ADT/DenseMap.h"

namespace mlir::rmsnorm {

class RowKernelAnalysis {
public:
  explicit RowKernelAnalysis(RowKernelOp op);

  RowKernelOp getOp() const { return op; }

  /// Number of passes over the row: one more than the longest chain of
  /// reductions.
  unsigned getNumPhases() const { return numPhases; }

  /// The pass in which a value of the body can be computed: the length of the
  /// longest chain of reductions that it depends on.
  unsigned getPhase(Value value) const { return phases.lookup(value); }

  /// Loop dimensions on which a value of the body depends.
  const llvm::SmallBitVector &getDims(Value value) const {
    return dims.find(value)->second;
  }

  /// Whether a value is the same for all points of a row.
  bool isRowInvariant(Value value) const {
    return !getDims(value).anyCommon(reductionDims);
  }

  /// The reductions of a phase, in the order of the body.
  ArrayRef<ReduceOp> getReductions(unsigned phase) const {
    return reductions[phase];
  }

  const llvm::SmallBitVector &getReductionDims() const { return reductionDims; }

private:
  RowKernelOp op;
  unsigned numPhases = 1;
  llvm::SmallBitVector reductionDims;
  llvm::DenseMap<Value, unsigned> phases;
  llvm::DenseMap<Value, llvm::SmallBitVector> dims;
  SmallVector<SmallVector<ReduceOp>> reductions;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_ANALYSIS_ROWKERNELANALYSIS_H
