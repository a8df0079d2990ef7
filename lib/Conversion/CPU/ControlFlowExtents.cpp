//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "ControlFlowExtents.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;

namespace {
/// An extent of what a condition yields is a condition that yields extents.
struct DimOfIf : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    auto condition = op.getSource().getDefiningOp<scf::IfOp>();
    std::optional<int64_t> position = op.getConstantIndex();
    if (!condition || !position)
      return failure();
    unsigned number = cast<OpResult>(op.getSource()).getResultNumber();
    auto branch = [&](Region &region) {
      return [&, number](OpBuilder &b, Location loc) {
        IRMapping mapping;
        for (Operation &nested : region.front().without_terminator())
          b.clone(nested, mapping);
        Value yielded = mapping.lookupOrDefault(
            region.front().getTerminator()->getOperand(number));
        scf::YieldOp::create(
            b, loc,
            tensor::DimOp::create(b, loc, yielded, *position).getResult());
      };
    };
    rewriter.setInsertionPoint(condition);
    auto extent = scf::IfOp::create(
        rewriter, op.getLoc(), condition.getCondition(),
        branch(condition.getThenRegion()), branch(condition.getElseRegion()));
    rewriter.replaceOp(op, extent.getResults());
    return success();
  }
};
} // namespace

namespace {
/// The same for a condition between two values that are there.
struct DimOfSelect : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    auto select = op.getSource().getDefiningOp<arith::SelectOp>();
    if (!select)
      return failure();
    Value extents[2];
    for (auto [extent, value] :
         llvm::zip_equal(extents, ValueRange{select.getTrueValue(),
                                             select.getFalseValue()}))
      extent =
          tensor::DimOp::create(rewriter, op.getLoc(), value, op.getIndex());
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, select.getCondition(),
                                                 extents[0], extents[1]);
    return success();
  }
};

/// Extent `dim` of a tensor, or, once it is known, the number that it is.
struct Extent {
  Value value;
  std::optional<int64_t> dim;
  bool operator!=(const Extent &other) const {
    return value != other.value || dim != other.dim;
  }
};

/// A loop that keeps an extent gives back what it started with.
struct DimOfFor : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override;
};
} // namespace

/// Where an extent comes from: through destinations, back to the operation
/// that made them or to a block argument.
static Extent traceExtent(Extent extent) {
  while (extent.dim) {
    Operation *op = extent.value.getDefiningOp();
    if (auto empty = dyn_cast_or_null<tensor::EmptyOp>(op)) {
      if (!empty.getType().isDynamicDim(*extent.dim))
        return extent;
      extent = {empty.getDynamicSize(*extent.dim), std::nullopt};
    } else if (auto destination =
                   dyn_cast_or_null<DestinationStyleOpInterface>(op)) {
      extent.value =
          destination.getTiedOpOperand(cast<OpResult>(extent.value))->get();
    } else {
      return extent;
    }
    auto dim = extent.value.getDefiningOp<tensor::DimOp>();
    if (!extent.dim && dim && dim.getConstantIndex())
      extent = {dim.getSource(), dim.getConstantIndex()};
  }
  return extent;
}

LogicalResult DimOfFor::matchAndRewrite(tensor::DimOp op,
                                        PatternRewriter &rewriter) const {
  auto loop = op.getSource().getDefiningOp<scf::ForOp>();
  std::optional<int64_t> dim = op.getConstantIndex();
  if (!loop || !dim)
    return failure();
  unsigned number = cast<OpResult>(op.getSource()).getResultNumber();
  Value init = loop.getInitArgs()[number];
  Extent next = traceExtent({loop.getYieldedValues()[number], dim});
  if (next != Extent{loop.getRegionIterArg(number), dim} &&
      next != traceExtent({init, dim}))
    return failure();
  rewriter.modifyOpInPlace(op, [&] { op.getSourceMutable().assign(init); });
  return success();
}

namespace {
/// The same for a loop with a condition.
struct DimOfWhile : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override;
};
} // namespace

LogicalResult DimOfWhile::matchAndRewrite(tensor::DimOp op,
                                          PatternRewriter &rewriter) const {
  auto loop = op.getSource().getDefiningOp<scf::WhileOp>();
  std::optional<int64_t> dim = op.getConstantIndex();
  if (!loop || !dim)
    return failure();
  // What a value of the loop is at the place where the condition is asked.
  auto atCondition = [&](Extent extent) {
    extent = traceExtent(extent);
    auto argument = dyn_cast<BlockArgument>(extent.value);
    if (extent.dim && argument && argument.getOwner() == loop.getAfterBody())
      extent =
          traceExtent({loop.getConditionOp().getArgs()[argument.getArgNumber()],
                       extent.dim});
    return extent;
  };
  unsigned number = cast<OpResult>(op.getSource()).getResultNumber();
  Extent result = traceExtent({loop.getConditionOp().getArgs()[number], dim});
  auto argument = dyn_cast<BlockArgument>(result.value);
  if (!result.dim || !argument || argument.getOwner() != loop.getBeforeBody())
    return failure();
  unsigned carried = argument.getArgNumber();
  Value init = loop.getInits()[carried];
  Extent next =
      atCondition({loop.getYieldOp().getOperand(carried), result.dim});
  if (next != result && next != traceExtent({init, result.dim}))
    return failure();
  rewriter.setInsertionPoint(loop);
  Value extent =
      tensor::DimOp::create(rewriter, op.getLoc(), init, *result.dim);
  rewriter.replaceOp(op, extent);
  return success();
}

void rmsnorm::populateControlFlowExtentPatterns(RewritePatternSet &patterns) {
  patterns.add<DimOfFor, DimOfIf, DimOfSelect, DimOfWhile>(
      patterns.getContext());
}
