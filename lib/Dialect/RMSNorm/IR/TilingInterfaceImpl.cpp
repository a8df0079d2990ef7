//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Tiling of rms_norm and row_kernel along their rows. A row is never cut: its
/// statistic needs all of it.

#include "RowOpInterfaces.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// Offsets and sizes in some space, one per dimension.
struct Tile {
  SmallVector<OpFoldResult> offsets;
  SmallVector<OpFoldResult> sizes;
};

/// Tiling in terms of indexing maps and iterator types.
class MappedOp {
public:
  explicit MappedOp(Operation *op)
      : op(op), maps(cast<IndexingMapOpInterface>(op).getIndexingMapsArray()),
        iterators(cast<TilingInterface>(op).getLoopIteratorTypes()) {}

  /// The first reduced dimension of which `size(dim)`, if any, is not certainly
  /// the whole extent.
  std::optional<unsigned>
  findCutReduction(function_ref<OpFoldResult(unsigned)> size);
  /// What an operand holds of the iteration space's tile.
  Tile getOperandTile(OpBuilder &b, unsigned operand, const Tile &tile);
  /// The tile of the iteration space to which tiles of operands belong;
  /// dimensions that none of them has are whole. Fails if they disagree.
  FailureOr<Tile> getIterationTile(OpBuilder &b, ArrayRef<unsigned> operands,
                                   ArrayRef<SmallVector<OpFoldResult>> offsets,
                                   ArrayRef<SmallVector<OpFoldResult>> sizes);
  /// Whether tiles of operands leave the rows whole and agree.
  bool canTileByOperands(ArrayRef<unsigned> operands,
                         ArrayRef<SmallVector<OpFoldResult>> offsets,
                         ArrayRef<SmallVector<OpFoldResult>> sizes);
  FailureOr<TilingResult> tile(OpBuilder &b, const Tile &tile);
  unsigned getInitOfResult(unsigned result) {
    return cast<DestinationStyleOpInterface>(op)
        .getDpsInitOperand(result)
        ->getOperandNumber();
  }

private:
  bool isWhole(unsigned dim, OpFoldResult size);
  /// Sets what the tiles of operands say about the iteration space.
  LogicalResult mapTiles(ArrayRef<unsigned> operands,
                         ArrayRef<SmallVector<OpFoldResult>> offsets,
                         ArrayRef<SmallVector<OpFoldResult>> sizes, Tile &tile);

  Operation *op;
  SmallVector<AffineMap> maps;
  SmallVector<utils::IteratorType> iterators;
};
} // namespace

/// The dimension that an expression of an indexing map is, or none.
static std::optional<unsigned> getDim(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition();
  return std::nullopt;
}

bool MappedOp::isWhole(unsigned dim, OpFoldResult size) {
  // Any operand with that dimension has its extent.
  for (auto [operand, map] : llvm::zip_equal(op->getOperands(), maps)) {
    for (auto [position, expr] : llvm::enumerate(map.getResults())) {
      if (getDim(expr) != dim)
        continue;
      int64_t extent = cast<ShapedType>(operand.getType()).getDimSize(position);
      FailureOr<bool> equal =
          ShapedType::isDynamic(extent)
              ? ValueBoundsConstraintSet::areEqual({size},
                                                   {operand, int64_t(position)})
              : ValueBoundsConstraintSet::areEqual(
                    {size},
                    {OpFoldResult(
                        Builder(op->getContext()).getIndexAttr(extent))});
      if (succeeded(equal) && *equal)
        return true;
    }
  }
  return false;
}

std::optional<unsigned>
MappedOp::findCutReduction(function_ref<OpFoldResult(unsigned)> size) {
  for (auto [dim, iterator] : llvm::enumerate(iterators)) {
    if (iterator != utils::IteratorType::reduction)
      continue;
    OpFoldResult tileSize = size(dim);
    if (tileSize && !isWhole(dim, tileSize))
      return dim;
  }
  return std::nullopt;
}

Tile MappedOp::getOperandTile(OpBuilder &b, unsigned operand,
                              const Tile &tile) {
  Tile result;
  Value value = op->getOperand(operand);
  for (auto [position, expr] : llvm::enumerate(maps[operand].getResults())) {
    if (std::optional<unsigned> dim = getDim(expr)) {
      result.offsets.push_back(tile.offsets[*dim]);
      result.sizes.push_back(tile.sizes[*dim]);
      continue;
    }
    // Broadcast: the whole dimension, whatever the tile.
    result.offsets.push_back(b.getIndexAttr(0));
    result.sizes.push_back(
        isa<MemRefType>(value.getType())
            ? memref::getMixedSize(b, op->getLoc(), value, position)
            : tensor::getMixedSize(b, op->getLoc(), value, position));
  }
  return result;
}

LogicalResult MappedOp::mapTiles(ArrayRef<unsigned> operands,
                                 ArrayRef<SmallVector<OpFoldResult>> offsets,
                                 ArrayRef<SmallVector<OpFoldResult>> sizes,
                                 Tile &tile) {
  tile.offsets.assign(iterators.size(), OpFoldResult());
  tile.sizes.assign(iterators.size(), OpFoldResult());
  for (auto [index, operand] : llvm::enumerate(operands)) {
    for (auto [position, expr] : llvm::enumerate(maps[operand].getResults())) {
      std::optional<unsigned> dim = getDim(expr);
      if (!dim)
        continue;
      OpFoldResult &offset = tile.offsets[*dim];
      OpFoldResult &size = tile.sizes[*dim];
      if (offset &&
          (!isEqualConstantIntOrValue(offset, offsets[index][position]) ||
           !isEqualConstantIntOrValue(size, sizes[index][position])))
        return failure();
      offset = offsets[index][position];
      size = sizes[index][position];
    }
  }
  return success();
}

FailureOr<Tile>
MappedOp::getIterationTile(OpBuilder &b, ArrayRef<unsigned> operands,
                           ArrayRef<SmallVector<OpFoldResult>> offsets,
                           ArrayRef<SmallVector<OpFoldResult>> sizes) {
  Tile tile;
  if (failed(mapTiles(operands, offsets, sizes, tile)))
    return failure();
  SmallVector<Range> domain = cast<TilingInterface>(op).getIterationDomain(b);
  for (auto [dim, range] : llvm::enumerate(domain)) {
    if (tile.offsets[dim])
      continue;
    tile.offsets[dim] = range.offset;
    tile.sizes[dim] = range.size;
  }
  return tile;
}

bool MappedOp::canTileByOperands(ArrayRef<unsigned> operands,
                                 ArrayRef<SmallVector<OpFoldResult>> offsets,
                                 ArrayRef<SmallVector<OpFoldResult>> sizes) {
  Tile tile;
  return succeeded(mapTiles(operands, offsets, sizes, tile)) &&
         !findCutReduction([&](unsigned dim) { return tile.sizes[dim]; });
}

FailureOr<TilingResult> MappedOp::tile(OpBuilder &b, const Tile &tile) {
  if (std::optional<unsigned> dim =
          findCutReduction([&](unsigned dim) { return tile.sizes[dim]; }))
    return op->emitOpError()
           << "cannot be tiled along dimension " << *dim
           << ", over which it reduces; tile size 0 leaves it whole";
  TilingResult result;
  SmallVector<Value> operands;
  Location loc = op->getLoc();
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (!isa<ShapedType>(value.getType())) {
      operands.push_back(value);
      continue;
    }
    auto [offsets, sizes] = getOperandTile(b, operand.getOperandNumber(), tile);
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    Operation *slice =
        isa<MemRefType>(value.getType())
            ? memref::SubViewOp::create(b, loc, value, offsets, sizes, strides)
                  .getOperation()
            : tensor::ExtractSliceOp::create(b, loc, value, offsets, sizes,
                                             strides);
    result.generatedSlices.push_back(slice);
    operands.push_back(slice->getResult(0));
  }
  SmallVector<Type> types;
  for (unsigned index = 0; index < op->getNumResults(); ++index)
    types.push_back(operands[getInitOfResult(index)].getType());
  Operation *tiled = mlir::clone(b, op, types, operands);
  result.tiledOps.push_back(tiled);
  llvm::append_range(result.tiledValues, tiled->getResults());
  return result;
}

//===----------------------------------------------------------------------===//
// The interface, in these terms
//===----------------------------------------------------------------------===//

FailureOr<TilingResult> rmsnorm::detail::tile(Operation *op, OpBuilder &b,
                                              OffsetsRef offsets,
                                              OffsetsRef sizes) {
  return MappedOp(op).tile(b,
                           {llvm::to_vector(offsets), llvm::to_vector(sizes)});
}

LogicalResult
rmsnorm::detail::getResultTile(Operation *op, OpBuilder &b, unsigned result,
                               OffsetsRef offsets, OffsetsRef sizes,
                               SmallVector<OpFoldResult> &resultOffsets,
                               SmallVector<OpFoldResult> &resultSizes) {
  MappedOp mapped(op);
  Tile tile =
      mapped.getOperandTile(b, mapped.getInitOfResult(result),
                            {llvm::to_vector(offsets), llvm::to_vector(sizes)});
  resultOffsets = std::move(tile.offsets);
  resultSizes = std::move(tile.sizes);
  return success();
}

LogicalResult rmsnorm::detail::getIterationTileFromOperands(
    Operation *op, OpBuilder &b, ArrayRef<unsigned> operands,
    OffsetListsRef offsets, OffsetListsRef sizes,
    SmallVectorImpl<OpFoldResult> &tileOffsets,
    SmallVectorImpl<OpFoldResult> &tileSizes) {
  FailureOr<Tile> tile =
      MappedOp(op).getIterationTile(b, operands, offsets, sizes);
  if (failed(tile))
    return failure();
  tileOffsets.assign(tile->offsets);
  tileSizes.assign(tile->sizes);
  return success();
}

LogicalResult rmsnorm::detail::getIterationTileFromResult(
    Operation *op, OpBuilder &b, unsigned result, OffsetsRef offsets,
    OffsetsRef sizes, SmallVectorImpl<OpFoldResult> &tileOffsets,
    SmallVectorImpl<OpFoldResult> &tileSizes) {
  // A result has the map of its destination.
  return getIterationTileFromOperands(
      op, b, MappedOp(op).getInitOfResult(result), llvm::to_vector(offsets),
      llvm::to_vector(sizes), tileOffsets, tileSizes);
}

FailureOr<TilingResult>
rmsnorm::detail::tileByOperands(Operation *op, OpBuilder &b,
                                ArrayRef<unsigned> operands,
                                OffsetListsRef offsets, OffsetListsRef sizes) {
  MappedOp mapped(op);
  FailureOr<Tile> tile = mapped.getIterationTile(b, operands, offsets, sizes);
  if (failed(tile))
    return op->emitOpError("has operands tiled in ways that disagree");
  return mapped.tile(b, *tile);
}

FailureOr<TilingResult>
rmsnorm::detail::tileByResult(Operation *op, OpBuilder &b, unsigned result,
                              OffsetsRef offsets, OffsetsRef sizes) {
  FailureOr<TilingResult> tiled =
      tileByOperands(op, b, MappedOp(op).getInitOfResult(result),
                     llvm::to_vector(offsets), llvm::to_vector(sizes));
  if (failed(tiled))
    return failure();
  return TilingResult{
      tiled->tiledOps, {tiled->tiledValues[result]}, tiled->generatedSlices};
}

bool rmsnorm::detail::canTileByOperands(Operation *op,
                                        ArrayRef<unsigned> operands,
                                        OffsetListsRef offsets,
                                        OffsetListsRef sizes) {
  return MappedOp(op).canTileByOperands(operands, offsets, sizes);
}

bool rmsnorm::detail::canTileByResult(Operation *op, unsigned result,
                                      OffsetsRef offsets, OffsetsRef sizes) {
  return canTileByOperands(op, MappedOp(op).getInitOfResult(result),
                           llvm::to_vector(offsets), llvm::to_vector(sizes));
}

LogicalResult rmsnorm::detail::refuseScalars(Operation *op) {
  return op->emitOpError("has no implementation for one element: its value "
                         "depends on the whole row");
}
