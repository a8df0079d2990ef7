//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Verifier and queries of rmsnorm.rms_norm_backward.

#include "NormOpSupport.h"

using namespace mlir;
using namespace mlir::rmsnorm;

RMSNORM_DEFINE_NORM_QUERIES(RMSNormBackwardOp)

MutableOperandRange RMSNormBackwardOp::getDpsInitsMutable() {
  unsigned first = getODSOperandIndexAndLength(5).first;
  return MutableOperandRange(*this, first, getNumOperands() - first);
}

std::array<Value, 3> RMSNormBackwardOp::getParameterGradientResults() {
  std::array<Value, 3> results;
  unsigned next = 1;
  if (getNumResults() == 0)
    return results;
  for (auto [index, destination] : llvm::enumerate(getParameterGradients()))
    if (destination)
      results[index] = getResult(next++);
  return results;
}

/// A dimension is reduced if it is normalised over, or if a parameter's
/// gradient is summed over it.
SmallVector<utils::IteratorType> RMSNormBackwardOp::getLoopIteratorTypes() {
  SmallVector<utils::IteratorType> iterators(getInputRank(),
                                             utils::IteratorType::parallel);
  for (int64_t axis : getAxes())
    iterators[axis] = utils::IteratorType::reduction;
  for (Value gradient : getParameterGradients()) {
    if (!gradient)
      continue;
    AffineMap map = getParameterMap(gradient);
    for (int64_t dim = 0, rank = getInputRank(); dim < rank; ++dim)
      if (!map.isFunctionOfDim(dim))
        iterators[dim] = utils::IteratorType::reduction;
  }
  return iterators;
}

ArrayAttr RMSNormBackwardOp::getIndexingMaps() {
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(getInputRank(), getContext());
  SmallVector<AffineMap> maps{identity, identity};
  for (Value parameter : {getScale(), getEpsilon()})
    if (parameter)
      maps.push_back(getParameterMap(parameter));
  if (getRstd())
    maps.push_back(getRstdMap());
  maps.push_back(identity);
  for (Value gradient : getParameterGradients())
    if (gradient)
      maps.push_back(getParameterMap(gradient));
  return Builder(getContext()).getAffineMapArrayAttr(maps);
}

/// A parameter's gradient has the shape of the parameter.
static LogicalResult verifySameShape(RMSNormBackwardOp op, Value gradient,
                                     Value parameter, StringRef name) {
  if (!gradient || !parameter)
    return success();
  auto expected = cast<ShapedType>(parameter.getType());
  auto type = cast<ShapedType>(gradient.getType());
  if (succeeded(verifyCompatibleShape(expected.getShape(), type.getShape())) &&
      op.getParameterMap(gradient) == op.getParameterMap(parameter))
    return success();
  return op.emitOpError() << "'d" << name << "' must have the shape of '"
                          << name << "' " << expected << ", got " << type;
}

LogicalResult RMSNormBackwardOp::verify() {
  ShapedType input = getInputType();
  auto grad = cast<ShapedType>(getGrad().getType());
  if (input.getRank() < 1)
    return emitOpError("the input must have rank 1 or more, got rank 0");
  if (failed(detail::verifyElementType(*this, input, "input")) ||
      failed(detail::verifyElementType(*this, grad, "dy")) ||
      failed(detail::verifyElementType(*this, getDinputType(), "dx")) ||
      failed(detail::verifyInputShape(*this, input, grad, "dy")) ||
      failed(detail::verifyInputShape(*this, input, getDinputType(), "dx")) ||
      failed(detail::verifyNorm(*this)) ||
      failed(detail::verifyParameter(*this, input, getDscale(), "dscale")) ||
      failed(detail::verifyParameter(*this, input, getDbias(), "dbias")) ||
      failed(detail::verifyParameter(*this, input, getDepsilon(), "deps")) ||
      failed(verifySameShape(*this, getDscale(), getScale(), "scale")) ||
      failed(verifySameShape(*this, getDepsilon(), getEpsilon(), "eps")) ||
      failed(detail::verifyOperandKinds(*this)))
    return failure();
  return cast<IndexingMapOpInterface>(getOperation()).verifyImpl();
}
