//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Merging row kernels that pass a tensor from one to the other.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_MERGEROWKERNELS_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_MERGEROWKERNELS_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include <string>

namespace mlir::rmsnorm {

/// Replaces `second` by one kernel that also does what `first` does, placed
/// where `second` was; both are in one block, in this order. Either `second`
/// reads results of `first`, or both read a tensor at the same points. Results
/// of the first that others need become results of the merged kernel (whoever
/// needs them and stood before it is moved behind it), unless they are cheaper
/// to compute twice than to write and read (`computedTwice`). The first stays,
/// for the caller to erase when it has no users left. Fails and changes
/// nothing, with the reason in `why`, if the two are not over the same rows, if
/// merging would repeat expensive work or if the merged kernel would wait for
/// itself.
FailureOr<RowKernelOp> mergeRowKernels(OpBuilder &b, RowKernelOp first,
                                       RowKernelOp second, std::string &why,
                                       bool *computedTwice = nullptr);

/// Replaces a kernel of which nobody wants some results by one without them and
/// without what only they need; returns it, or null if all are wanted, or none.
RowKernelOp dropUnusedResults(OpBuilder &b, RowKernelOp op);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_MERGEROWKERNELS_H
