//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Row kernels over a part of their space, and pieces of a row side by side.

#include "ReshapeKernels.h"

#include "ToRowKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::rmsnorm;

static SmallVector<Attribute> getFused(RowKernelOp op) {
  SmallVector<Attribute> fused;
  if (auto names = op->getAttrOfType<ArrayAttr>(kFusedAttr))
    llvm::append_range(fused, names);
  return fused;
}

namespace {
/// What a slice takes of a loop.
struct LoopSlice {
  OpFoldResult offset, size, stride;
};
} // namespace

/// What a slice takes of each loop of a kernel; nothing where it takes all.
using LoopSlices = SmallVector<std::optional<LoopSlice>>;

/// The part of an operand that the sliced loops need.
static Value sliceOperand(OpBuilder &b, Location loc, Value operand,
                          AffineMap map, const LoopSlices &slices) {
  if (!isa<RankedTensorType>(operand.getType()))
    return operand;
  SmallVector<OpFoldResult> sizes = getSizes(b, loc, operand);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  bool sliced = false;
  for (auto [position, expr] : llvm::enumerate(map.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      if (const auto &part = slices[dim.getPosition()]) {
        offsets[position] = part->offset;
        sizes[position] = part->size;
        strides[position] = part->stride;
        sliced = true;
      }
  return sliced ? tensor::ExtractSliceOp::create(b, loc, operand, offsets,
                                                 sizes, strides)
                      .getResult()
                : operand;
}

/// Whether `size` is the extent of a dimension of `value`: the same number, the
/// operand by which it was made, or the same question asked of the same tensor.
static bool isExtentOf(OpFoldResult size, Value value, int64_t dim) {
  auto type = cast<RankedTensorType>(value.getType());
  if (std::optional<int64_t> number = getConstantIntValue(size))
    return *number == type.getDimSize(dim);
  auto isDimOf = [&](Value extent) {
    auto dimOp = extent.getDefiningOp<tensor::DimOp>();
    return dimOp && dimOp.getSource() == value &&
           dimOp.getConstantIndex() == dim;
  };
  Value extent = cast<Value>(size);
  if (isDimOf(extent))
    return true;
  auto empty = value.getDefiningOp<tensor::EmptyOp>();
  if (!empty)
    return false;
  auto made = dyn_cast<Value>(empty.getMixedSizes()[dim]);
  if (made == extent)
    return true;
  auto asked = made ? made.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
  auto asking = extent.getDefiningOp<tensor::DimOp>();
  return asked && asking && asked.getSource() == asking.getSource() &&
         asked.getConstantIndex() == asking.getConstantIndex();
}

FailureOr<RowKernelOp> rmsnorm::sliceKernel(OpBuilder &b, RowKernelOp op,
                                            unsigned result,
                                            tensor::ExtractSliceOp slice) {
  if (slice.getType().getRank() != slice.getSourceType().getRank() ||
      !slice.hasUnitStride())
    return failure();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(slice);
  Location loc = op.getLoc();
  AffineMap map = op.getOutputMap(result);
  SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
  SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
  SmallVector<int64_t> extents = op.getStaticLoopExtents();
  LoopSlices slices(op.getNumLoops());
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    int64_t loop = cast<AffineDimExpr>(expr).getPosition();
    std::optional<int64_t> size = getConstantIntValue(sizes[position]);
    if (isConstantIntValue(offsets[position], 0) && size &&
        *size == extents[loop])
      continue;
    if (isConstantIntValue(offsets[position], 0) &&
        isExtentOf(sizes[position], op.getOutputs()[result], position))
      continue;
    if (op.isReductionDim(loop))
      return failure();
    slices[loop] = {offsets[position], sizes[position], b.getIndexAttr(1)};
  }
  RowKernelBuilder kernel(b, loc, op.getNumLoops());
  for (int64_t loop : op.getReductionDims())
    kernel.setReduction(loop);
  IRMapping mapping;
  kernel.addInputsOf(
      op,
      [&](unsigned index) -> std::optional<std::pair<Value, AffineMap>> {
        return {{sliceOperand(b, loc, op.getInputs()[index], op.getMap(index),
                              slices),
                 op.getMap(index)}};
      },
      mapping);
  for (Operation &nested : op.getBody().front().without_terminator())
    kernel.getBody().clone(nested, mapping);
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  Value empty =
      tensor::EmptyOp::create(b, loc, sizes, slice.getType().getElementType());
  kernel.addOutput(empty, map, mapping.lookup(yield.getValues()[result]));
  return kernel.build(getNumNorms(op), getFused(op));
}

//===----------------------------------------------------------------------===//
// Pieces of a row
//===----------------------------------------------------------------------===//

static constexpr int64_t kMaxPieces = 8;

namespace {
/// Which loop is cut, in pieces of which size, and who takes them. The pieces
/// follow each other, or take every `stride`-th element, as many as there are.
struct Pieces {
  int64_t loop = -1;
  int64_t size = 0;
  int64_t count = 0;
  int64_t stride = 1;
  SmallVector<std::pair<tensor::ExtractSliceOp, unsigned>> slices;
};
} // namespace

/// The one dimension that a slice of a result cuts, with constant numbers.
static std::optional<unsigned> getCutDim(tensor::ExtractSliceOp slice,
                                         Value destination) {
  if (slice.getType().getRank() != slice.getSourceType().getRank())
    return std::nullopt;
  std::optional<unsigned> cut;
  SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
  for (auto [dim, offset] : llvm::enumerate(slice.getMixedOffsets())) {
    std::optional<int64_t> size = getConstantIntValue(sizes[dim]);
    int64_t extent = slice.getSourceType().getDimSize(dim);
    bool all = slice.getStaticStrides()[dim] == 1 &&
               isConstantIntValue(offset, 0) &&
               isExtentOf(sizes[dim], destination, dim);
    if (all)
      continue;
    if (cut || !size || !getConstantIntValue(offset) ||
        ShapedType::isDynamic(slice.getStaticStrides()[dim]) ||
        ShapedType::isDynamic(extent))
      return std::nullopt;
    cut = dim;
  }
  return cut;
}

static FailureOr<Pieces> matchPieces(RowKernelOp op, std::string &why) {
  Pieces pieces;
  for (OpResult result : op.getResults())
    for (Operation *user : result.getUsers()) {
      auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
      std::optional<unsigned> cut =
          slice ? getCutDim(slice, op.getOutputs()[result.getResultNumber()])
                : std::optional<unsigned>();
      AffineMap map = op.getOutputMap(result.getResultNumber());
      if (!cut) {
        why = slice ? "a slice of it does not take one piece of the row"
                    : "the whole of it is needed besides its slices";
        return failure();
      }
      int64_t loop = cast<AffineDimExpr>(map.getResult(*cut)).getPosition();
      int64_t size = slice.getStaticSizes()[*cut];
      int64_t offset = slice.getStaticOffsets()[*cut];
      int64_t stride = slice.getStaticStrides()[*cut];
      if (pieces.loop < 0) {
        pieces.loop = loop;
        pieces.size = size;
        pieces.stride = stride;
      }
      if (loop != pieces.loop || size != pieces.size || size == 0 ||
          stride != pieces.stride ||
          (stride == 1 ? offset % size != 0 : offset >= stride)) {
        why = "its slices are not equal pieces of the row";
        return failure();
      }
      pieces.slices.emplace_back(slice, stride == 1 ? offset / size : offset);
    }
  if (pieces.loop < 0)
    return failure();
  int64_t extent = op.getStaticLoopExtents()[pieces.loop];
  pieces.count = extent / pieces.size;
  if (extent % pieces.size != 0 || pieces.count < 2 ||
      pieces.count > kMaxPieces ||
      (pieces.stride != 1 && pieces.stride != pieces.count)) {
    why = "its slices are not 2 to 8 equal pieces of the row";
    return failure();
  }
  return pieces;
}

/// Combines the statistics of the pieces.
static Value combine(OpBuilder &b, ReduceOp reduce, ArrayRef<Value> parts) {
  Value all = parts.front();
  for (Value part : parts.drop_front())
    switch (reduce.getKind()) {
    case ReduceKind::Add:
      all = arith::AddFOp::create(b, reduce.getLoc(), all, part);
      break;
    case ReduceKind::Maximum:
      all = arith::MaximumFOp::create(b, reduce.getLoc(), all, part);
      break;
    case ReduceKind::Minimum:
      all = arith::MinimumFOp::create(b, reduce.getLoc(), all, part);
      break;
    }
  return all;
}

/// Clones the body once per piece; what is the same for all pieces is there
/// once.
static void cloneBodyByPiece(RowKernelOp op, const Pieces &pieces, OpBuilder &b,
                             MutableArrayRef<IRMapping> mappings) {
  bool reduces = op.isReductionDim(pieces.loop);
  auto differs = [&](Operation &nested) {
    return llvm::any_of(nested.getOperands(), [&](Value operand) {
      return mappings[0].lookup(operand) != mappings[1].lookup(operand);
    });
  };
  for (Operation &nested : op.getBody().front().without_terminator()) {
    bool perPiece = differs(nested);
    auto reduce = dyn_cast<ReduceOp>(nested);
    if (!perPiece && !(reduce && reduces)) {
      Operation *shared = b.clone(nested, mappings[0]);
      for (IRMapping &mapping : mappings.drop_front())
        mapping.map(nested.getResults(), shared->getResults());
      continue;
    }
    SmallVector<Value> parts;
    for (IRMapping &mapping : mappings)
      parts.push_back(b.clone(nested, mapping)->getResult(0));
    if (!reduce || !reduces)
      continue;
    Value all = combine(b, reduce, parts);
    for (IRMapping &mapping : mappings)
      mapping.map(reduce.getResult(), all);
  }
}

FailureOr<RowKernelOp> rmsnorm::splitRows(OpBuilder &b, RowKernelOp op,
                                          std::string &why) {
  FailureOr<Pieces> pieces = matchPieces(op, why);
  if (failed(pieces))
    return failure();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  Location loc = op.getLoc();
  RowKernelBuilder kernel(b, loc, op.getNumLoops());
  for (int64_t loop : op.getReductionDims())
    kernel.setReduction(loop);
  SmallVector<IRMapping> mappings(pieces->count);
  auto slicesOf = [&](int64_t piece) {
    LoopSlices slices(op.getNumLoops());
    int64_t offset = pieces->stride == 1 ? piece * pieces->size : piece;
    slices[pieces->loop] = {b.getIndexAttr(offset),
                            b.getIndexAttr(pieces->size),
                            b.getIndexAttr(pieces->stride)};
    return slices;
  };
  for (int64_t piece = 0; piece < pieces->count; ++piece)
    kernel.addInputsOf(
        op,
        [&](unsigned index) -> std::optional<std::pair<Value, AffineMap>> {
          return {{sliceOperand(b, loc, op.getInputs()[index], op.getMap(index),
                                slicesOf(piece)),
                   op.getMap(index)}};
        },
        mappings[piece]);
  cloneBodyByPiece(op, *pieces, kernel.getBody(), mappings);

  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  SmallVector<SmallVector<unsigned>> numbers; // by result of op and piece
  unsigned next = 0;
  for (auto [index, output] : llvm::enumerate(op.getOutputs())) {
    AffineMap map = op.getOutputMap(index);
    numbers.emplace_back();
    if (op.getResult(index).use_empty())
      continue;
    std::optional<unsigned> position =
        map.getResultPosition(getAffineDimExpr(pieces->loop, b.getContext()));
    for (int64_t piece = 0; piece < pieces->count; ++piece) {
      SmallVector<OpFoldResult> sizes = getSizes(b, loc, output);
      sizes[*position] = b.getIndexAttr(pieces->size);
      kernel.addOutput(
          tensor::EmptyOp::create(b, loc, sizes,
                                  getElementTypeOrSelf(output.getType())),
          map, mappings[piece].lookup(yield.getValues()[index]));
      numbers.back().push_back(next++);
    }
  }
  RowKernelOp split = kernel.build(getNumNorms(op), getFused(op));
  for (auto &[slice, piece] : pieces->slices) {
    unsigned result = cast<OpResult>(slice.getSource()).getResultNumber();
    Value replacement = split.getResult(numbers[result][piece]);
    if (replacement.getType() != slice.getType()) {
      b.setInsertionPoint(slice);
      replacement =
          tensor::CastOp::create(b, loc, slice.getType(), replacement);
    }
    slice.replaceAllUsesWith(replacement);
    slice.erase();
  }
  op.erase();
  return split;
}
