//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-crop-before-pad: negative paddings as slices.

#include "CropBeforePad.h"

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMCROPBEFOREPAD
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

static void cropBeforePad(tensor::PadOp op, RewriterBase &rewriter) {
  SmallVector<int64_t> low(op.getStaticLow()), high(op.getStaticHigh());
  auto isNegative = [](int64_t amount) {
    return amount < 0 && !ShapedType::isDynamic(amount);
  };
  if (llvm::none_of(low, isNegative) && llvm::none_of(high, isNegative))
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(rewriter, loc, op.getSource());
  SmallVector<OpFoldResult> offsets(sizes.size(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), rewriter.getIndexAttr(1));
  for (size_t dim = 0; dim < sizes.size(); ++dim) {
    int64_t cut = 0;
    for (int64_t *amount : {&low[dim], &high[dim]}) {
      if (!isNegative(*amount))
        continue;
      cut -= *amount;
      if (amount == &low[dim])
        offsets[dim] = rewriter.getIndexAttr(-*amount);
      *amount = 0;
    }
    if (cut != 0)
      sizes[dim] = affine::makeComposedFoldedAffineApply(
          rewriter, loc, rewriter.getAffineDimExpr(0) - cut, {sizes[dim]});
  }
  Value crop = tensor::ExtractSliceOp::create(rewriter, loc, op.getSource(),
                                              offsets, sizes, strides);
  rewriter.modifyOpInPlace(op, [&] {
    op.getSourceMutable().assign(crop);
    op.setStaticLow(low);
    op.setStaticHigh(high);
  });
}

void mlir::rmsnorm::cropBeforePads(Operation *root) {
  // Not by the greedy driver: that folds the operations it looks at.
  IRRewriter rewriter(root->getContext());
  root->walk([&](tensor::PadOp op) { cropBeforePad(op, rewriter); });
}

namespace {
struct CropBeforePadPass
    : public mlir::rmsnorm::impl::RMSNormCropBeforePadBase<CropBeforePadPass> {
  void runOnOperation() override { cropBeforePads(getOperation()); }
};
} // namespace
