//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Makes rms_norm operations and their operands.

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

/// The element as one of x: each dimension has a variable of its own, or one
/// index.
std::optional<Element> Rewriter::usable(const Expr *x, Value tensor,
                                        ArrayRef<AffineExpr> indices) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  uint64_t seen = 0;
  auto isNew = [&](AffineExpr index) {
    uint64_t variable = context.indices.variablesOf(index);
    bool fresh = isa<AffineDimExpr>(index) && !(seen & variable);
    seen |= variable;
    return fresh;
  };
  for (auto [index, extent] : llvm::zip_equal(indices, type.getShape())) {
    if (isa<AffineConstantExpr>(index)) {
      if (extent != 1)
        return std::nullopt;
      continue;
    }
    const Composite *meaning = context.indices.composite(index);
    if (meaning ? !meaning->isNumber() || !llvm::all_of(meaning->parts, isNew)
                : !isNew(index))
      return std::nullopt;
  }
  if (seen != x->free)
    return std::nullopt;
  if (!isAvailable(tensor, anchor))
    return std::nullopt;
  return Element{tensor, SmallVector<AffineExpr>(indices)};
}

std::optional<Element> Rewriter::findX(Match &match, const Expr *x) {
  // Rather a tensor as it is than one that must be reshaped.
  auto isReshaped = [&](const Element &element) {
    return llvm::any_of(element.indices, [&](AffineExpr index) {
      return context.indices.composite(index) != nullptr;
    });
  };
  std::optional<Element> found;
  if (x->kind == Kind::Leaf && x->source) {
    found = isa<RankedTensorType>(x->source.getType())
                ? usable(x, x->source, x->indices)
                : std::nullopt;
    if (found && !isReshaped(*found))
      return found;
    // The result of a norm that was raised before.
    if (Match *earlier = made.lookup(x->source)) {
      Replacements inX;
      for (auto [variable, index] : llvm::enumerate(x->indices))
        inX[variable] = index;
      SmallVector<AffineExpr> indices;
      for (AffineExpr index : earlier->indices)
        indices.push_back(context.indices.replace(index, inX));
      if (std::optional<Element> result = usable(x, earlier->result, indices))
        return result;
    }
  }
  for (const Materialization &tensor : builder.materializations(x)) {
    std::optional<Element> element = usable(x, tensor.tensor, tensor.indices);
    if (!element)
      continue;
    // The narrowest type that holds the value.
    auto width = [](const Element &element) {
      return getElementTypeOrSelf(element.tensor.getType())
          .getIntOrFloatBitWidth();
    };
    std::pair rank(isReshaped(*element), width(*element));
    if (!found || rank < std::pair(isReshaped(*found), width(*found)))
      found = element;
  }
  if (found)
    return found;
  return sliceOf(match, x);
}

/// x is computed in the body itself: as a tensor of its own.
std::optional<Element> Rewriter::sliceOf(Match &match, const Expr *x) {
  linalg::LinalgOp op = match.op;
  for (OpOperand &operand : op->getOpOperands())
    if (!isAvailable(operand.get(), anchor))
      return std::nullopt;
  const ExprBuilder::ScalarValues &values =
      builder.body(op, builder.loopVariables(op));
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (inner.getNumResults() != 1 ||
        !isa<FloatType>(inner.getResult(0).getType()))
      continue;
    Value scalar = inner.getResult(0);
    if (values.lookup(scalar) != x)
      continue;
    // Over all loops, as one more generic with this one result.
    uint64_t all = (uint64_t(1) << op.getNumLoops()) - 1;
    if (x->free != all || op.getNumReductionLoops() != 0)
      return std::nullopt;
    SmallVector<OpFoldResult> sizes;
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
      for (OpOperand &operand : op->getOpOperands()) {
        std::optional<unsigned> dim =
            op.getMatchingIndexingMap(&operand).getResultPosition(
                context.variable(loop));
        if (!dim)
          continue;
        sizes.push_back(
            tensor::getMixedSize(b, op.getLoc(), operand.get(), *dim));
        break;
      }
    }
    if (sizes.size() != op.getNumLoops())
      return std::nullopt;
    Value empty =
        tensor::EmptyOp::create(b, op.getLoc(), sizes, scalar.getType());
    // A generic like `op` that yields the scalar.
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (OpOperand *input : op.getDpsInputOperands()) {
      inputs.push_back(input->get());
      maps.push_back(op.getMatchingIndexingMap(input));
    }
    maps.push_back(b.getMultiDimIdentityMap(op.getNumLoops()));
    Block *block = op.getBlock();
    // Values that read the destination have no meaning here.
    for (OpOperand &init : op.getDpsInitsMutable())
      if (init.getOperandNumber() < block->getNumArguments() &&
          !op.getMatchingBlockArgument(&init).use_empty())
        return std::nullopt;
    auto whole = linalg::GenericOp::create(
        b, op.getLoc(), empty.getType(), inputs, empty, maps,
        op.getIteratorTypesArray(),
        [&](OpBuilder &builder, Location loc, ValueRange given) {
          IRMapping mapping;
          for (auto [operand, value] :
               llvm::zip(op.getDpsInputOperands(), given))
            mapping.map(op.getMatchingBlockArgument(operand), value);
          for (Operation &original : block->without_terminator()) {
            if (isPure(&original))
              builder.clone(original, mapping);
            if (&original == &inner)
              break;
          }
          linalg::YieldOp::create(builder, loc, mapping.lookup(scalar));
        });
    // The same without what it does not need.
    Value tensor =
        rebuildGeneric(b, cast<linalg::LinalgOp>(whole.getOperation()),
                       ScalarReplacements(), {false})[0];
    whole.erase();
    return Element{tensor, builder.loopVariables(op)};
  }
  return std::nullopt;
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
