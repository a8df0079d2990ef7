//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-decompose-tensor-ops: what no later step knows into what they do.

#include "Convolution.h"
#include "PropagateConcat.h"

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
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
    FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
    if (failed(results))
      return failure();
    rewriter.replaceOp(op, *results);
    return success();
  }
};

struct DecomposeTensorOpsPass
    : public mlir::rmsnorm::impl::RMSNormDecomposeTensorOpsBase<
          DecomposeTensorOpsPass> {
  void runOnOperation() override {
    RewritePatternSet split(&getContext());
    populatePropagateConcatPatterns(split);
    tensor::ExtractSliceOp::getCanonicalizationPatterns(split, &getContext());
    tensor::DimOp::getCanonicalizationPatterns(split, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(split))))
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    populateSliceBeforeTransposePatterns(patterns);
    populateConvolutionPatterns(patterns);
    patterns.add<DecomposeSoftmax>(&getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    linalg::populateDecomposePadPatterns(patterns);
    // A maximum's position that nobody wants (torch-mlir's softmax) would
    // keep a row from being reduced by vectors.
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
