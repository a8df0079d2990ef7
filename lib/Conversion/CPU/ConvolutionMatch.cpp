//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "ConvolutionMatch.h"

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;

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

std::optional<Convolution> rmsnorm::matchConvolution(linalg::LinalgOp op) {
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

SmallVector<OpFoldResult> rmsnorm::getLoopExtents(OpBuilder &b,
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

Value rmsnorm::widenTo(OpBuilder &b, Location loc, Value value,
                       FloatType type) {
  return value.getType() == type
             ? value
             : arith::ExtFOp::create(b, loc, type, value).getResult();
}
