//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Elements of tensors as expressions.

#include "ExprBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

AffineMap ExprBuilder::keyOf(ArrayRef<AffineExpr> indices) {
  return AffineMap::get(maxVariables, maxSymbols, indices,
                        context.getContext());
}

SmallVector<AffineExpr> ExprBuilder::loopVariables(linalg::LinalgOp op) {
  SmallVector<AffineExpr> loops;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    loops.push_back(context.variable(loop));
  return loops;
}

void ExprBuilder::makeAtom(linalg::LinalgOp op, Value value, Value as) {
  atoms[value] = as;
  forget(op);
}

void ExprBuilder::forget(linalg::LinalgOp op) {
  for (AffineMap key : bodyKeys.lookup(op))
    bodies.erase({op, key});
  bodyKeys.erase(op);
  for (Value result : op->getResults()) {
    for (AffineMap key : elementKeys.lookup(result))
      elements.erase({result, key});
    elementKeys.erase(result);
  }
}

const Expr *ExprBuilder::element(Value tensor, ArrayRef<AffineExpr> given) {
  // Extents of 1 have one index only.
  SmallVector<AffineExpr> indices(given);
  auto type = cast<RankedTensorType>(tensor.getType());
  for (auto [index, extent] : llvm::zip_equal(indices, type.getShape()))
    if (extent == 1)
      index = getAffineConstantExpr(0, context.getContext());
  AffineMap key = keyOf(indices);
  auto known = elements.find({tensor, key});
  if (known != elements.end())
    return known->second;
  const Expr *expr = build(tensor, indices);
  if (!expr)
    expr = context.leaf(representative(tensor), indices, type.getElementType());
  elements[{tensor, key}] = expr;
  elementKeys[tensor].push_back(key);
  if (!expr->isConstant())
    seen[expr].push_back({tensor, indices});
  return expr;
}

/// An earlier value of the same block that is the same: slices, say, that are
/// made twice.
Value ExprBuilder::representative(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() != 0 || !isPure(op) ||
      isa<tensor::EmptyOp>(op))
    return value;
  llvm::hash_code hash = OperationEquivalence::computeHash(
      op, OperationEquivalence::directHashValue,
      OperationEquivalence::ignoreHashValue,
      OperationEquivalence::IgnoreLocations);
  SmallVector<Operation *, 1> &candidates = alike[hash];
  for (Operation *other : candidates)
    if (other->getBlock() == op->getBlock() &&
        OperationEquivalence::isEquivalentTo(
            op, other, OperationEquivalence::IgnoreLocations))
      return other->getResult(cast<OpResult>(value).getResultNumber());
  candidates.push_back(op);
  return value;
}

const Expr *ExprBuilder::build(Value tensor, ArrayRef<AffineExpr> indices) {
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return nullptr;
  if (isa<linalg::LinalgOp>(op))
    return buildLinalg(cast<OpResult>(tensor), indices);
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    std::optional<double> number = uniformNumber(constant.getValue());
    return number ? context.constant(*number) : nullptr;
  }
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    auto source = dyn_cast<RankedTensorType>(cast.getSource().getType());
    return source ? element(cast.getSource(), indices) : nullptr;
  }
  if (auto splat = dyn_cast<tensor::SplatOp>(op))
    return scalar(splat.getInput());
  if (auto elements = dyn_cast<tensor::FromElementsOp>(op))
    return llvm::all_equal(elements.getElements()) &&
                   !elements.getElements().empty()
               ? scalar(elements.getElements().front())
               : nullptr;
  if (auto generate = dyn_cast<tensor::GenerateOp>(op)) {
    // The same number everywhere.
    Block &block = generate.getBody().front();
    return llvm::all_of(block.getArguments(),
                        [](BlockArgument index) { return index.use_empty(); })
               ? scalar(block.getTerminator()->getOperand(0))
               : nullptr;
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return buildReshape(expand.getSrc(), expand.getResult(),
                        expand.getReassociationIndices(), indices, true);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return buildReshape(collapse.getSrc(), collapse.getSrc(),
                        collapse.getReassociationIndices(), indices, false);
  if (auto reshape = dyn_cast<tensor::ReshapeOp>(op))
    return buildReshape(reshape, indices);
  // Element-wise arithmetic directly on tensors.
  if (OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1) {
    SmallVector<const Expr *> operands;
    for (Value operand : op->getOperands()) {
      if (isa<RankedTensorType>(operand.getType()))
        operands.push_back(element(operand, indices));
      else
        operands.push_back(scalar(operand));
    }
    return evaluate(op, operands);
  }
  return nullptr;
}

const Expr *ExprBuilder::buildReshape(Value source, Value wide,
                                      ArrayRef<ReassociationIndices> groups,
                                      ArrayRef<AffineExpr> given,
                                      bool expands) {
  auto wideType = cast<RankedTensorType>(wide.getType());
  AffineExpr zero = getAffineConstantExpr(0, context.getContext());
  if (groups.empty()) {
    // Between rank 0 and extents of 1.
    SmallVector<AffineExpr> inner;
    if (!expands)
      inner.assign(wideType.getRank(), zero);
    return element(source, inner);
  }
  SmallVector<AffineExpr> result(expands ? groups.size() : wideType.getRank(),
                                 zero);
  for (auto [narrowDim, group] : llvm::enumerate(groups)) {
    SmallVector<const Expr *> extents;
    SmallVector<AffineExpr> indices;
    for (int64_t wideDim : group) {
      extents.push_back(extent(wide, wideDim));
      if (expands)
        indices.push_back(given[wideDim]);
    }
    if (expands) {
      result[narrowDim] = context.indices.number(indices, extents);
      continue;
    }
    SmallVector<AffineExpr> digits =
        context.indices.digits(given[narrowDim], extents);
    for (auto [wideDim, digit] : llvm::zip_equal(group, digits))
      result[wideDim] = digit;
  }
  return element(source, result);
}

const Expr *ExprBuilder::buildReshape(tensor::ReshapeOp reshape,
                                      ArrayRef<AffineExpr> indices) {
  auto from = dyn_cast<RankedTensorType>(reshape.getSource().getType());
  auto to = dyn_cast<RankedTensorType>(reshape.getType());
  if (!from || !to || !from.hasStaticShape() || !to.hasStaticShape())
    return nullptr;
  auto extents = [&](RankedTensorType type) {
    return llvm::map_to_vector(type.getShape(), [&](int64_t extent) {
      return context.constant(static_cast<double>(extent));
    });
  };
  AffineExpr number = context.indices.number(indices, extents(to));
  return element(reshape.getSource(),
                 context.indices.digits(number, extents(from)));
}

void ExprBuilder::addMaterializations(const Expr *expr, const Expr *other) {
  SmallVector<Materialization, 1> added(materializations(other));
  if (other->kind == Kind::Leaf)
    added.push_back({other->source, SmallVector<AffineExpr>(
                                        ArrayRef<AffineExpr>(other->indices))});
  for (const Materialization &tensor : added)
    if (llvm::none_of(materializations(expr),
                      [&](const Materialization &known) {
                        return known.tensor == tensor.tensor &&
                               known.indices == tensor.indices;
                      }))
      seen[expr].push_back(tensor);
}
