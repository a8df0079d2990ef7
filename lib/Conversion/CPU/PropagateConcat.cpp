//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "PropagateConcat.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Extents of the pieces along the concatenated dimension; empty when one is
/// unknown.
static SmallVector<int64_t> getPieces(tensor::ConcatOp concat) {
  SmallVector<int64_t> pieces;
  for (Value input : concat.getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.isDynamicDim(concat.getDim()))
      return {};
    pieces.push_back(type.getDimSize(concat.getDim()));
  }
  return pieces;
}

/// Elements [offset, offset + size) of `value` along `dim`.
static Value slice(RewriterBase &rewriter, Location loc, Value value,
                   int64_t dim, int64_t offset, int64_t size) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(rewriter, loc, value);
  SmallVector<OpFoldResult> offsets(sizes.size(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), rewriter.getIndexAttr(1));
  offsets[dim] = rewriter.getIndexAttr(offset);
  sizes[dim] = rewriter.getIndexAttr(size);
  return tensor::ExtractSliceOp::create(rewriter, loc, value, offsets, sizes,
                                        strides);
}

/// An elementwise generic whose result depends on its inputs alone, and which
/// computes: what only rearranges is better left to those that read it.
static bool isElementwise(linalg::GenericOp op) {
  return op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
         op.getNumParallelLoops() == op.getNumLoops() &&
         !op.hasIndexSemantics() && op.getRegionOutputArgs()[0].use_empty() &&
         op.getIndexingMapsArray().back().isPermutation() &&
         op.getBlock()->getOperations().size() > 1 &&
         llvm::all_of(op.getBlock()->without_terminator(),
                      [](Operation &body) { return isPure(&body); });
}

namespace {
struct ElementwiseOfConcat : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    // The concatenation that decides, and the loop along it.
    SmallVector<int64_t> pieces;
    unsigned loop = 0;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto concat = operand->get().getDefiningOp<tensor::ConcatOp>();
      if (!concat)
        continue;
      auto dim = dyn_cast<AffineDimExpr>(
          op.getMatchingIndexingMap(operand).getResult(concat.getDim()));
      if (!dim)
        continue;
      pieces = getPieces(concat);
      if (pieces.empty())
        continue;
      loop = dim.getPosition();
      break;
    }
    if (pieces.empty() ||
        !llvm::all_of(ArrayRef(maps).drop_back(), [](AffineMap map) {
          return map.isProjectedPermutation(/*allowZeroInResults=*/true);
        }))
      return failure();

    Location loc = op.getLoc();
    AffineExpr expr = rewriter.getAffineDimExpr(loop);
    int64_t resultDim = *maps.back().getResultPosition(expr);
    SmallVector<Value> results;
    SmallVector<SmallVector<Value>> known;
    int64_t offset = 0;
    for (auto [piece, size] : llvm::enumerate(pieces)) {
      SmallVector<Value> inputs;
      for (auto [index, input] : llvm::enumerate(op.getDpsInputs())) {
        std::optional<unsigned> position = maps[index].getResultPosition(expr);
        if (!position) {
          inputs.push_back(input);
          continue;
        }
        auto concat = input.getDefiningOp<tensor::ConcatOp>();
        if (concat && concat.getDim() == *position &&
            getPieces(concat) == pieces)
          inputs.push_back(concat.getInputs()[piece]);
        else
          inputs.push_back(
              slice(rewriter, loc, input, *position, offset, size));
      }
      offset += size;
      // The same of the same is computed once.
      size_t same = llvm::find(known, inputs) - known.begin();
      known.push_back(inputs);
      if (same < piece) {
        Value result = results[same];
        results.push_back(result);
        continue;
      }
      SmallVector<OpFoldResult> sizes =
          tensor::getMixedSizes(rewriter, loc, op.getDpsInits()[0]);
      sizes[resultDim] = rewriter.getIndexAttr(size);
      Value empty = tensor::EmptyOp::create(
          rewriter, loc, sizes, getElementTypeOrSelf(op.getResultTypes()[0]));
      auto part =
          linalg::GenericOp::create(rewriter, loc, empty.getType(), inputs,
                                    empty, maps, op.getIteratorTypesArray());
      IRMapping mapping;
      op.getRegion().cloneInto(&part.getRegion(), mapping);
      results.push_back(part.getResult(0));
    }
    rewriter.replaceOpWithNewOp<tensor::ConcatOp>(
        op, cast<RankedTensorType>(op.getResultTypes()[0]), resultDim, results);
    return success();
  }
};

/// A reshape that leaves the concatenated dimension alone.
struct ExpandOfConcat : OpRewritePattern<tensor::ExpandShapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getSrc().getDefiningOp<tensor::ConcatOp>();
    if (!concat)
      return failure();
    SmallVector<int64_t> pieces = getPieces(concat);
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    if (pieces.empty() || groups[concat.getDim()].size() != 1)
      return failure();
    int64_t dim = groups[concat.getDim()].front();
    SmallVector<Value> inputs;
    for (auto [input, size] : llvm::zip_equal(concat.getInputs(), pieces)) {
      SmallVector<OpFoldResult> shape = op.getMixedOutputShape();
      shape[dim] = rewriter.getIndexAttr(size);
      SmallVector<int64_t> staticShape(op.getResultType().getShape());
      staticShape[dim] = size;
      inputs.push_back(tensor::ExpandShapeOp::create(
          rewriter, op.getLoc(), op.getResultType().clone(staticShape), input,
          groups, shape));
    }
    rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getResultType(), dim,
                                                  inputs);
    return success();
  }
};

/// A slice of one piece.
struct SliceOfConcat : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getSource().getDefiningOp<tensor::ConcatOp>();
    if (!concat)
      return failure();
    int64_t dim = concat.getDim();
    int64_t offset = op.getStaticOffsets()[dim];
    int64_t size = op.getStaticSizes()[dim];
    if (ShapedType::isDynamic(offset) || ShapedType::isDynamic(size) ||
        op.getStaticStrides()[dim] != 1)
      return failure();
    int64_t begin = 0;
    for (auto [input, extent] :
         llvm::zip(concat.getInputs(), getPieces(concat))) {
      if (offset >= begin && offset + size <= begin + extent) {
        SmallVector<OpFoldResult> offsets = op.getMixedOffsets();
        offsets[dim] = rewriter.getIndexAttr(offset - begin);
        rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
            op, op.getType(), input, offsets, op.getMixedSizes(),
            op.getMixedStrides());
        return success();
      }
      begin += extent;
    }
    return failure();
  }
};

struct SliceOfTranspose : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getSource().getDefiningOp<linalg::TransposeOp>();
    if (!transpose || !transpose.hasPureTensorSemantics() ||
        op.getType().getRank() != op.getSourceType().getRank() ||
        !llvm::all_of(transpose->getUsers(),
                      llvm::IsaPred<tensor::ExtractSliceOp>))
      return failure();
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    SmallVector<int64_t> inverse = invertPermutationVector(permutation);
    Value source = tensor::ExtractSliceOp::create(
        rewriter, op.getLoc(), transpose.getInput(),
        applyPermutation(op.getMixedOffsets(), inverse),
        applyPermutation(op.getMixedSizes(), inverse),
        applyPermutation(op.getMixedStrides(), inverse));
    Value empty =
        tensor::EmptyOp::create(rewriter, op.getLoc(), op.getMixedSizes(),
                                op.getType().getElementType());
    Value result = linalg::TransposeOp::create(rewriter, op.getLoc(), source,
                                               empty, permutation)
                       ->getResult(0);
    if (result.getType() != op.getType())
      result =
          tensor::CastOp::create(rewriter, op.getLoc(), op.getType(), result);
    rewriter.replaceOp(op, result);
    return success();
  }
};
} // namespace

void rmsnorm::populatePropagateConcatPatterns(RewritePatternSet &patterns) {
  patterns.add<ElementwiseOfConcat, ExpandOfConcat, SliceOfConcat>(
      patterns.getContext());
}

void rmsnorm::populateSliceBeforeTransposePatterns(
    RewritePatternSet &patterns) {
  patterns.add<SliceOfTranspose>(patterns.getContext());
}
