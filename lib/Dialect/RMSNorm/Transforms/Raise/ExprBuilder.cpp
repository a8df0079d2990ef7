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

#include <cmath>

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

const Expr *ExprBuilder::buildLinalg(OpResult result,
                                     ArrayRef<AffineExpr> indices) {
  auto op = cast<linalg::LinalgOp>(result.getOwner());
  if (isa<linalg::ConvolutionOpInterface>(op.getOperation()) ||
      !op.hasPureTensorSemantics() || op.getNumLoops() > maxLoops)
    return nullptr;
  OpOperand *init = op.getDpsInitOperand(result.getResultNumber());
  AffineMap map = op.getMatchingIndexingMap(init);
  SmallVector<AffineExpr> loops(op.getNumLoops());
  auto type = cast<RankedTensorType>(result.getType());
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
      AffineExpr &target = loops[loop.getPosition()];
      if (target && target != indices[dim])
        return nullptr;
      target = indices[dim];
      continue;
    }
    auto number = dyn_cast<AffineConstantExpr>(expr);
    if (!number || number.getValue() != 0 || type.getDimSize(dim) != 1)
      return nullptr;
  }
  uint64_t used = context.indices.variablesOf(indices);
  SmallVector<unsigned> bound, boundLoops;
  for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (loops[loop])
      continue;
    unsigned fresh = firstTemporary;
    while (fresh < maxVariables && (used & (uint64_t(1) << fresh)))
      ++fresh;
    if (iterator != utils::IteratorType::reduction || fresh == maxVariables)
      return nullptr;
    used |= uint64_t(1) << fresh;
    loops[loop] = context.variable(fresh);
    bound.push_back(fresh);
    boundLoops.push_back(loop);
  }
  // A statistic reads some tensor at every step of its loops; what does not (a
  // matmul) is no statistic, and stands for itself.
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (!bound.empty() &&
      llvm::none_of(op.getIndexingMapsArray(), [&](AffineMap map) {
        return llvm::all_of(
            llvm::seq<unsigned>(0, op.getNumLoops()), [&](unsigned loop) {
              return ranges[loop] == 1 || map.isFunctionOfDim(loop);
            });
      }))
    return nullptr;
  if (!bound.empty())
    return reduction(op, result, indices, loops, bound, boundLoops);
  if (op.getNumReductionLoops() != 0)
    return nullptr;
  const ScalarValues &values = body(op, loops);
  Value yielded =
      op.getBlock()->getTerminator()->getOperand(result.getResultNumber());
  auto found = values.find(yielded);
  return found != values.end() ? found->second : scalar(yielded);
}

const Expr *ExprBuilder::reduction(linalg::LinalgOp op, OpResult result,
                                   ArrayRef<AffineExpr> indices,
                                   ArrayRef<AffineExpr> loops,
                                   ArrayRef<unsigned> bound,
                                   ArrayRef<unsigned> boundLoops) {
  unsigned number = result.getResultNumber();
  OpOperand *init = op.getDpsInitOperand(number);
  const ScalarValues &values = body(op, loops);
  Value yielded = op.getBlock()->getTerminator()->getOperand(number);
  auto found = values.find(yielded);
  auto accumulator = values.find(op.getMatchingBlockArgument(init));
  if (found == values.end() || accumulator == values.end())
    return nullptr;
  const Expr *next = found->second;
  const Expr *old = accumulator->second;
  Type type = getElementTypeOrSelf(result.getType());
  // A narrow accumulator is rounded at each step: no sum of the reals. It gets
  // its own name, for the remark.
  bool narrow = next->kind == Kind::Round;
  if (narrow)
    next = next->inner();
  if (next->kind != Kind::Add)
    return nullptr;
  SmallVector<Term> rest;
  bool once = false;
  for (const Term &term : next->terms) {
    if (term.expr == old && term.number == 1 && !once) {
      once = true;
      continue;
    }
    rest.push_back(term);
  }
  if (!once || (!narrow && next->type != type) ||
      llvm::any_of(rest, [&](const Term &term) {
        return contains(term.expr,
                        [&](const Expr *part) { return part == old; });
      }))
    return nullptr;
  rest.push_back({context.constant(next->number), 1});
  const Expr *value = context.add(next->type, rest);
  // A product of two values is no statistic either, unless it is a square.
  if (linalg::isaContractionOpInterface(op) &&
      !llvm::all_of(asProduct(value).factors, [](const Term &factor) {
        return std::fmod(factor.number, 2.0) == 0.0;
      }))
    return nullptr;
  SmallVector<const Expr *> extents;
  for (unsigned loop : boundLoops)
    extents.push_back(loopExtent(op, loop));
  if (llvm::is_contained(extents, nullptr))
    return nullptr;
  const Expr *start = element(init->get(), indices);
  if (narrow && !start->isConstant(0))
    return nullptr;
  // The permission to take it for a sum of f32 is one for the squares, too.
  if (narrow && assumeF32Accumulation) {
    if (value->kind == Kind::Round)
      value = value->inner();
    narrow = false;
    type = Float32Type::get(context.getContext());
  }
  const Expr *sum = context.sum(type, value, bound, extents);
  if (!sum || narrow)
    return sum;
  return context.add(type, {{start, 1}, {sum, 1}});
}

const Expr *ExprBuilder::loopExtent(linalg::LinalgOp op, unsigned loop) {
  for (OpOperand &operand : op->getOpOperands())
    for (auto [dim, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (auto index = dyn_cast<AffineDimExpr>(expr))
        if (index.getPosition() == loop)
          return extent(operand.get(), dim);
  return nullptr;
}

const ExprBuilder::ScalarValues &ExprBuilder::body(linalg::LinalgOp op,
                                                   ArrayRef<AffineExpr> loops) {
  Key key{op, keyOf(loops)};
  auto known = bodies.find(key);
  if (known != bodies.end())
    return *known->second;
  auto values = std::make_unique<ScalarValues>();
  Block *block = op.getBlock();
  for (OpOperand &operand : op->getOpOperands()) {
    if (operand.getOperandNumber() >= block->getNumArguments())
      continue;
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    if (!isa<RankedTensorType>(operand.get().getType())) {
      (*values)[argument] = scalar(operand.get());
      continue;
    }
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<AffineExpr> indices;
    for (AffineExpr expr : map.getResults())
      indices.push_back(expr.replaceDims(loops));
    bool accumulates = op.isDpsInit(&operand) && op.getNumReductionLoops() != 0;
    (*values)[argument] = accumulates
                              ? context.leaf(argument, {}, argument.getType())
                              : element(operand.get(), indices);
  }
  for (Operation &inner : block->without_terminator()) {
    const Expr *expr = nullptr;
    Value atom =
        inner.getNumResults() == 1 ? atoms.lookup(inner.getResult(0)) : Value();
    if (atom) {
      expr = context.leaf(atom, loops, atom.getType());
    } else if (inner.getNumResults() == 1 && inner.getNumRegions() == 0) {
      SmallVector<const Expr *> operands;
      for (Value operand : inner.getOperands()) {
        auto found = values->find(operand);
        operands.push_back(found != values->end() ? found->second
                           : isa<ShapedType>(operand.getType())
                               ? nullptr
                               : scalar(operand));
      }
      if (!llvm::is_contained(operands, nullptr))
        expr = evaluate(&inner, operands);
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(inner))
      expr = extracted(op, extract, loops);
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      expr = context.leaf(Value(), loops[index.getDim()], index.getType());
    for (Value result : inner.getResults())
      (*values)[result] =
          expr ? expr : context.leaf(result, loops, result.getType());
  }
  // Building the operands may have moved the table's entries.
  bodyKeys[op].push_back(key.second);
  return *(bodies[key] = std::move(values));
}

/// An index as an affine expression of the loops, or null. torch-mlir writes
/// a broadcast along a dynamic extent as select(extent == 1, 0, index): the
/// index itself where the loop has that extent.
AffineExpr ExprBuilder::affineIndex(linalg::LinalgOp op, Value value,
                                    ArrayRef<AffineExpr> loops,
                                    std::optional<unsigned> &loop) {
  if (std::optional<int64_t> number = getConstantIntValue(value))
    return getAffineConstantExpr(*number, context.getContext());
  if (auto index = value.getDefiningOp<linalg::IndexOp>()) {
    loop = index.getDim();
    return loops[index.getDim()];
  }
  auto select = value.getDefiningOp<arith::SelectOp>();
  auto compare =
      select ? select.getCondition().getDefiningOp<arith::CmpIOp>() : nullptr;
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::eq ||
      getConstantIntValue(compare.getRhs()) != 1 ||
      getConstantIntValue(select.getTrueValue()) != 0 ||
      compare->getBlock() != op.getBlock())
    return AffineExpr();
  AffineExpr index = affineIndex(op, select.getFalseValue(), loops, loop);
  Value size = compare.getLhs();
  if (!index || !loop || size.getParentBlock() == op.getBlock() ||
      scalar(size) != loopExtent(op, *loop))
    return AffineExpr();
  return index;
}

const Expr *ExprBuilder::extracted(linalg::LinalgOp op,
                                   tensor::ExtractOp extract,
                                   ArrayRef<AffineExpr> loops) {
  if (extract.getTensor().getParentBlock() == op.getBlock())
    return nullptr;
  SmallVector<AffineExpr> indices;
  for (Value value : extract.getIndices()) {
    std::optional<unsigned> loop;
    AffineExpr index = affineIndex(op, value, loops, loop);
    if (!index)
      return nullptr;
    indices.push_back(index);
  }
  return element(extract.getTensor(), indices);
}

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
