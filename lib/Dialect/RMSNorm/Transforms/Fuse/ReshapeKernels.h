//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Row kernels over other iteration spaces than the one they were written for:
/// a loop in place of which there are several, a part of the space, pieces of
/// the row side by side.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_RESHAPEKERNELS_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_RESHAPEKERNELS_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::rmsnorm {

/// Expands the loops by which operand or result `map` of `op` goes over the
/// dimensions that `groups` splits, into extents `sizes` (one per dimension
/// after the split). Returns a kernel before `op` whose results, collapsed, are
/// `replacements` for those of `op`, which stays. Fails where an extent is not
/// known before `op`.
FailureOr<RowKernelOp> expandKernel(OpBuilder &b, RowKernelOp op, AffineMap map,
                                    ArrayRef<ReassociationIndices> groups,
                                    ArrayRef<OpFoldResult> sizes,
                                    SmallVectorImpl<Value> &replacements);

/// A kernel, in the place of `slice`, that computes only what `slice` takes of
/// result `result` of `op`; other results of it are not computed. Fails if the
/// slice drops dimensions, has steps, or cuts through a row of which a
/// reduction needs the whole.
FailureOr<RowKernelOp> sliceKernel(OpBuilder &b, RowKernelOp op,
                                   unsigned result,
                                   tensor::ExtractSliceOp slice);

/// Where every user of a result of `op` is a slice of one of 2 to 8 equal
/// pieces of the row, and other results have no element per point: a kernel in
/// the place of `op` that computes all pieces side by side and has a result for
/// each. The slices, and with them `op`, are replaced. Fails, saying `why`, if
/// `op` is not of this form.
FailureOr<RowKernelOp> splitRows(OpBuilder &b, RowKernelOp op,
                                 std::string &why);

/// An elementwise kernel without the loop of extent 1 that is the last
/// dimension of all its outputs: a statistic for which PyTorch keeps the
/// dimension that it is taken along has the rows of its norm only without it.
/// `replacements` are views with that dimension. `op` stays; fails if it has no
/// such loop.
FailureOr<RowKernelOp>
dropTrailingUnitLoop(OpBuilder &b, RowKernelOp op,
                     SmallVectorImpl<Value> &replacements);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_RESHAPEKERNELS_H
