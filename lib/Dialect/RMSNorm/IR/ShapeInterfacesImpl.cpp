//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What follows from the indexing maps of rms_norm and row_kernel: iteration
/// space, shapes of results; also effects, and when to execute early.

#include "RowOpInterfaces.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Indexing maps and extents
//===----------------------------------------------------------------------===//

ArrayAttr RMSNormOp::getIndexingMaps() {
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(getInputRank(), getContext());
  SmallVector<AffineMap> maps{identity};
  for (Value parameter : {getScale(), getBias(), getEpsilon()})
    if (parameter)
      maps.push_back(getParameterMap(parameter));
  maps.push_back(identity);
  if (getRstd())
    maps.push_back(getRstdMap());
  return Builder(getContext()).getAffineMapArrayAttr(maps);
}

ArrayRef<int64_t> rmsnorm::detail::getShape(OpOperand *operand) {
  auto type = dyn_cast<ShapedType>(operand->get().getType());
  return type ? type.getShape() : ArrayRef<int64_t>();
}

/// The extent of a dimension of the iteration space, from an operand that knows
/// it statically if there is one, else from the first.
static OpFoldResult getExtent(Operation *op, OpBuilder &b, unsigned dim) {
  std::optional<std::pair<Value, int64_t>> source;
  auto maps = cast<IndexingMapOpInterface>(op).getIndexingMapsArray();
  for (auto [operand, map] : llvm::zip_equal(op->getOperands(), maps)) {
    std::optional<unsigned> position =
        map.getResultPosition(getAffineDimExpr(dim, op->getContext()));
    if (!position)
      continue;
    auto type = cast<ShapedType>(operand.getType());
    if (!type.isDynamicDim(*position))
      return b.getIndexAttr(type.getDimSize(*position));
    if (!source)
      source = {operand, *position};
  }
  assert(source && "verified: every dimension is that of an operand");
  auto [value, position] = *source;
  return isa<MemRefType>(value.getType())
             ? memref::getMixedSize(b, op->getLoc(), value, position)
             : tensor::getMixedSize(b, op->getLoc(), value, position);
}

SmallVector<Range> rmsnorm::detail::getIterationDomain(Operation *op,
                                                       OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  SmallVector<Range> ranges;
  unsigned loops = cast<TilingInterface>(op).getLoopIteratorTypes().size();
  for (unsigned dim = 0; dim < loops; ++dim)
    ranges.push_back(
        {b.getIndexAttr(0), getExtent(op, b, dim), b.getIndexAttr(1)});
  return ranges;
}

LogicalResult
rmsnorm::detail::reifyResultShapes(Operation *op, OpBuilder &b,
                                   ReifiedRankedShapedTypeDims &shapes) {
  auto maps = cast<IndexingMapOpInterface>(op);
  auto destinations = cast<DestinationStyleOpInterface>(op);
  for (OpResult result : op->getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    AffineMap map =
        maps.getMatchingIndexingMap(destinations.getTiedOpOperand(result));
    SmallVector<OpFoldResult> &shape = shapes.emplace_back();
    for (auto [position, expr] : llvm::enumerate(map.getResults())) {
      if (!type.isDynamicDim(position)) {
        shape.push_back(b.getIndexAttr(type.getDimSize(position)));
        continue;
      }
      // The interface wants a value where the type is dynamic, even if an
      // operand knows better.
      unsigned dim = cast<AffineDimExpr>(expr).getPosition();
      shape.push_back(getValueOrCreateConstantIndexOp(b, op->getLoc(),
                                                      getExtent(op, b, dim)));
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

void rmsnorm::detail::getEffects(
    Operation *op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto destinations = cast<DestinationStyleOpInterface>(op);
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    MemoryEffects::Effect *effect = MemoryEffects::Read::get();
    if (destinations.isDpsInit(&operand))
      effect = MemoryEffects::Write::get();
    effects.emplace_back(effect, &operand, SideEffects::DefaultResource::get());
  }
}

Speculation::Speculatability
rmsnorm::detail::getSpeculatability(Operation *op) {
  // Buffers may be written meanwhile, and dynamic extents may disagree, which
  // is undefined, on a path that is not taken.
  if (!cast<DestinationStyleOpInterface>(op).hasPureTensorSemantics())
    return Speculation::NotSpeculatable;
  for (Type type : op->getOperandTypes())
    if (auto shaped = dyn_cast<ShapedType>(type))
      if (!shaped.hasStaticShape())
        return Speculation::NotSpeculatable;
  return Speculation::RecursivelySpeculatable;
}
