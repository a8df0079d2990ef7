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

/// Taps of a depthwise filter that are written out at most.
static constexpr int64_t kMostTaps = 128;
/// Taps of one elementwise operation: each has two operands.
static constexpr int64_t kTapsPerStep = 8;

namespace {
/// A convolution in which no channels are summed: a few products of whole
/// shifted images, which row kernels do at the speed of memory.
struct DepthwiseToElementwise : OpInterfaceRewritePattern<linalg::LinalgOp> {
  DepthwiseToElementwise(MLIRContext *context)
      : OpInterfaceRewritePattern(context, /*benefit=*/2) {}
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override;
};
} // namespace

/// The part of an operand that one tap reads, and its map over the loops of
/// the result.
static std::pair<Value, AffineMap>
sliceTap(OpBuilder &b, const Convolution &conv, unsigned operand,
         ArrayRef<OpFoldResult> extents, ArrayRef<int64_t> tap,
         ArrayRef<AffineExpr> resultLoops, unsigned numResultLoops) {
  Location loc = conv.op->getLoc();
  Value value = conv.op->getOperand(operand);
  auto type = cast<RankedTensorType>(value.getType());
  int64_t rank = type.getRank();
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
  SmallVector<OpFoldResult> sizes(rank, b.getIndexAttr(1));
  SmallVector<OpFoldResult> strides(rank, b.getIndexAttr(1));
  SmallVector<AffineExpr> exprs(rank, b.getAffineConstantExpr(0));
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (operand == 0 && conv.windows[dim]) {
      const Window &window = *conv.windows[dim];
      offsets[dim] = b.getIndexAttr(tap[window.filter] * window.dilation);
      sizes[dim] = extents[window.image];
      strides[dim] = b.getIndexAttr(window.stride);
      exprs[dim] = resultLoops[window.image];
      continue;
    }
    unsigned loop =
        cast<AffineDimExpr>(conv.maps[operand].getResult(dim)).getPosition();
    if (conv.inResult(loop)) {
      sizes[dim] = extents[loop];
      exprs[dim] = resultLoops[loop];
    } else {
      offsets[dim] = b.getIndexAttr(tap[loop]);
    }
  }
  Value slice =
      tensor::ExtractSliceOp::create(b, loc, value, offsets, sizes, strides);
  return {slice, AffineMap::get(numResultLoops, 0, exprs, b.getContext())};
}

LogicalResult
DepthwiseToElementwise::matchAndRewrite(linalg::LinalgOp op,
                                        PatternRewriter &rewriter) const {
  std::optional<Convolution> conv = matchConvolution(op);
  if (!conv)
    return failure();
  // All that is summed are the taps, few and known, and each channel has its
  // own filter.
  SmallVector<unsigned> reductions;
  int64_t numTaps = 1;
  bool hasDepth = false;
  for (unsigned loop = 0; loop < conv->getNumLoops(); ++loop) {
    if (!conv->inResult(loop)) {
      bool inWindow =
          llvm::any_of(conv->windows, [&](const std::optional<Window> &window) {
            return window && window->filter == loop;
          });
      if (ShapedType::isDynamic(conv->extents[loop]) ||
          (!inWindow && conv->extents[loop] != 1))
        return failure();
      numTaps *= conv->extents[loop];
      if (numTaps == 0 || numTaps > kMostTaps)
        return failure();
      reductions.push_back(loop);
    } else if (conv->inFilter(loop)) {
      if (conv->inInput(loop))
        hasDepth = true;
      else if (conv->extents[loop] != 1)
        return failure();
    }
  }
  if (!hasDepth)
    return failure();

  Location loc = op.getLoc();
  SmallVector<OpFoldResult> extents = getLoopExtents(rewriter, *conv);
  Value init = op.getDpsInits()[0];
  auto type = cast<RankedTensorType>(init.getType());
  unsigned rank = type.getRank();
  SmallVector<AffineExpr> resultLoops(conv->getNumLoops(),
                                      rewriter.getAffineConstantExpr(0));
  for (auto [position, expr] : llvm::enumerate(conv->maps[2].getResults()))
    resultLoops[cast<AffineDimExpr>(expr).getPosition()] =
        rewriter.getAffineDimExpr(position);

  // Half types are summed in f32 and rounded once, as matrix products are.
  auto elementType = cast<FloatType>(type.getElementType());
  FloatType sumType = elementType.isF64() ? elementType : rewriter.getF32Type();
  AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> parallel(rank,
                                            utils::IteratorType::parallel);
  Value sum = init;
  for (int64_t begin = 0; begin < numTaps; begin += kTapsPerStep) {
    int64_t end = std::min(begin + kTapsPerStep, numTaps);
    FloatType resultType = end == numTaps ? elementType : sumType;
    SmallVector<Value> inputs{sum};
    SmallVector<AffineMap> maps{identity};
    for (int64_t number = begin; number < end; ++number) {
      SmallVector<int64_t> tap(conv->getNumLoops(), 0);
      int64_t rest = number;
      for (unsigned loop : llvm::reverse(reductions)) {
        tap[loop] = rest % conv->extents[loop];
        rest /= conv->extents[loop];
      }
      for (unsigned operand : {0, 1}) {
        auto [slice, map] =
            sliceTap(rewriter, *conv, operand, extents, tap, resultLoops, rank);
        inputs.push_back(slice);
        maps.push_back(map);
      }
    }
    maps.push_back(identity);
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(rewriter, loc, sum);
    Value empty = tensor::EmptyOp::create(rewriter, loc, sizes, resultType);
    sum = linalg::GenericOp::create(
              rewriter, loc, empty.getType(), inputs, empty, maps, parallel,
              [&](OpBuilder &b, Location loc, ValueRange arguments) {
                Value total = widenTo(b, loc, arguments[0], sumType);
                for (int64_t tap = 0; tap < end - begin; ++tap) {
                  Value product = arith::MulFOp::create(
                      b, loc, widenTo(b, loc, arguments[1 + 2 * tap], sumType),
                      widenTo(b, loc, arguments[2 + 2 * tap], sumType));
                  total = arith::AddFOp::create(b, loc, total, product);
                }
                if (resultType != sumType)
                  total = arith::TruncFOp::create(b, loc, resultType, total);
                linalg::YieldOp::create(b, loc, total);
              })
              .getResult(0);
  }
  rewriter.replaceOp(op, sum);
  return success();
}

void rmsnorm::populateDepthwiseConvolutionPatterns(
    RewritePatternSet &patterns) {
  patterns.add<DepthwiseToElementwise>(patterns.getContext());
}
