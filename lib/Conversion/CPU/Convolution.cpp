//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Convolution.h"

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Taps of a depthwise filter that are written out at most.
static constexpr int64_t kMostTaps = 128;
/// Taps of one elementwise operation: each has two operands.
static constexpr int64_t kTapsPerStep = 8;

namespace {
/// Where a window lies along one dimension of the input:
/// `image * stride + filter * dilation`.
struct Window {
  unsigned image, filter;
  int64_t stride, dilation;
};

/// A sum of products whose first operand is read through windows.
struct Convolution {
  linalg::LinalgOp op;
  SmallVector<AffineMap> maps;
  SmallVector<int64_t> extents;
  /// By dimension of the input; empty where it is read by one loop.
  SmallVector<std::optional<Window>> windows;
  FloatType computeType;

  unsigned getNumLoops() const { return extents.size(); }
  bool inFilter(unsigned loop) const { return maps[1].isFunctionOfDim(loop); }
  bool inResult(unsigned loop) const { return maps[2].isFunctionOfDim(loop); }
  bool inInput(unsigned loop) const { return maps[0].isFunctionOfDim(loop); }
};
} // namespace

/// A loop with its factor.
static std::optional<std::pair<unsigned, int64_t>> matchTerm(AffineExpr expr) {
  int64_t factor = 1;
  if (auto product = dyn_cast<AffineBinaryOpExpr>(expr);
      product && product.getKind() == AffineExprKind::Mul) {
    auto constant = dyn_cast<AffineConstantExpr>(product.getRHS());
    if (!constant || constant.getValue() <= 0)
      return std::nullopt;
    factor = constant.getValue();
    expr = product.getLHS();
  }
  auto dim = dyn_cast<AffineDimExpr>(expr);
  if (!dim)
    return std::nullopt;
  return std::make_pair(dim.getPosition(), factor);
}

static std::optional<Convolution> matchConvolution(linalg::LinalgOp op) {
  std::optional<FloatType> computeType = matchSumOfProducts(op);
  if (!computeType || !op.hasPureTensorSemantics())
    return std::nullopt;
  Convolution result{op,
                     op.getIndexingMapsArray(),
                     op.getStaticLoopRanges(),
                     {},
                     *computeType};
  if (!result.maps[1].isProjectedPermutation() ||
      !result.maps[2].isProjectedPermutation())
    return std::nullopt;
  llvm::SmallBitVector seen(result.getNumLoops());
  bool anyWindow = false;
  for (AffineExpr expr : result.maps[0].getResults()) {
    result.windows.emplace_back();
    SmallVector<AffineExpr> terms{expr};
    auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
    if (sum && sum.getKind() == AffineExprKind::Add)
      terms = {sum.getLHS(), sum.getRHS()};
    SmallVector<std::pair<unsigned, int64_t>> loops;
    for (AffineExpr term : terms) {
      auto loop = matchTerm(term);
      if (!loop || seen.test(loop->first))
        return std::nullopt;
      seen.set(loop->first);
      loops.push_back(*loop);
    }
    if (loops.size() == 1) {
      if (loops[0].second != 1)
        return std::nullopt;
      continue;
    }
    if (!result.inResult(loops[0].first))
      std::swap(loops[0], loops[1]);
    // The image is not the filter's, nor the filter the image's.
    if (!result.inResult(loops[0].first) || result.inFilter(loops[0].first) ||
        result.inResult(loops[1].first) || !result.inFilter(loops[1].first))
      return std::nullopt;
    result.windows.back() = Window{loops[0].first, loops[1].first,
                                   loops[0].second, loops[1].second};
    anyWindow = true;
  }
  if (!anyWindow)
    return std::nullopt;
  // Every other reduction must be over products.
  for (unsigned loop = 0; loop < result.getNumLoops(); ++loop)
    if (!result.inResult(loop) &&
        !(result.inInput(loop) && result.inFilter(loop)))
      return std::nullopt;
  return result;
}

/// The extents of all loops, as the operands tell them.
static SmallVector<OpFoldResult> getLoopExtents(OpBuilder &b,
                                                const Convolution &conv) {
  SmallVector<OpFoldResult> extents(conv.getNumLoops());
  for (unsigned operand = 0; operand < 3; ++operand) {
    Value value = conv.op->getOperand(operand);
    for (auto [position, expr] :
         llvm::enumerate(conv.maps[operand].getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim)
        continue;
      OpFoldResult &known = extents[dim.getPosition()];
      if (!known || !isa<Attribute>(known))
        known = tensor::getMixedSize(b, conv.op->getLoc(), value, position);
    }
  }
  return extents;
}

static Value widen(OpBuilder &b, Location loc, Value value, FloatType type) {
  return value.getType() == type
             ? value
             : arith::ExtFOp::create(b, loc, type, value).getResult();
}

//===----------------------------------------------------------------------===//
// Through a matrix multiplication
//===----------------------------------------------------------------------===//

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
            b, loc, widen(b, loc, arguments[0], conv->computeType),
            widen(b, loc, arguments[1], conv->computeType));
        linalg::YieldOp::create(
            b, loc,
            arith::AddFOp::create(b, loc, arguments[2], product).getResult());
      });
  return success();
}

//===----------------------------------------------------------------------===//
// Depthwise
//===----------------------------------------------------------------------===//

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
                Value total = widen(b, loc, arguments[0], sumType);
                for (int64_t tap = 0; tap < end - begin; ++tap) {
                  Value product = arith::MulFOp::create(
                      b, loc, widen(b, loc, arguments[1 + 2 * tap], sumType),
                      widen(b, loc, arguments[2 + 2 * tap], sumType));
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

void rmsnorm::populateConvolutionPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvolutionToContraction, DepthwiseToElementwise>(
      patterns.getContext());
}
