//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Verifier, queries and builders of rmsnorm.rms_norm.

#include "NormOpSupport.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

bool RMSNormOp::isSupportedElementType(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isF64();
}

RMSNORM_DEFINE_NORM_QUERIES(RMSNormOp)

SmallVector<utils::IteratorType> RMSNormOp::getLoopIteratorTypes() {
  SmallVector<utils::IteratorType> iterators(getInputRank(),
                                             utils::IteratorType::parallel);
  for (int64_t axis : getAxes())
    iterators[axis] = utils::IteratorType::reduction;
  return iterators;
}

//===----------------------------------------------------------------------===//
// Builder
//===----------------------------------------------------------------------===//

void RMSNormOp::build(OpBuilder &b, OperationState &state, Value input,
                      Value scale, Value bias, Value epsilon, Value output,
                      Value rstd, ArrayRef<int64_t> axes, double eps,
                      EpsMode epsMode, double minRms, Type computeType) {
  SmallVector<Type> types;
  for (Value init : {output, rstd})
    if (init && isa<RankedTensorType>(init.getType()))
      types.push_back(init.getType());
  build(b, state, types, input, scale, bias, epsilon, output, rstd,
        b.getDenseI64ArrayAttr(axes), b.getF64FloatAttr(eps),
        EpsModeAttr::get(b.getContext(), epsMode), b.getF64FloatAttr(minRms),
        computeType ? TypeAttr::get(computeType) : TypeAttr());
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

LogicalResult RMSNormOp::verify() {
  ShapedType input = getInputType();
  ShapedType output = getOutputType();
  if (input.getRank() < 1)
    return emitOpError("the input must have rank 1 or more, got rank 0");
  if (failed(detail::verifyElementType(*this, input, "input")) ||
      failed(detail::verifyElementType(*this, output, "output")) ||
      failed(detail::verifyInputShape(*this, input, output, "output")) ||
      failed(detail::verifyNorm(*this)) ||
      failed(detail::verifyParameter(*this, input, getBias(), "bias")) ||
      failed(detail::verifyOperandKinds(*this)))
    return failure();
  return cast<IndexingMapOpInterface>(getOperation()).verifyImpl();
}
