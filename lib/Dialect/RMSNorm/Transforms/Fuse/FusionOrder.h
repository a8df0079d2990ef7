//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Which operations have to move when two of one block become one.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_FUSIONORDER_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_FUSIONORDER_H

#include "mlir/IR/Operation.h"

namespace mlir::rmsnorm {

/// The operations between `first` and `second` (both in one block, in this
/// order) that need a result of `first`, in their order: they can follow an
/// operation in the place of `second` that computes both. Fails and says `why`
/// when `second` needs one of them (the merged operation would wait for
/// itself), when one of them may not be moved, or when they are so many that
/// the two have nothing to do with each other.
FailureOr<SmallVector<Operation *>>
collectOperationsBetween(Operation *first, Operation *second, std::string &why);

/// Moves `operations`, in their order, behind `op`.
void moveBehind(llvm::ArrayRef<Operation *> operations, Operation *op);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_FUSIONORDER_H
