//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Rows that are taken apart, computed with, and put together again, as rotary
/// embeddings do, said as equal pieces: even and odd elements, or parts that
/// are not rotated.

#include "PropagateConcat.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

#include <numeric>

using namespace mlir;
using namespace mlir::rmsnorm;

/// As many as the fusion computes side by side.
static constexpr int64_t kMaxPieces = 8;

/// Whether `operand` of an elementwise operation is a row that was made of
/// alternating elements: collapse_shape of a concatenation of single elements.
static bool isInterleaved(OpOperand *operand) {
  auto generic = dyn_cast<linalg::GenericOp>(operand->getOwner());
  auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
  auto concat = collapse ? collapse.getSrc().getDefiningOp<tensor::ConcatOp>()
                         : tensor::ConcatOp();
  if (!generic || !concat ||
      generic.getNumParallelLoops() != generic.getNumLoops() ||
      generic.getBlock()->getOperations().size() < 2)
    return false;
  int64_t dim = concat.getDim();
  return concat.getInputs().size() <= kMaxPieces &&
         dim + 1 == concat.getResultType().getRank() &&
         collapse.getReassociationIndices().back().size() == 2 &&
         llvm::all_of(concat.getInputs(), [&](Value input) {
           return cast<RankedTensorType>(input.getType()).getDimSize(dim) == 1;
         });
}

/// Whether a slice takes all of dimension `dim` of what it is taken of.
static bool takesAll(tensor::ExtractSliceOp op, tensor::ExpandShapeOp source,
                     int64_t dim) {
  if (op.getStaticOffsets()[dim] != 0 || op.getStaticStrides()[dim] != 1)
    return false;
  OpFoldResult size = op.getMixedSizes()[dim];
  if (isEqualConstantIntOrValue(size, source.getMixedOutputShape()[dim]))
    return true;
  auto value = dyn_cast<Value>(size);
  auto asked = value ? value.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
  return asked && asked.getConstantIndex() == dim &&
         (asked.getSource() == op.getSource() ||
          asked.getSource() == source.getSrc());
}

/// `value` without the dimensions of extent 1 that `map` reads at 0.
static Value dropZeroResults(RewriterBase &rewriter, Location loc, Value value,
                             AffineMap &map) {
  SmallVector<ReassociationIndices> groups;
  SmallVector<AffineExpr> exprs;
  ReassociationIndices leading;
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    if (isa<AffineDimExpr>(expr)) {
      exprs.push_back(expr);
      groups.push_back(leading);
      leading.clear();
      groups.back().push_back(position);
    } else if (groups.empty()) {
      leading.push_back(position);
    } else {
      groups.back().push_back(position);
    }
  }
  map = AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
  return tensor::CollapseShapeOp::create(rewriter, loc, value, groups);
}

namespace {
/// The maps of what reads alternating elements have dimensions only, as
/// expansion needs them.
struct ZerosBesideInterleaved : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (llvm::none_of(op.getDpsInputOperands(), isInterleaved))
      return failure();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    SmallVector<Value> inputs(op.getDpsInputs());
    bool changed = false;
    for (auto [index, input] : llvm::enumerate(inputs)) {
      AffineMap &map = maps[index];
      auto type = dyn_cast<RankedTensorType>(input.getType());
      if (!type || map.isProjectedPermutation() || map.getNumInputs() == 0 ||
          llvm::none_of(map.getResults(), llvm::IsaPred<AffineDimExpr>))
        continue;
      for (auto [position, expr] : llvm::enumerate(map.getResults()))
        if (!isa<AffineDimExpr>(expr) && type.getDimSize(position) != 1)
          return failure();
      input = dropZeroResults(rewriter, op.getLoc(), input, map);
      changed = true;
    }
    if (!changed)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputsMutable().assign(inputs);
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

/// A piece of what is computed of a piece of a row: computed of the piece's
/// piece, so that every slice is one of the row itself.
struct SliceOfElementwise : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    auto generic = op.getSource().getDefiningOp<linalg::GenericOp>();
    auto isSlice = llvm::IsaPred<tensor::ExtractSliceOp>;
    if (!generic || !generic.hasPureTensorSemantics() ||
        generic->getNumResults() != 1 || generic.hasIndexSemantics() ||
        generic.getNumParallelLoops() != generic.getNumLoops() ||
        !generic.getRegionOutputArgs()[0].use_empty() ||
        !generic.getIndexingMapsArray().back().isIdentity() ||
        op.getType().getRank() != op.getSourceType().getRank() ||
        !llvm::all_of(generic->getUsers(), isSlice) ||
        llvm::none_of(generic.getDpsInputs(), [&](Value input) {
          return input.getDefiningOp<tensor::ExtractSliceOp>() != nullptr;
        }))
      return failure();
    SmallVector<Value> inputs;
    Location loc = generic.getLoc();
    for (OpOperand *operand : generic.getDpsInputOperands()) {
      Value input = operand->get();
      AffineMap map = generic.getMatchingIndexingMap(operand);
      if (!isa<RankedTensorType>(input.getType())) {
        inputs.push_back(input);
        continue;
      }
      SmallVector<OpFoldResult> offsets, sizes, strides;
      for (AffineExpr expr : map.getResults()) {
        auto dim = dyn_cast<AffineDimExpr>(expr);
        if (!dim && !isa<AffineConstantExpr>(expr))
          return failure();
        unsigned loop = dim ? dim.getPosition() : 0;
        offsets.push_back(dim ? op.getMixedOffsets()[loop]
                              : rewriter.getIndexAttr(0));
        sizes.push_back(dim ? op.getMixedSizes()[loop]
                            : rewriter.getIndexAttr(1));
        strides.push_back(dim ? op.getMixedStrides()[loop]
                              : rewriter.getIndexAttr(1));
      }
      inputs.push_back(tensor::ExtractSliceOp::create(rewriter, loc, input,
                                                      offsets, sizes, strides));
    }
    Value empty = tensor::EmptyOp::create(rewriter, loc, op.getMixedSizes(),
                                          op.getType().getElementType());
    auto part = linalg::GenericOp::create(
        rewriter, loc, empty.getType(), inputs, empty,
        generic.getIndexingMapsArray(), generic.getIteratorTypesArray());
    IRMapping mapping;
    generic.getRegion().cloneInto(&part.getRegion(), mapping);
    Value result = part.getResult(0);
    if (result.getType() != op.getType())
      result = tensor::CastOp::create(rewriter, loc, op.getType(), result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Pieces of a piece.
struct ConcatOfConcat : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<tensor::ConcatOp>();
      if (inner && inner.getDim() == op.getDim())
        llvm::append_range(inputs, inner.getInputs());
      else
        inputs.push_back(input);
    }
    if (inputs.size() == op.getInputs().size())
      return failure();
    rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getResultType(),
                                                  op.getDim(), inputs);
    return success();
  }
};

/// Element p of each group of k neighbours is every k-th element from p on.
struct ElementOfGroups : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    auto expand = op.getSource().getDefiningOp<tensor::ExpandShapeOp>();
    int64_t rank = op.getSourceType().getRank();
    if (!expand || op.getType().getRank() != rank || !op.hasUnitStride() ||
        rank < 2)
      return failure();
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    int64_t count = op.getSourceType().getDimSize(rank - 1);
    if (groups.back().size() != 2 || ShapedType::isDynamic(count) ||
        count < 2 || op.getStaticSizes().back() != 1 ||
        ShapedType::isDynamic(op.getStaticOffsets().back()) ||
        !llvm::all_of(
            ArrayRef(groups).drop_back(),
            [](const ReassociationIndices &group) {
              return group.size() == 1;
            }))
      return failure();
    // All of the other dimensions: those of the source itself, too.
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, op.getLoc(), expand.getSrc());
    int64_t flat = rank - 2;
    for (int64_t dim = 0; dim < rank - 1; ++dim)
      if (!takesAll(op, expand, dim))
        return failure();
    int64_t extent = op.getSourceType().getDimSize(flat);
    if (ShapedType::isDynamic(extent))
      return failure();
    SmallVector<OpFoldResult> offsets(rank - 1, rewriter.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(rank - 1, rewriter.getIndexAttr(1));
    offsets[flat] = rewriter.getIndexAttr(op.getStaticOffsets().back());
    sizes[flat] = rewriter.getIndexAttr(extent);
    strides[flat] = rewriter.getIndexAttr(count);
    Value slice = tensor::ExtractSliceOp::create(
        rewriter, op.getLoc(), expand.getSrc(), offsets, sizes, strides);
    SmallVector<OpFoldResult> shape(sizes);
    shape.push_back(rewriter.getIndexAttr(1));
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(op, op.getType(), slice,
                                                       groups, shape);
    return success();
  }
};

/// Where a computed row is taken apart in unequal pieces, those that are put
/// together again as they are become several that are as short as the others.
struct ShortPiecesOfConcat : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    int64_t dim = op.getDim();
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto slice = input.getDefiningOp<tensor::ExtractSliceOp>();
      int64_t size = slice ? getShortest(slice, dim) : 0;
      int64_t own = slice ? slice.getStaticSizes()[dim] : 0;
      if (size == 0 || size == own) {
        inputs.push_back(input);
        continue;
      }
      for (int64_t begin = 0; begin < own; begin += size) {
        SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
        SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
        offsets[dim] =
            rewriter.getIndexAttr(slice.getStaticOffsets()[dim] + begin);
        sizes[dim] = rewriter.getIndexAttr(size);
        inputs.push_back(tensor::ExtractSliceOp::create(
            rewriter, slice.getLoc(), slice.getSource(), offsets, sizes,
            slice.getMixedStrides()));
      }
    }
    if (inputs.size() == op.getInputs().size())
      return failure();
    rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getResultType(), dim,
                                                  inputs);
    return success();
  }

private:
  /// The length of which all pieces of the row are multiples; 0 if it is not
  /// taken apart in a few pieces along `dim` alone.
  static int64_t getShortest(tensor::ExtractSliceOp op, int64_t dim) {
    Value source = op.getSource();
    auto type = cast<RankedTensorType>(source.getType());
    if (type.isDynamicDim(dim) ||
        !isa_and_present<linalg::LinalgOp, RMSNormOp>(source.getDefiningOp()))
      return 0;
    int64_t shortest = type.getDimSize(dim);
    for (Operation *user : source.getUsers()) {
      auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
      if (!slice || slice.getType().getRank() != type.getRank() ||
          !slice.hasUnitStride())
        return 0;
      for (int64_t other = 0; other < type.getRank(); ++other)
        if (other != dim && slice.getStaticOffsets()[other] != 0)
          return 0;
      int64_t offset = slice.getStaticOffsets()[dim];
      int64_t size = slice.getStaticSizes()[dim];
      if (ShapedType::isDynamic(offset) || ShapedType::isDynamic(size))
        return 0;
      shortest = std::gcd(shortest, std::gcd(offset, size));
    }
    return type.getDimSize(dim) / shortest <= kMaxPieces ? shortest : 0;
  }
};
} // namespace

void rmsnorm::populatePiecesOfRowsPatterns(RewritePatternSet &patterns) {
  linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, isInterleaved);
  tensor::populateMergeConsecutiveInsertExtractSlicePatterns(patterns);
  patterns.add<ElementOfGroups, ShortPiecesOfConcat, ZerosBesideInterleaved,
               SliceOfElementwise, ConcatOfConcat>(patterns.getContext());
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                       patterns.getContext());
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns,
                                                     patterns.getContext());
}
