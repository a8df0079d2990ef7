//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// How the iteration spaces of two row kernels correspond, and whether one
/// kernel can compute both.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_ROWSPACES_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_ROWSPACES_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "llvm/ADT/SmallBitVector.h"

namespace mlir::rmsnorm {

/// For each dimension of the first kernel its dimension of the second, or a
/// constant 0.
class DimMap {
public:
  DimMap(RowKernelOp first, RowKernelOp second)
      : first(first), second(second), exprs(first.getNumLoops()) {}

  /// Through the results of the first that the second reads; where they leave
  /// a dimension open, through inputs that both read and equal static extents.
  LogicalResult computeFromResults(std::string &why);

  /// Through inputs that both read, one of them at every point.
  LogicalResult computeFromSharedInputs(std::string &why);

  /// Loops of the merged kernel: those of the second and, behind them, loops
  /// along the first's rows that the second, over whole rows, has not.
  int64_t getNumLoops() const {
    return const_cast<RowKernelOp &>(second).getNumLoops() + numExtra;
  }
  /// A map of the first, or of the second kernel, as one of the merged kernel.
  AffineMap apply(AffineMap map) const {
    return map.replaceDimsAndSymbols(exprs, {}, getNumLoops(), 0);
  }
  AffineMap extend(AffineMap map) const {
    return AffineMap::get(getNumLoops(), 0, map.getResults(), map.getContext());
  }

  /// The merged kernel's dimensions that the first has; those with the one
  /// index 0 count.
  llvm::SmallBitVector getImage() const;

  /// The first kernel's reductions as dimensions of the merged one.
  llvm::SmallBitVector getMappedReductions() const;

private:
  LogicalResult unify(AffineMap firstMap, AffineMap secondMap,
                      std::string &why);
  void unifySharedInputs();
  bool isComplete() const {
    return llvm::all_of(exprs, [](AffineExpr expr) { return bool(expr); });
  }
  LogicalResult completeByEqualExtents(std::string &why);
  LogicalResult verify(std::string &why);

  RowKernelOp first, second;
  SmallVector<AffineExpr> exprs;
  int64_t numExtra = 0;
};

/// Checks that the first kernel's rows are those of the second, or that it has
/// none and may be evaluated at every point. Otherwise says `why` not.
LogicalResult checkRows(RowKernelOp first, RowKernelOp second,
                        const DimMap &dims, std::string &why);

/// Few instructions, none of them slow.
bool isCheap(RowKernelOp op);

/// Whether computing the kernel again costs less than writing its results and
/// reading them.
bool isCheaperTwice(RowKernelOp op);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_ROWSPACES_H
