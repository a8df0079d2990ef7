//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What rms_norm and row_kernel have in common as operations over rows that are
/// described by indexing maps and iterator types. RMSNormBase.td's
/// RMSNorm_RowOp forwards its interface methods to these functions.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_IR_ROWOPINTERFACES_H
#define RMSNORM_LIB_DIALECT_RMSNORM_IR_ROWOPINTERFACES_H

#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

namespace mlir::rmsnorm::detail {

using OffsetsRef = ArrayRef<OpFoldResult>;
using OffsetListsRef = ArrayRef<SmallVector<OpFoldResult>>;

// TilingInterfaceImpl.cpp

FailureOr<TilingResult> tile(Operation *op, OpBuilder &b, OffsetsRef offsets,
                             OffsetsRef sizes);
FailureOr<TilingResult> tileByOperands(Operation *op, OpBuilder &b,
                                       ArrayRef<unsigned> operands,
                                       OffsetListsRef offsets,
                                       OffsetListsRef sizes);
FailureOr<TilingResult> tileByResult(Operation *op, OpBuilder &b,
                                     unsigned result, OffsetsRef offsets,
                                     OffsetsRef sizes);
LogicalResult getResultTile(Operation *op, OpBuilder &b, unsigned result,
                            OffsetsRef offsets, OffsetsRef sizes,
                            SmallVector<OpFoldResult> &resultOffsets,
                            SmallVector<OpFoldResult> &resultSizes);
LogicalResult
getIterationTileFromOperands(Operation *op, OpBuilder &b,
                             ArrayRef<unsigned> operands,
                             OffsetListsRef offsets, OffsetListsRef sizes,
                             SmallVectorImpl<OpFoldResult> &tileOffsets,
                             SmallVectorImpl<OpFoldResult> &tileSizes);
LogicalResult
getIterationTileFromResult(Operation *op, OpBuilder &b, unsigned result,
                           OffsetsRef offsets, OffsetsRef sizes,
                           SmallVectorImpl<OpFoldResult> &tileOffsets,
                           SmallVectorImpl<OpFoldResult> &tileSizes);
bool canTileByOperands(Operation *op, ArrayRef<unsigned> operands,
                       OffsetListsRef offsets, OffsetListsRef sizes);
bool canTileByResult(Operation *op, unsigned result, OffsetsRef offsets,
                     OffsetsRef sizes);
/// Fails with an error: there is no such thing as one element of a norm.
LogicalResult refuseScalars(Operation *op);

// ShapeInterfacesImpl.cpp

SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b);
LogicalResult reifyResultShapes(Operation *op, OpBuilder &b,
                                ReifiedRankedShapedTypeDims &shapes);
Speculation::Speculatability getSpeculatability(Operation *op);
/// The shape of an operand; nothing for a number.
ArrayRef<int64_t> getShape(OpOperand *operand);
/// Inputs are read, destinations written, where they are memrefs.
void getEffects(
    Operation *op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects);

} // namespace mlir::rmsnorm::detail

#endif // RMSNORM_LIB_DIALECT_RMSNORM_IR_ROWOPINTERFACES_H
