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

/// Replaces `consumer` by one kernel that also does what `producer` does,
/// placed where `consumer` was. Results of the producer that others need become
/// results of the merged kernel, unless they are cheaper to compute twice than
/// to write and read. The producer stays, for the caller to erase when it has
/// no users left. Fails, with the reason in `why`, if the two are not over the
/// same rows or if merging would repeat expensive work.
FailureOr<RowKernelOp> mergeRowKernels(OpBuilder &b, RowKernelOp producer,
                                       RowKernelOp consumer, std::string &why);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_MERGEROWKERNELS_H
