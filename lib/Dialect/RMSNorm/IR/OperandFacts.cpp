//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "OperandFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::rmsnorm;

std::optional<APFloat> rmsnorm::detail::getSplat(Value value) {
  if (!value)
    return std::nullopt;
  DenseFPElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)) && elements.isSplat())
    return elements.getSplatValue<APFloat>();
  Value scalar;
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    scalar = fill.value();
  else if (auto splat = value.getDefiningOp<tensor::SplatOp>())
    scalar = splat.getInput();
  FloatAttr number;
  if (scalar && scalar.getType() == getElementTypeOrSelf(value.getType()) &&
      matchPattern(scalar, m_Constant(&number)))
    return number.getValue();
  return std::nullopt;
}

/// Whether `from` to `to`, of the same iteration space, is element to element:
/// the same position, or 0 where both extents are 1.
static bool isPositionwise(AffineMap from, ShapedType fromType, AffineMap to,
                           ShapedType toType) {
  if (from.getNumResults() != to.getNumResults() || !to.isPermutation())
    return false;
  for (auto [position, exprs] :
       llvm::enumerate(llvm::zip(from.getResults(), to.getResults()))) {
    auto [fromExpr, toExpr] = exprs;
    bool unit = fromType.getDimSize(position) == 1 &&
                toType.getDimSize(position) == 1 &&
                isa<AffineConstantExpr>(fromExpr);
    if (fromExpr != toExpr && !unit)
      return false;
  }
  return true;
}

Value rmsnorm::detail::getExtendedSource(Value value) {
  if (!value)
    return {};
  Value source;
  if (auto extend = value.getDefiningOp<arith::ExtFOp>()) {
    source = extend.getIn();
  } else if (auto generic = value.getDefiningOp<linalg::GenericOp>()) {
    if (generic.getNumDpsInputs() != 1 || generic.getNumDpsInits() != 1 ||
        generic.getNumParallelLoops() != generic.getNumLoops())
      return {};
    Block *body = generic.getBody();
    auto yield = cast<linalg::YieldOp>(body->getTerminator());
    auto extend = yield.getOperand(0).getDefiningOp<arith::ExtFOp>();
    if (!extend || extend.getIn() != body->getArgument(0))
      return {};
    source = generic.getInputs()[0];
    auto sourceType = dyn_cast<RankedTensorType>(source.getType());
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    if (!sourceType || !isPositionwise(maps[0], sourceType, maps[1],
                                       cast<ShapedType>(value.getType())))
      return {};
  }
  if (!source || !RMSNormOp::isSupportedElementType(
                     getElementTypeOrSelf(source.getType())))
    return {};
  return source;
}

bool rmsnorm::detail::isEmpty(Value value) {
  return llvm::is_contained(cast<ShapedType>(value.getType()).getShape(), 0);
}
