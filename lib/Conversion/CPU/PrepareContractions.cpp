//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-prepare-contractions: what only rearranges an operand of a matrix
/// multiplication goes into the multiplication's indexing maps.

#include "Contraction.h"

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMPREPARECONTRACTIONS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// An operation that gives its operand's elements in another order, repeated,
/// or exactly widened: result[i] = source[map(i)].
struct Rearrangement {
  Value source;
  AffineMap map;
};
} // namespace

static std::optional<Rearrangement> matchRearrangement(Value value) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op || !op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumDpsInputs() != 1 || op.getNumParallelLoops() != op.getNumLoops())
    return std::nullopt;
  auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
  Value element = yield.getOperand(0);
  auto widening = element.getDefiningOp<arith::ExtFOp>();
  if (widening)
    element = widening.getIn();
  // Nothing else may happen in the body.
  if (element != op.getBlock()->getArgument(0) ||
      op.getBlock()->getOperations().size() != (widening ? 2u : 1u))
    return std::nullopt;
  AffineMap in = op.getIndexingMapsArray()[0];
  AffineMap out = op.getIndexingMapsArray()[1];
  if (!out.isPermutation() ||
      !in.isProjectedPermutation(/*allowZeroInResults=*/true) ||
      !isa<RankedTensorType>(op.getDpsInputs()[0].getType()))
    return std::nullopt;
  return Rearrangement{op.getDpsInputs()[0],
                       in.compose(inversePermutation(out))};
}

/// Whether contraction bodies may read narrower elements: the library
/// multiplies halves in f32.
static bool canWiden(Type from, Type to) {
  return from == to || ((from.isF16() || from.isBF16()) && to.isF32());
}

/// `op` with other operands and maps; the body widens what is narrower.
static linalg::GenericOp rebuild(RewriterBase &rewriter, linalg::GenericOp op,
                                 ValueRange inputs, Value init,
                                 ArrayRef<AffineMap> maps, Type computeType) {
  return linalg::GenericOp::create(
      rewriter, op.getLoc(), init.getType(), inputs, init, maps,
      op.getIteratorTypesArray(),
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        SmallVector<Value> wide;
        for (Value argument : arguments.drop_back())
          wide.push_back(
              argument.getType() == computeType
                  ? argument
                  : arith::ExtFOp::create(b, loc, computeType, argument));
        Value product = arith::MulFOp::create(b, loc, wide[0], wide[1]);
        if (product.getType() != arguments[2].getType())
          product =
              arith::ExtFOp::create(b, loc, arguments[2].getType(), product);
        Value sum = arith::AddFOp::create(b, loc, arguments[2], product);
        linalg::YieldOp::create(b, loc, sum);
      });
}

/// Whether `value` is zeros in a tensor without other contents.
static bool isZeroFill(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  return fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
}

namespace {
/// matmul and its relatives as generics, whose maps can be changed.
struct Generalize : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp>(op) || !op.hasPureTensorSemantics() ||
        !matchContraction(op))
      return failure();
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

/// Reads an operand as it was before it was rearranged.
struct FoldRearrangedInput : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Contraction> contraction = matchContraction(op);
    if (!contraction || !op.hasPureTensorSemantics())
      return failure();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    SmallVector<Value> inputs(op.getDpsInputs());
    bool changed = false;
    for (unsigned index = 0; index < 2; ++index) {
      std::optional<Rearrangement> rearranged =
          matchRearrangement(inputs[index]);
      if (!rearranged ||
          !canWiden(getElementTypeOrSelf(rearranged->source.getType()),
                    contraction->computeType))
        continue;
      AffineMap saved = maps[index];
      maps[index] = rearranged->map.compose(saved);
      // Each loop still needs an operand that tells its extent, and the
      // sum must still be of products.
      std::optional<Contraction> after = classifyContraction(
          maps[0], maps[1], maps[2], op.getStaticLoopRanges());
      AffineMap all = concatAffineMaps(maps, op.getContext());
      bool covered = true;
      for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
        covered &= all.isFunctionOfDim(dim);
      if (!after || after->k.empty() || !covered) {
        maps[index] = saved;
        continue;
      }
      inputs[index] = rearranged->source;
      changed = true;
    }
    if (!changed)
      return failure();
    rewriter.replaceOp(op, rebuild(rewriter, op, inputs, op.getDpsInits()[0],
                                   maps, contraction->computeType));
    return success();
  }
};

/// Writes the result in the order that its only user wants, when that keeps the
/// innermost dimension: another one costs the library more than a copy.
struct FoldTransposedResult : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto producer = op.getInput().getDefiningOp<linalg::GenericOp>();
    ArrayRef<int64_t> permutation = op.getPermutation();
    int64_t rank = permutation.size();
    if (!op.hasPureTensorSemantics() || !producer || !producer->hasOneUse() ||
        rank == 0 || permutation.back() != rank - 1 ||
        !isZeroFill(producer.getDpsInits()[0]))
      return failure();
    std::optional<Contraction> contraction = matchContraction(producer);
    if (!contraction)
      return failure();
    rewriter.setInsertionPoint(op);
    auto zero = linalg::FillOp::create(
        rewriter, op.getLoc(),
        producer.getDpsInits()[0].getDefiningOp<linalg::FillOp>().getInputs(),
        op.getInit());
    SmallVector<AffineMap> maps = producer.getIndexingMapsArray();
    SmallVector<AffineExpr> results;
    for (int64_t dim : permutation)
      results.push_back(maps[2].getResult(dim));
    maps[2] =
        AffineMap::get(maps[2].getNumDims(), 0, results, rewriter.getContext());
    rewriter.replaceOp(op, rebuild(rewriter, producer, producer.getDpsInputs(),
                                   zero.getResult(0), maps,
                                   contraction->computeType));
    return success();
  }
};

/// transpose(collapse(x)) is collapse(transpose(x)): towards the contraction
/// whose result is collapsed.
struct TransposeBeforeCollapse : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto collapse = op.getInput().getDefiningOp<tensor::CollapseShapeOp>();
    if (!op.hasPureTensorSemantics() || !collapse || !collapse->hasOneUse())
      return failure();
    auto producer = collapse.getSrc().getDefiningOp<linalg::GenericOp>();
    if (!producer || !producer->hasOneUse() || !matchContraction(producer) ||
        !isZeroFill(producer.getDpsInits()[0]))
      return failure();
    SmallVector<ReassociationIndices> groups =
        collapse.getReassociationIndices();
    SmallVector<ReassociationIndices> newGroups;
    SmallVector<int64_t> permutation;
    for (int64_t dim : op.getPermutation()) {
      ReassociationIndices group;
      for (int64_t source : groups[dim]) {
        group.push_back(permutation.size());
        permutation.push_back(source);
      }
      newGroups.push_back(group);
    }
    if (permutation.empty() ||
        permutation.back() != int64_t(permutation.size()) - 1)
      return failure();
    Location loc = op.getLoc();
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, loc, collapse.getSrc());
    SmallVector<OpFoldResult> permuted = applyPermutation(sizes, permutation);
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, permuted,
        getElementTypeOrSelf(collapse.getSrc().getType()));
    auto transposed = linalg::TransposeOp::create(
        rewriter, loc, collapse.getSrc(), empty, permutation);
    rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(
        op, op->getResult(0).getType(), transposed->getResult(0), newGroups);
    return success();
  }
};

/// A prepared contraction as the operation that says what it is. Constant
/// positions of an operand are unit dimensions: they go.
struct ToContract : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || !matchContraction(op))
      return failure();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    SmallVector<Value> inputs(op.getDpsInputs());
    for (unsigned index = 0; index < 2; ++index) {
      if (maps[index].isProjectedPermutation())
        continue;
      auto type = cast<RankedTensorType>(inputs[index].getType());
      SmallVector<AffineExpr> results;
      SmallVector<int64_t> kept;
      for (auto [position, expr] : llvm::enumerate(maps[index].getResults()))
        if (isa<AffineDimExpr>(expr)) {
          results.push_back(expr);
          kept.push_back(position);
        }
      SmallVector<OpFoldResult> sizes =
          tensor::getMixedSizes(rewriter, op.getLoc(), inputs[index]);
      SmallVector<int64_t> shape;
      for (int64_t position : kept)
        shape.push_back(type.getDimSize(position));
      // Index 0 is the only one that is read, whatever the extent.
      for (int64_t position = 0; position < type.getRank(); ++position)
        if (!llvm::is_contained(kept, position))
          sizes[position] = rewriter.getIndexAttr(1);
      SmallVector<OpFoldResult> offsets(type.getRank(),
                                        rewriter.getIndexAttr(0));
      SmallVector<OpFoldResult> strides(type.getRank(),
                                        rewriter.getIndexAttr(1));
      inputs[index] = tensor::ExtractSliceOp::create(
          rewriter, op.getLoc(),
          RankedTensorType::get(shape, type.getElementType()), inputs[index],
          offsets, sizes, strides);
      maps[index] = AffineMap::get(maps[index].getNumDims(), 0, results,
                                   rewriter.getContext());
    }
    rewriter.replaceOpWithNewOp<linalg::ContractOp>(
        op, op.getResultTypes(), inputs, op.getDpsInits(),
        rewriter.getAffineMapArrayAttr(maps));
    return success();
  }
};

struct PrepareContractionsPass
    : public mlir::rmsnorm::impl::RMSNormPrepareContractionsBase<
          PrepareContractionsPass> {
  void runOnOperation() override;
};
} // namespace

/// Whether splitting dimensions of a contraction, as `groups` of `shape`,
/// leaves the matrices whole: only batches may have more than one extent then.
static bool splitsBatchesOnly(const Contraction &contraction, AffineMap map,
                              ArrayRef<ReassociationIndices> groups,
                              ArrayRef<int64_t> shape) {
  for (auto [position, group] : llvm::enumerate(groups)) {
    int64_t extents =
        llvm::count_if(group, [&](int64_t dim) { return shape[dim] != 1; });
    auto loop = dyn_cast<AffineDimExpr>(map.getResult(position));
    if (extents > 1 &&
        !(loop && llvm::is_contained(contraction.batch, loop.getPosition())))
      return false;
  }
  return true;
}

/// Whether taking the reshape of `operand` into the contraction helps: behind
/// it is something that can be folded, and the matrices stay whole.
static bool isWorthExpanding(OpOperand *operand) {
  if (auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>()) {
    auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
    std::optional<Contraction> contraction =
        consumer ? matchContraction(consumer) : std::nullopt;
    if (!contraction ||
        !splitsBatchesOnly(*contraction,
                           consumer.getMatchingIndexingMap(operand),
                           collapse.getReassociationIndices(),
                           collapse.getSrcType().getShape()))
      return false;
    Value source = collapse.getSrc();
    while (Operation *producer = source.getDefiningOp()) {
      if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(producer))
        break;
      source = producer->getOperand(0);
    }
    return matchRearrangement(source).has_value();
  }
  auto expand = dyn_cast<tensor::ExpandShapeOp>(operand->getOwner());
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  if (!expand || !producer || !producer->hasOneUse())
    return false;
  std::optional<Contraction> contraction = matchContraction(producer);
  return contraction &&
         splitsBatchesOnly(*contraction, contraction->cMap,
                           expand.getReassociationIndices(),
                           expand.getResultType().getShape()) &&
         llvm::any_of(expand->getUsers(), [](Operation *user) {
           return isa<linalg::TransposeOp>(user);
         });
}

void PrepareContractionsPass::runOnOperation() {
  MLIRContext *context = &getContext();
  RewritePatternSet patterns(context);
  patterns.add<Generalize, FoldRearrangedInput, FoldTransposedResult,
               TransposeBeforeCollapse>(context);
  linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, isWorthExpanding);
  tensor::populateReassociativeReshapeFoldingPatterns(patterns);
  tensor::populateFoldTensorEmptyPatterns(patterns);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  linalg::FillOp::getCanonicalizationPatterns(patterns, context);
  tensor::DimOp::getCanonicalizationPatterns(patterns, context);
  if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
    return signalPassFailure();

  RewritePatternSet last(context);
  last.add<ToContract>(context);
  if (failed(applyPatternsGreedily(getOperation(), std::move(last))))
    return signalPassFailure();
}
