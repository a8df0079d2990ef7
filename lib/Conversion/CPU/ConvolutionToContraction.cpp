//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Convolution.h"

#include "ConvolutionMatch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// A convolution as a gather of the windows and a matrix multiplication. The
/// gather's innermost dimension is that of the input, so that it copies whole
/// runs; it is left out where the windows are single points side by side.
struct ConvolutionToContraction : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override;
};
} // namespace

/// The order of the gathered dimensions.
static SmallVector<unsigned> orderGathered(const Convolution &conv) {
  SmallVector<unsigned> batches, channels, images, filters;
  for (auto [expr, window] :
       llvm::zip_equal(conv.maps[0].getResults(), conv.windows)) {
    if (window) {
      images.push_back(window->image);
      if (conv.extents[window->filter] != 1)
        filters.push_back(window->filter);
      continue;
    }
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    (conv.inResult(loop) ? batches : channels).push_back(loop);
  }
  SmallVector<unsigned> order(batches);
  if (conv.windows.back()) {
    llvm::append_range(order, channels);
    llvm::append_range(order, filters);
    llvm::append_range(order, images);
  } else {
    llvm::append_range(order, images);
    llvm::append_range(order, filters);
    llvm::append_range(order, channels);
  }
  return order;
}

LogicalResult
ConvolutionToContraction::matchAndRewrite(linalg::LinalgOp op,
                                          PatternRewriter &rewriter) const {
  std::optional<Convolution> conv = matchConvolution(op);
  if (!conv)
    return failure();
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  SmallVector<OpFoldResult> extents = getLoopExtents(rewriter, *conv);

  // Loops over a filter of one point go.
  SmallVector<AffineExpr> renumbered(conv->getNumLoops());
  SmallVector<utils::IteratorType> iterators;
  unsigned numLoops = 0;
  llvm::SmallBitVector single(conv->getNumLoops());
  for (const std::optional<Window> &window : conv->windows)
    if (window && conv->extents[window->filter] == 1)
      single.set(window->filter);
  for (unsigned loop = 0; loop < conv->getNumLoops(); ++loop) {
    renumbered[loop] = single.test(loop)
                           ? getAffineConstantExpr(0, context)
                           : getAffineDimExpr(numLoops++, context);
    if (!single.test(loop))
      iterators.push_back(op.getIteratorTypesArray()[loop]);
  }
  auto renumber = [&](AffineMap map) {
    return simplifyAffineMap(
        map.replaceDimsAndSymbols(renumbered, {}, numLoops, 0));
  };

  Value input = op->getOperand(0);
  AffineMap inputMap = renumber(conv->maps[0]);
  if (!inputMap.isProjectedPermutation(/*allowZeroInResults=*/true)) {
    SmallVector<unsigned> order = orderGathered(*conv);
    SmallVector<OpFoldResult> sizes;
    SmallVector<AffineExpr> gathered;
    SmallVector<AffineExpr> positions(conv->getNumLoops(),
                                      getAffineConstantExpr(0, context));
    for (auto [position, loop] : llvm::enumerate(order)) {
      sizes.push_back(extents[loop]);
      gathered.push_back(renumbered[loop]);
      positions[loop] = getAffineDimExpr(position, context);
    }
    Type element = getElementTypeOrSelf(input.getType());
    Value empty = tensor::EmptyOp::create(rewriter, loc, sizes, element);
    AffineMap maps[] = {
        simplifyAffineMap(conv->maps[0].replaceDimsAndSymbols(positions, {},
                                                              order.size(), 0)),
        AffineMap::getMultiDimIdentityMap(order.size(), context)};
    SmallVector<utils::IteratorType> parallel(order.size(),
                                              utils::IteratorType::parallel);
    input = linalg::GenericOp::create(
                rewriter, loc, empty.getType(), input, empty, maps, parallel,
                [](OpBuilder &b, Location loc, ValueRange arguments) {
                  linalg::YieldOp::create(b, loc, arguments[0]);
                })
                .getResult(0);
    inputMap = AffineMap::get(numLoops, 0, gathered, context);
  }
  AffineMap maps[] = {inputMap, renumber(conv->maps[1]),
                      renumber(conv->maps[2])};
  Value init = op.getDpsInits()[0];
  rewriter.replaceOpWithNewOp<linalg::GenericOp>(
      op, init.getType(), ValueRange{input, op->getOperand(1)}, init, maps,
      iterators, [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value product = arith::MulFOp::create(
            b, loc, widenTo(b, loc, arguments[0], conv->computeType),
            widenTo(b, loc, arguments[1], conv->computeType));
        linalg::YieldOp::create(
            b, loc,
            arith::AddFOp::create(b, loc, arguments[2], product).getResult());
      });
  return success();
}

void rmsnorm::populateConvolutionToContractionPatterns(
    RewritePatternSet &patterns) {
  patterns.add<ConvolutionToContraction>(patterns.getContext());
}
