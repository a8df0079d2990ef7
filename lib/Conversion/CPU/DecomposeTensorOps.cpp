//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-decompose-tensor-ops: what no later step knows into what they do.

#include "Convolution.h"
#include "CropBeforePad.h"
#include "PropagateConcat.h"

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMDECOMPOSETENSOROPS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// softmax as its maximum, exponentials, sum and quotient.
struct DecomposeSoftmax : OpRewritePattern<linalg::SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return failure();
    Operation *before = op->getPrevNode();
    FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
    if (failed(results))
      return failure();
    // With a NaN in the row the sum is NaN, whichever maximum is taken; a row
    // kernel reduces by the one that propagates it, which starts at -infinity
    // and not, as the other, at NaN.
    Block::iterator begin =
        before ? std::next(before->getIterator()) : op->getBlock()->begin();
    SmallVector<arith::MaxNumFOp> maxima;
    SmallVector<linalg::FillOp> starts;
    for (Operation &made : llvm::make_range(begin, op->getIterator())) {
      made.walk([&](arith::MaxNumFOp maximum) { maxima.push_back(maximum); });
      if (auto fill = dyn_cast<linalg::FillOp>(made);
          fill && matchPattern(fill.getInputs()[0], m_NaNFloat()))
        starts.push_back(fill);
    }
    for (arith::MaxNumFOp maximum : maxima) {
      rewriter.setInsertionPoint(maximum);
      rewriter.replaceOpWithNewOp<arith::MaximumFOp>(maximum, maximum.getLhs(),
                                                     maximum.getRhs());
    }
    for (linalg::FillOp fill : starts) {
      rewriter.setInsertionPoint(fill);
      auto type = cast<FloatType>(fill.getInputs()[0].getType());
      Value start = arith::ConstantOp::create(
          rewriter, fill.getLoc(),
          FloatAttr::get(type, APFloat::getInf(type.getFloatSemantics(),
                                               /*Negative=*/true)));
      rewriter.modifyOpInPlace(fill,
                               [&] { fill.getInputsMutable().assign(start); });
    }
    rewriter.replaceOp(op, *results);
    return success();
  }
};

/// A slice of one element has no stride: 1 says the same. With another, what
/// bufferization makes of a slice that drops unit dimensions is taken for
/// malformed by LLVM 22, which then crashes (SubViewOp::getDroppedDims).
template <typename SliceOp>
struct UnitStrideOfOneElement : OpRewritePattern<SliceOp> {
  using OpRewritePattern<SliceOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> strides(op.getStaticStrides());
    bool changed = false;
    for (auto [size, stride] : llvm::zip_equal(op.getStaticSizes(), strides))
      if (size == 1 && stride != 1 && !ShapedType::isDynamic(stride)) {
        stride = 1;
        changed = true;
      }
    if (!changed)
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.setStaticStrides(strides); });
    return success();
  }
};

/// Pieces written into slices of one tensor, by those who compute them. The
/// bufferization asks of every pair of slices whether one may overwrite the
/// other, and for each pair looks along the chain of them: 128 pieces take a
/// minute. So many are copied, one after the other.
struct DecomposeConcat : OpRewritePattern<tensor::ConcatOp> {
  static constexpr size_t kMostSlices = 32;
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInputs().size() > kMostSlices)
      return failure();
    FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
    if (failed(results))
      return failure();
    rewriter.replaceOp(op, *results);
    return success();
  }
};

/// A bound that no model reaches; only rules that undo each other do.
constexpr int64_t kMaxSteps = 256;

struct DecomposeTensorOpsPass
    : public mlir::rmsnorm::impl::RMSNormDecomposeTensorOpsBase<
          DecomposeTensorOpsPass> {
  void runOnOperation() override {
    // The lowering of tensor.pad would write all of the source into the
    // smaller result.
    cropBeforePads(getOperation());
    RewritePatternSet split(&getContext());
    populatePropagateConcatPatterns(split);
    populatePiecesOfRowsPatterns(split);
    tensor::ExtractSliceOp::getCanonicalizationPatterns(split, &getContext());
    tensor::DimOp::getCanonicalizationPatterns(split, &getContext());
    // What moves behind a long chain of operations takes a step for each.
    auto config = GreedyRewriteConfig().setMaxIterations(kMaxSteps);
    if (failed(applyPatternsGreedily(getOperation(), std::move(split), config)))
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    populateSliceBeforeTransposePatterns(patterns);
    populateConvolutionToContractionPatterns(patterns);
    populateDepthwiseConvolutionPatterns(patterns);
    patterns.add<DecomposeConcat, DecomposeSoftmax,
                 UnitStrideOfOneElement<tensor::ExtractSliceOp>,
                 UnitStrideOfOneElement<tensor::InsertSliceOp>>(&getContext());
    linalg::populateDecomposePadPatterns(patterns);
    // A maximum's position that nobody wants (torch-mlir's softmax) would
    // keep a row from being reduced by vectors.
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
