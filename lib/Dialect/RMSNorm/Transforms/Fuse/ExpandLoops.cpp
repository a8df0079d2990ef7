//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Several loops in the place of one.

#include "ReshapeKernels.h"

#include "ToRowKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// The extents that take the place of each loop; one for those that stay.
class ExpandedSpace {
public:
  ExpandedSpace(RowKernelOp op, OpBuilder &b) : op(op), b(b) {
    sizes.resize(op.getNumLoops());
  }

  LogicalResult split(int64_t loop, ArrayRef<OpFoldResult> extents);
  void finish();

  int64_t getNumLoops() const { return numLoops; }
  ArrayRef<OpFoldResult> getSizes(int64_t loop) const { return sizes[loop]; }
  int64_t getFirst(int64_t loop) const { return first[loop]; }
  AffineMap expand(AffineMap map) const;
  /// The operand with its dimensions split like the loops.
  Value expand(Value operand, AffineMap map);
  Value emptyLike(Value output, AffineMap map);
  Value collapse(Value result, Type type, AffineMap map);

private:
  SmallVector<ReassociationIndices> getGroups(AffineMap map) const;

  RowKernelOp op;
  OpBuilder &b;
  SmallVector<SmallVector<OpFoldResult>> sizes;
  SmallVector<int64_t> first;
  int64_t numLoops = 0;
};
} // namespace

/// Whether `value` can be used at `op`, in the same block.
static bool isKnownBefore(Value value, Operation *op) {
  if (Operation *definition = value.getDefiningOp())
    return definition->getBlock() == op->getBlock() &&
           definition->isBeforeInBlock(op);
  return value.getParentBlock() == op->getBlock();
}

LogicalResult ExpandedSpace::split(int64_t loop,
                                   ArrayRef<OpFoldResult> extents) {
  if (!sizes[loop].empty())
    return failure(); // by another dimension of the same operand
  SmallVector<OpFoldResult> known(extents);
  int64_t product = 1;
  SmallVector<unsigned> unknown;
  for (auto [index, extent] : llvm::enumerate(known)) {
    if (std::optional<int64_t> number = getConstantIntValue(extent)) {
      extent = b.getIndexAttr(*number);
      product *= *number;
    } else {
      unknown.push_back(index);
    }
  }
  int64_t total = op.getStaticLoopExtents()[loop];
  if (!ShapedType::isDynamic(total)) {
    if (unknown.size() > 1 || product == 0 || total % product != 0 ||
        (unknown.empty() && product != total))
      return failure();
    if (!unknown.empty())
      known[unknown.front()] = b.getIndexAttr(total / product);
  } else if (unknown.size() == 1 && product != 0) {
    // What is left of the extent, whoever else computes it.
    auto [operand, position] = op.getExtentSource(loop);
    Value extent = getValueOrCreateConstantIndexOp(
        b, op.getLoc(),
        getSize(b, op.getLoc(), op.getOperand(operand), position));
    if (product != 1)
      extent = arith::DivUIOp::create(
          b, op.getLoc(), extent,
          arith::ConstantIndexOp::create(b, op.getLoc(), product));
    known[unknown.front()] = extent;
  } else {
    for (unsigned index : unknown)
      if (!isKnownBefore(cast<Value>(known[index]), op))
        return failure();
  }
  sizes[loop] = known;
  return success();
}

void ExpandedSpace::finish() {
  for (SmallVector<OpFoldResult> &extents : sizes) {
    if (extents.empty())
      extents.push_back(OpFoldResult());
    first.push_back(numLoops);
    numLoops += extents.size();
  }
}

AffineMap ExpandedSpace::expand(AffineMap map) const {
  SmallVector<AffineExpr> exprs;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim) {
      exprs.push_back(expr);
      continue;
    }
    int64_t loop = dim.getPosition();
    for (size_t part = 0; part < sizes[loop].size(); ++part)
      exprs.push_back(getAffineDimExpr(first[loop] + part, map.getContext()));
  }
  return AffineMap::get(numLoops, 0, exprs, map.getContext());
}

SmallVector<ReassociationIndices>
ExpandedSpace::getGroups(AffineMap map) const {
  SmallVector<ReassociationIndices> groups;
  int64_t next = 0;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    size_t count = dim ? sizes[dim.getPosition()].size() : 1;
    ReassociationIndices &group = groups.emplace_back();
    for (size_t part = 0; part < count; ++part)
      group.push_back(next++);
  }
  return groups;
}

/// Whether every group has one dimension.
static bool isTrivial(ArrayRef<ReassociationIndices> groups) {
  return llvm::all_of(groups, [](const ReassociationIndices &group) {
    return group.size() == 1;
  });
}

Value ExpandedSpace::expand(Value operand, AffineMap map) {
  auto type = dyn_cast<RankedTensorType>(operand.getType());
  SmallVector<ReassociationIndices> groups = getGroups(map);
  if (!type || isTrivial(groups))
    return operand;
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> shape;
  SmallVector<int64_t> castShape(type.getShape());
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || sizes[dim.getPosition()].size() == 1) {
      shape.push_back(getSize(b, loc, operand, position));
      continue;
    }
    int64_t product = 1;
    for (OpFoldResult size : sizes[dim.getPosition()]) {
      shape.push_back(size);
      std::optional<int64_t> number = getConstantIntValue(size);
      product = number && !ShapedType::isDynamic(product)
                    ? product * *number
                    : ShapedType::kDynamic;
    }
    if (type.isDynamicDim(position))
      castShape[position] = product;
  }
  SmallVector<int64_t> staticShape;
  SmallVector<Value> dynamicShape;
  dispatchIndexOpFoldResults(shape, dynamicShape, staticShape);
  // The other way round of what was collapsed.
  auto collapse = operand.getDefiningOp<tensor::CollapseShapeOp>();
  if (collapse && collapse.getReassociationIndices() == groups &&
      collapse.getSrcType().getShape() == ArrayRef(staticShape))
    return collapse.getSrc();
  auto castType = type.clone(castShape);
  if (castType != type)
    operand = tensor::CastOp::create(b, loc, castType, operand);
  return tensor::ExpandShapeOp::create(b, loc, type.clone(staticShape), operand,
                                       groups, shape);
}

Value ExpandedSpace::emptyLike(Value output, AffineMap map) {
  SmallVector<OpFoldResult> shape;
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    int64_t loop = cast<AffineDimExpr>(expr).getPosition();
    if (sizes[loop].size() == 1)
      shape.push_back(getSize(b, op.getLoc(), output, position));
    else
      llvm::append_range(shape, sizes[loop]);
  }
  return tensor::EmptyOp::create(b, op.getLoc(), shape,
                                 getElementTypeOrSelf(output.getType()));
}

Value ExpandedSpace::collapse(Value result, Type type, AffineMap map) {
  SmallVector<ReassociationIndices> groups = getGroups(map);
  if (isTrivial(groups))
    return result;
  Value collapsed =
      tensor::CollapseShapeOp::create(b, op.getLoc(), result, groups);
  if (collapsed.getType() != type)
    collapsed = tensor::CastOp::create(b, op.getLoc(), type, collapsed);
  return collapsed;
}

FailureOr<RowKernelOp>
rmsnorm::expandKernel(OpBuilder &b, RowKernelOp op, AffineMap map,
                      ArrayRef<ReassociationIndices> groups,
                      ArrayRef<OpFoldResult> sizes,
                      SmallVectorImpl<Value> &replacements) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  ExpandedSpace space(op, b);
  for (auto [expr, group] : llvm::zip_equal(map.getResults(), groups)) {
    if (group.size() == 1)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || failed(space.split(dim.getPosition(),
                                   sizes.slice(group.front(), group.size()))))
      return failure();
  }
  space.finish();

  RowKernelBuilder kernel(b, op.getLoc(), space.getNumLoops());
  for (int64_t loop : op.getReductionDims())
    for (size_t part = 0; part < space.getSizes(loop).size(); ++part)
      kernel.setReduction(space.getFirst(loop) + part);
  IRMapping mapping;
  // The groups of a gathered input would move the numbers of its dimensions.
  for (unsigned index = 0; index < op.getInputs().size(); ++index)
    if (op.isGathered(index) &&
        space.expand(op.getMap(index)).getNumResults() !=
            op.getMap(index).getNumResults())
      return failure();
  kernel.addInputsOf(
      op,
      [&](unsigned index) -> std::optional<std::pair<Value, AffineMap>> {
        AffineMap inputMap = op.getMap(index);
        return {{space.expand(op.getInputs()[index], inputMap),
                 space.expand(inputMap)}};
      },
      mapping);
  for (Operation &nested : op.getBody().front().without_terminator())
    kernel.getBody().clone(nested, mapping);
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  for (auto [index, output] : llvm::enumerate(op.getOutputs())) {
    AffineMap outputMap = op.getOutputMap(index);
    kernel.addOutput(space.emptyLike(output, outputMap),
                     space.expand(outputMap),
                     mapping.lookup(yield.getValues()[index]));
  }
  if (!kernel.coversLoops())
    return failure();
  SmallVector<Attribute> fused;
  if (auto names = op->getAttrOfType<ArrayAttr>(kFusedAttr))
    llvm::append_range(fused, names);
  RowKernelOp expanded = kernel.build(getNumNorms(op), fused);
  for (auto [index, result] : llvm::enumerate(expanded.getResults()))
    replacements.push_back(space.collapse(result, op.getResult(index).getType(),
                                          op.getOutputMap(index)));
  return expanded;
}
