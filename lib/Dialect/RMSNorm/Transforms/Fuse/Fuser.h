//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Decides which kernels are merged, through views between them, and with
/// which remarks.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_FUSER_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_FUSER_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseSet.h"

#include <set>
#include <string>

namespace mlir::rmsnorm {

class Fuser {
public:
  explicit Fuser(MLIRContext *context) : b(context) {}

  /// Merges the row kernels under `root` until nothing more can be; returns
  /// how many were merged into another. Emits remarks for neighbours of norms
  /// that were not, and for work that is done twice.
  unsigned run(Operation *root);

private:
  /// Each returns the kernel that is then in the place of `consumer`, or null.
  RowKernelOp mergeProducer(RowKernelOp consumer);
  RowKernelOp mergeSibling(RowKernelOp consumer);
  RowKernelOp merge(RowKernelOp first, RowKernelOp second, bool isSibling);
  RowKernelOp mergeAcrossCollapse(tensor::CollapseShapeOp collapse,
                                  RowKernelOp producer, RowKernelOp consumer,
                                  unsigned input);
  RowKernelOp mergeAcrossExpand(tensor::ExpandShapeOp expand,
                                RowKernelOp producer, RowKernelOp consumer);

  /// Replaces slices of the kernel's results by kernels over the slices, or the
  /// kernel by one over pieces of its rows; returns whether it did.
  bool pushSlices(RowKernelOp op);

  void erase(Operation *op);
  void eraseDeadViews(RowKernelOp op);
  void refuse(RowKernelOp first, RowKernelOp second, StringRef why);
  void refuse(Location loc, StringRef why);

  OpBuilder b;
  unsigned numMerged = 0;
  /// Operations that are gone since the current sweep began.
  llvm::DenseSet<Operation *> erased;
  /// Why neighbours of norms were not merged in the last sweep.
  SmallVector<std::pair<Location, std::string>> refusals;
  std::set<std::pair<const void *, std::string>>
      refused; // the same, to look up
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_FUSER_H
