//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Extents of tensors, and scalars outside of the bodies of linalg operations.

#include "ExprBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

const Expr *ExprBuilder::extent(Value tensor, int64_t position) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(position))
    return context.constant(static_cast<double>(type.getDimSize(position)));
  auto [known, inserted] = extents.insert({{tensor, position}, nullptr});
  if (!inserted && known->second)
    return known->second;
  const Expr *result = buildExtent(tensor, position);
  // One that an operation says is the same.
  if (result->kind == Kind::Dim)
    result = dims.representative(context, result);
  return extents[{tensor, position}] = result;
}

const Expr *ExprBuilder::buildExtent(Value tensor, int64_t position) {
  Operation *op = tensor.getDefiningOp();
  if (auto empty = dyn_cast_if_present<tensor::EmptyOp>(op))
    return scalar(empty.getDynamicSize(position));
  if (auto destination = dyn_cast_if_present<DestinationStyleOpInterface>(op))
    return extent(destination.getTiedOpOperand(cast<OpResult>(tensor))->get(),
                  position);
  if (auto cast = dyn_cast_if_present<tensor::CastOp>(op))
    if (isa<RankedTensorType>(cast.getSource().getType()))
      return extent(cast.getSource(), position);
  if (auto expand = dyn_cast_if_present<tensor::ExpandShapeOp>(op)) {
    OpFoldResult size = expand.getMixedOutputShape()[position];
    if (auto value = dyn_cast<Value>(size))
      return scalar(value);
  }
  if (auto collapse = dyn_cast_if_present<tensor::CollapseShapeOp>(op)) {
    SmallVector<Term> factors;
    for (int64_t dim : collapse.getReassociationIndices()[position])
      factors.push_back({extent(collapse.getSrc(), dim), 1});
    return context.mul(Type(), factors);
  }
  if (auto slice = dyn_cast_if_present<tensor::ExtractSliceOp>(op)) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    int64_t kept = 0;
    for (auto [dim, size] : llvm::enumerate(slice.getMixedSizes())) {
      if (dropped.test(dim) || kept++ != position)
        continue;
      auto value = dyn_cast<Value>(size);
      const Expr *count = value ? scalar(value) : nullptr;
      // An extent is made of extents, or one of its own.
      if (count && !count->type)
        return count;
    }
  }
  if (op && OpTrait::hasElementwiseMappableTraits(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        return extent(operand, position);
  return context.dim(tensor, position);
}

const Expr *ExprBuilder::scalar(Value value) {
  auto known = scalars.find(value);
  if (known != scalars.end())
    return known->second;
  const Expr *expr = nullptr;
  Operation *op = value.getDefiningOp();
  auto constantIndex = [](Value index) { return getConstantIntValue(index); };
  if (auto dim = dyn_cast_if_present<tensor::DimOp>(op)) {
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    std::optional<int64_t> position = constantIndex(dim.getIndex());
    if (type && position && *position < type.getRank())
      expr = extent(dim.getSource(), *position);
  } else if (auto extract = dyn_cast_if_present<tensor::ExtractOp>(op)) {
    SmallVector<AffineExpr> indices;
    for (Value index : extract.getIndices())
      if (std::optional<int64_t> number = constantIndex(index))
        indices.push_back(getAffineConstantExpr(*number, context.getContext()));
    if (indices.size() == extract.getIndices().size())
      expr = element(extract.getTensor(), indices);
  } else if (op && op->getNumResults() == 1 && op->getNumRegions() == 0) {
    SmallVector<const Expr *> operands;
    for (Value operand : op->getOperands())
      operands.push_back(isa<ShapedType>(operand.getType()) ? nullptr
                                                            : scalar(operand));
    if (!llvm::is_contained(operands, nullptr))
      expr = evaluate(op, operands);
  }
  if (!expr)
    expr = context.leaf(value, {}, value.getType());
  return scalars[value] = expr;
}
