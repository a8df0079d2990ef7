//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Norms of one tensor that stay kernels of their own.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_NORMSIBLINGS_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_NORMSIBLINGS_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm {

/// Two kernels with norms that read parts or projections of one tensor, as the
/// norms of queries and keys do, and why they are two.
struct NormSiblings {
  RowKernelOp first, second;
  StringRef why;
};
SmallVector<NormSiblings> findNormSiblings(Operation *root);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_NORMSIBLINGS_H
