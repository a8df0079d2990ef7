//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Verifier, queries and builders of rmsnorm.rms_norm.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

bool RMSNormOp::isSupportedElementType(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isF64();
}

FloatType RMSNormOp::getDefaultComputeType() {
  Type element = getInputType().getElementType();
  if (element.isF64())
    return Float64Type::get(getContext());
  return Float32Type::get(getContext());
}

FloatType RMSNormOp::getComputeFloatType() {
  if (std::optional<Type> type = getComputeType())
    return cast<FloatType>(*type);
  return getDefaultComputeType();
}

SmallVector<utils::IteratorType> RMSNormOp::getLoopIteratorTypes() {
  SmallVector<utils::IteratorType> iterators(getInputRank(),
                                             utils::IteratorType::parallel);
  for (int64_t axis : getAxes())
    iterators[axis] = utils::IteratorType::reduction;
  return iterators;
}

SmallVector<int64_t> RMSNormOp::getRowDims() {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0, rank = getInputRank(); dim < rank; ++dim)
    if (!isNormalizedDim(dim))
      dims.push_back(dim);
  return dims;
}

AffineMap RMSNormOp::getParameterMap(Value parameter) {
  auto type = cast<ShapedType>(parameter.getType());
  int64_t offset = getInputRank() - type.getRank();
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    bool broadcast = type.getDimSize(dim) == 1 &&
                     getInputType().getDimSize(offset + dim) != 1;
    exprs.push_back(broadcast ? getAffineConstantExpr(0, getContext())
                              : getAffineDimExpr(offset + dim, getContext()));
  }
  return AffineMap::get(getInputRank(), 0, exprs, getContext());
}

AffineMap RMSNormOp::getRstdMap() {
  SmallVector<AffineExpr> exprs;
  for (int64_t dim : getRowDims())
    exprs.push_back(getAffineDimExpr(dim, getContext()));
  return AffineMap::get(getInputRank(), 0, exprs, getContext());
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

static LogicalResult verifyParameter(RMSNormOp op, Value parameter,
                                     StringRef name) {
  if (!parameter)
    return success();
  auto type = cast<ShapedType>(parameter.getType());
  if (!RMSNormOp::isSupportedElementType(type.getElementType()))
    return op.emitOpError() << "'" << name
                            << "' must have element type f16, bf16, f32 or "
                               "f64, got "
                            << type.getElementType();
  ShapedType input = op.getInputType();
  int64_t offset = input.getRank() - type.getRank();
  if (offset < 0)
    return op.emitOpError()
           << "'" << name << "' of rank " << type.getRank()
           << " cannot be broadcast to the input of rank " << input.getRank();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t extent = type.getDimSize(dim);
    int64_t inputExtent = input.getDimSize(offset + dim);
    if (extent == 1 || ShapedType::isDynamic(extent) ||
        ShapedType::isDynamic(inputExtent) || extent == inputExtent)
      continue;
    return op.emitOpError()
           << "'" << name
           << "' cannot be broadcast to the input: its dimension " << dim
           << " has extent " << extent << ", expected 1 or " << inputExtent
           << " (dimension " << offset + dim << " of the input)";
  }
  return success();
}

static LogicalResult verifyAxes(RMSNormOp op) {
  ArrayRef<int64_t> axes = op.getAxes();
  int64_t rank = op.getInputRank();
  if (axes.empty())
    return op.emitOpError("'axes' must name at least one dimension");
  SmallVector<bool> seen(rank, false);
  for (int64_t axis : axes) {
    if (axis < 0 || axis >= rank)
      return op.emitOpError()
             << "'axes' has " << axis << ", expected a dimension in [0, "
             << rank << ")";
    if (seen[axis])
      return op.emitOpError() << "'axes' has " << axis << " more than once";
    seen[axis] = true;
  }
  return success();
}

static LogicalResult verifyRstd(RMSNormOp op) {
  if (!op.getRstd())
    return success();
  if (op.getEpsilon())
    return op.emitOpError("'rstd' is not defined with an 'eps' operand: the "
                          "denominator then differs within a slice");
  auto type = cast<ShapedType>(op.getRstd().getType());
  if (type.getElementType() != op.getComputeFloatType())
    return op.emitOpError()
           << "'rstd' must have the compute type " << op.getComputeFloatType()
           << " as element type, got " << type.getElementType();
  SmallVector<int64_t> expected;
  for (int64_t dim : op.getRowDims())
    expected.push_back(op.getInputType().getDimSize(dim));
  if (failed(verifyCompatibleShape(type.getShape(), expected)))
    return op.emitOpError()
           << "'rstd' must have the shape of the input without 'axes', got "
           << type;
  return success();
}

/// `eps` and `min_rms`: finite, not negative, and so in the compute type.
static LogicalResult verifyBound(RMSNormOp op, FloatAttr attribute,
                                 StringRef name) {
  APFloat value = attribute.getValue();
  if (!value.isFinite() || (value.isNegative() && !value.isZero()))
    return op.emitOpError()
           << "'" << name << "' must be finite and not negative, got "
           << attribute;
  bool inexact;
  value.convert(op.getComputeFloatType().getFloatSemantics(),
                APFloat::rmNearestTiesToEven, &inexact);
  if (!value.isFinite())
    return op.emitOpError()
           << "'" << name << "' " << attribute << " overflows the compute type "
           << op.getComputeFloatType();
  return success();
}

LogicalResult RMSNormOp::verify() {
  ShapedType input = getInputType();
  ShapedType output = getOutputType();
  if (input.getRank() < 1)
    return emitOpError("the input must have rank 1 or more, got rank 0");
  if (!RMSNormOp::isSupportedElementType(input.getElementType()))
    return emitOpError()
           << "input must have element type f16, bf16, f32 or f64, got "
           << input.getElementType();
  if (!RMSNormOp::isSupportedElementType(output.getElementType()))
    return emitOpError()
           << "output must have element type f16, bf16, f32 or f64, got "
           << output.getElementType();
  if (failed(verifyCompatibleShape(input.getShape(), output.getShape())))
    return emitOpError() << "output must have the shape of the input " << input
                         << ", got " << output;
  if (failed(verifyAxes(*this)))
    return failure();

  if (std::optional<Type> type = getComputeType()) {
    if (!type->isF32() && !type->isF64())
      return emitOpError() << "'compute_type' must be f32 or f64, got "
                           << *type;
    if (type->getIntOrFloatBitWidth() <
        input.getElementType().getIntOrFloatBitWidth())
      return emitOpError() << "'compute_type' " << *type
                           << " is narrower than the input's element type "
                           << input.getElementType();
  }
  if (failed(verifyBound(*this, getEpsAttr(), "eps")) ||
      failed(verifyBound(*this, getMinRmsAttr(), "min_rms")))
    return failure();
  if (getEpsilon() && !getEps().isZero())
    return emitOpError("has both an 'eps' attribute and an 'eps' operand; "
                       "the operand takes the attribute's place");

  if (failed(verifyParameter(*this, getScale(), "scale")) ||
      failed(verifyParameter(*this, getBias(), "bias")) ||
      failed(verifyParameter(*this, getEpsilon(), "eps")) ||
      failed(verifyRstd(*this)))
    return failure();

  // All tensors or all memrefs, with one result per tensor destination.
  bool tensors = isa<RankedTensorType>(input);
  for (Value operand : getOperands())
    if (isa<RankedTensorType>(operand.getType()) != tensors)
      return emitOpError("operands must be all tensors or all memrefs");
  size_t expected = tensors ? getDpsInits().size() : 0;
  if (getNumResults() != expected)
    return emitOpError() << "expected " << expected << " results, got "
                         << getNumResults();
  for (auto [result, init] : llvm::zip_equal(
           getResults(), tensors ? ValueRange(getDpsInits()) : ValueRange()))
    if (result.getType() != init.getType())
      return emitOpError() << "result type " << result.getType()
                           << " differs from its destination's "
                           << init.getType();
  return cast<IndexingMapOpInterface>(getOperation()).verifyImpl();
}
