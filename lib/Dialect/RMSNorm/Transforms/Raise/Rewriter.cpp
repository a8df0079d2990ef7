//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Makes rms_norm operations, and puts their results in place of what they were
/// proven to be.

#include "Rewriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

bool Rewriter::isAvailable(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  if (!definition || originals.contains(definition))
    return dominance.properlyDominates(value, op);
  Operation *place = inFrontOf.lookup(definition);
  return place && dominance.dominates(place, op);
}

LogicalResult Rewriter::makeNorm(Match &match, Operation *early, bool withRstd,
                                 std::string &reason) {
  // Right behind the sum, where other readers of the root can have it; else
  // where the value was computed.
  if (early && early->getBlock() == match.op->getBlock()) {
    anchor = early->getNextNode();
    while (!originals.contains(anchor))
      anchor = anchor->getNextNode();
    if (succeeded(makeNorm(match, withRstd, reason)))
      return success();
  }
  anchor = match.op;
  return makeNorm(match, withRstd, reason);
}

LogicalResult Rewriter::makeNorm(Match &match, bool withRstd,
                                 std::string &reason) {
  NormForm &form = match.form;
  Location loc = match.value.getLoc();
  b.setInsertionPoint(anchor);
  std::optional<Element> x;
  // x times a number, where that is the tensor that is there.
  if (form.scaledX && !builder.materializations(form.scaledX).empty())
    x = findX(match, form.scaledX);
  Denominator d = form.denominator;
  if (x) {
    double c = form.xFactor;
    double ofEpsilon = d.mode == EpsMode::Outside ? c : c * c;
    d.eps *= ofEpsilon;
    if (d.epsOperand)
      d.epsOperand =
          context.mul(form.computeType,
                      {{context.constant(ofEpsilon), 1}, {d.epsOperand, 1}});
    d.minRms *= c;
  } else {
    x = findSplitX(match, form.x);
  }
  if (!x) {
    reason = "the normalised value is not the element of any tensor";
    return failure();
  }
  x = withDigits(*x, loc);
  SmallVector<int64_t> axes;
  if (!x) {
    reason = "the normalised value cannot be reshaped to its groups";
    return failure();
  }
  if (failed(findAxes(form, *x, axes, reason)))
    return failure();
  auto type = cast<RankedTensorType>(x->tensor.getType());
  auto operand = [&](const Expr *expr) -> FailureOr<Value> {
    return expr ? parameter(expr, *x, form.computeType, loc)
                : FailureOr<Value>(Value());
  };
  FailureOr<Value> scale = operand(form.scale), bias = operand(form.bias),
                   epsilon = operand(d.epsOperand);
  if (failed(scale) || failed(bias) || failed(epsilon)) {
    reason = "a parameter cannot be aligned with the normalised value";
    return failure();
  }
  Value init = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, x->tensor), form.resultType);
  Value rstd;
  if (withRstd) {
    SmallVector<OpFoldResult> rows;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (!llvm::is_contained(axes, dim))
        rows.push_back(tensor::getMixedSize(b, loc, x->tensor, dim));
    rstd = tensor::EmptyOp::create(b, loc, rows, form.computeType);
  }
  bool isDefault = form.computeType.isF64() == type.getElementType().isF64();
  match.norm = RMSNormOp::create(b, loc, x->tensor, *scale, *bias, *epsilon,
                                 init, rstd, axes, d.eps, d.mode, d.minRms,
                                 isDefault ? Type() : Type(form.computeType));
  match.result = match.norm.getResult(0);
  match.indices = x->indices;
  if (failed(joinDigits(match, loc))) {
    reason = "the groups of the normalised value are not next to each other";
    match.norm.erase();
    match.norm = RMSNormOp();
    return failure();
  }
  match.whole = match.result;
  if (failed(takePart(match, loc))) {
    reason = "the part of the norm that is needed is none of an axis";
    match.norm.erase();
    match.norm = RMSNormOp();
    return failure();
  }
  made[match.value] = &match;
  for (Operation *op : {match.norm.getOperation(), match.whole.getDefiningOp(),
                        match.result.getDefiningOp()})
    inFrontOf[op] = anchor;
  return success();
}

Value rmsnorm::raise::withUnitExtents(OpBuilder &b, Location loc, Value tensor,
                                      RankedTensorType type) {
  auto given = cast<RankedTensorType>(tensor.getType());
  if (given == type)
    return tensor;
  if (given.getRank() == type.getRank())
    return tensor::CastOp::areCastCompatible(given, type)
               ? tensor::CastOp::create(b, loc, type, tensor).getResult()
               : Value();
  std::optional<SmallVector<ReassociationIndices>> groups =
      getReassociationIndicesForReshape(given, type);
  if (!groups)
    return Value();
  if (given.getRank() < type.getRank())
    return tensor::ExpandShapeOp::create(b, loc, type, tensor, *groups);
  return tensor::CollapseShapeOp::create(b, loc, type, tensor, *groups);
}

/// The element's tensor as the result of an operation with this map, if they
/// differ in nothing but extents of 1; else null.
static Value asResult(OpBuilder &b, Location loc, const Element &element,
                      AffineMap map, RankedTensorType type) {
  auto given = cast<RankedTensorType>(element.tensor.getType());
  if (given.getElementType() != type.getElementType())
    return Value();
  auto proper = [](ArrayRef<AffineExpr> indices, RankedTensorType type) {
    SmallVector<AffineExpr> result;
    for (auto [index, extent] : llvm::zip_equal(indices, type.getShape()))
      if (extent != 1)
        result.push_back(index);
    return result;
  };
  if (proper(map.getResults(), type) != proper(element.indices, given))
    return Value();
  return withUnitExtents(b, loc, element.tensor, type);
}

void Rewriter::rewrite(linalg::LinalgOp op,
                       const ScalarReplacements &replacements) {
  b.setInsertionPoint(op);
  // A result that is the norm itself needs no operation.
  SmallVector<bool> drop(op->getNumResults(), false);
  SmallVector<Value> results(op->getNumResults());
  for (auto [number, yielded] :
       llvm::enumerate(op.getBlock()->getTerminator()->getOperands())) {
    auto found = replacements.find(yielded);
    if (found == replacements.end())
      continue;
    const Element &element = found->second;
    auto type = cast<RankedTensorType>(op->getResult(number).getType());
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(number));
    if (Value tensor = asResult(b, op.getLoc(), element, map, type)) {
      drop[number] = true;
      results[number] = tensor;
    }
  }
  SmallVector<Value> kept = rebuildGeneric(b, op, replacements, drop);
  for (auto [number, result] : llvm::enumerate(op->getResults())) {
    Value tensor = drop[number] ? results[number] : kept[number];
    result.replaceAllUsesWith(tensor);
  }
  // Assertions in it are in the copy.
  op->erase();
}
