//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "NormOpSupport.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

FloatType rmsnorm::detail::getDefaultComputeType(ShapedType input) {
  MLIRContext *context = input.getContext();
  if (input.getElementType().isF64())
    return Float64Type::get(context);
  return Float32Type::get(context);
}

SmallVector<int64_t> rmsnorm::detail::getRowDims(int64_t rank,
                                                 ArrayRef<int64_t> axes) {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(axes, dim))
      dims.push_back(dim);
  return dims;
}

AffineMap rmsnorm::detail::getProjection(MLIRContext *context, int64_t rank,
                                         ArrayRef<int64_t> dims) {
  SmallVector<AffineExpr> exprs;
  for (int64_t dim : dims)
    exprs.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(rank, 0, exprs, context);
}

AffineMap rmsnorm::detail::getParameterMap(ShapedType input,
                                           ShapedType parameter) {
  MLIRContext *context = input.getContext();
  int64_t offset = input.getRank() - parameter.getRank();
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0; dim < parameter.getRank(); ++dim) {
    bool broadcast =
        parameter.getDimSize(dim) == 1 && input.getDimSize(offset + dim) != 1;
    exprs.push_back(broadcast ? getAffineConstantExpr(0, context)
                              : getAffineDimExpr(offset + dim, context));
  }
  return AffineMap::get(input.getRank(), 0, exprs, context);
}

bool rmsnorm::detail::usesAny(AffineMap map, ArrayRef<int64_t> axes) {
  return llvm::any_of(axes,
                      [&](int64_t axis) { return map.isFunctionOfDim(axis); });
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult rmsnorm::detail::verifyElementType(Operation *op, ShapedType type,
                                                 StringRef name) {
  if (RMSNormOp::isSupportedElementType(type.getElementType()))
    return success();
  return op->emitOpError() << name
                           << " must have element type f16, bf16, f32 or f64, "
                              "got "
                           << type.getElementType();
}

LogicalResult rmsnorm::detail::verifyInputShape(Operation *op, ShapedType input,
                                                ShapedType type,
                                                StringRef name) {
  if (succeeded(verifyCompatibleShape(input.getShape(), type.getShape())))
    return success();
  return op->emitOpError() << name << " must have the shape of the input "
                           << input << ", got " << type;
}

LogicalResult rmsnorm::detail::verifyAxes(Operation *op, ArrayRef<int64_t> axes,
                                          int64_t rank) {
  if (axes.empty())
    return op->emitOpError("'axes' must name at least one dimension");
  SmallVector<bool> seen(rank, false);
  for (int64_t axis : axes) {
    if (axis < 0 || axis >= rank)
      return op->emitOpError()
             << "'axes' has " << axis << ", expected a dimension in [0, "
             << rank << ")";
    if (seen[axis])
      return op->emitOpError() << "'axes' has " << axis << " more than once";
    seen[axis] = true;
  }
  return success();
}

LogicalResult rmsnorm::detail::verifyComputeType(
    Operation *op, std::optional<Type> computeType, ShapedType input) {
  if (!computeType)
    return success();
  if (!computeType->isF32() && !computeType->isF64())
    return op->emitOpError()
           << "'compute_type' must be f32 or f64, got " << *computeType;
  if (computeType->getIntOrFloatBitWidth() <
      input.getElementType().getIntOrFloatBitWidth())
    return op->emitOpError() << "'compute_type' " << *computeType
                             << " is narrower than the input's element type "
                             << input.getElementType();
  return success();
}

LogicalResult rmsnorm::detail::verifyBound(Operation *op, FloatType computeType,
                                           FloatAttr attribute,
                                           StringRef name) {
  APFloat value = attribute.getValue();
  if (!value.isFinite() || (value.isNegative() && !value.isZero()))
    return op->emitOpError()
           << "'" << name << "' must be finite and not negative, got "
           << attribute;
  bool inexact;
  value.convert(computeType.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &inexact);
  if (!value.isFinite())
    return op->emitOpError() << "'" << name << "' " << attribute
                             << " overflows the compute type " << computeType;
  return success();
}

LogicalResult rmsnorm::detail::verifyParameter(Operation *op, ShapedType input,
                                               Value parameter,
                                               StringRef name) {
  if (!parameter)
    return success();
  auto type = cast<ShapedType>(parameter.getType());
  if (failed(verifyElementType(op, type, ("'" + name + "'").str())))
    return failure();
  int64_t offset = input.getRank() - type.getRank();
  if (offset < 0)
    return op->emitOpError()
           << "'" << name << "' of rank " << type.getRank()
           << " cannot be broadcast to the input of rank " << input.getRank();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t extent = type.getDimSize(dim);
    int64_t inputExtent = input.getDimSize(offset + dim);
    if (extent == 1 || ShapedType::isDynamic(extent) ||
        ShapedType::isDynamic(inputExtent) || extent == inputExtent)
      continue;
    return op->emitOpError()
           << "'" << name
           << "' cannot be broadcast to the input: its dimension " << dim
           << " has extent " << extent << ", expected 1 or " << inputExtent
           << " (dimension " << offset + dim << " of the input)";
  }
  return success();
}

LogicalResult rmsnorm::detail::verifyRstd(Operation *op, Value rstd,
                                          FloatType computeType,
                                          ShapedType input,
                                          ArrayRef<int64_t> rowDims,
                                          bool epsilonVaries) {
  if (!rstd)
    return success();
  if (epsilonVaries)
    return op->emitOpError("'rstd' is not defined with an 'eps' operand that "
                           "has a dimension in 'axes': the denominator then "
                           "differs within a slice");
  auto type = cast<ShapedType>(rstd.getType());
  if (type.getElementType() != computeType)
    return op->emitOpError()
           << "'rstd' must have the compute type " << computeType
           << " as element type, got " << type.getElementType();
  SmallVector<int64_t> expected;
  for (int64_t dim : rowDims)
    expected.push_back(input.getDimSize(dim));
  if (failed(verifyCompatibleShape(type.getShape(), expected)))
    return op->emitOpError()
           << "'rstd' must have the shape of the input without 'axes', got "
           << type;
  return success();
}

LogicalResult rmsnorm::detail::verifyOperandKinds(Operation *op) {
  bool tensors = isa<RankedTensorType>(op->getOperand(0).getType());
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) != tensors)
      return op->emitOpError("operands must be all tensors or all memrefs");
  auto inits = cast<DestinationStyleOpInterface>(op).getDpsInits();
  size_t expected = tensors ? inits.size() : 0;
  if (op->getNumResults() != expected)
    return op->emitOpError() << "expected " << expected << " results, got "
                             << op->getNumResults();
  for (auto [result, init] :
       llvm::zip(op->getResults(), tensors ? ValueRange(inits) : ValueRange()))
    if (result.getType() != init.getType())
      return op->emitOpError()
             << "result type " << result.getType()
             << " differs from its destination's " << init.getType();
  return success();
}
