//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Elements of the results of linalg operations as expressions.

#include "ExprBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

const Expr *ExprBuilder::buildLinalg(OpResult result,
                                     ArrayRef<AffineExpr> indices) {
  auto op = cast<linalg::LinalgOp>(result.getOwner());
  if (!op.hasPureTensorSemantics() || op.getNumLoops() > maxLoops)
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
  // matmul) is no statistic, and stands for itself. On the diagonal, two loops
  // are one.
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto readsAll = [&](AffineMap map) {
    return llvm::all_of(
        llvm::seq<unsigned>(0, op.getNumLoops()), [&](unsigned loop) {
          return ranges[loop] == 1 || isa<AffineConstantExpr>(loops[loop]) ||
                 llvm::any_of(llvm::seq<unsigned>(0, op.getNumLoops()),
                              [&](unsigned other) {
                                return loops[other] == loops[loop] &&
                                       map.isFunctionOfDim(other);
                              });
        });
  };
  if (!bound.empty() && llvm::none_of(op.getIndexingMapsArray(), readsAll))
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
  // A product of two values is no statistic either, unless it is a square; nor
  // is what a convolution or a pooling adds up.
  if ((linalg::isaContractionOpInterface(op) ||
       isa<linalg::ConvolutionOpInterface>(op.getOperation())) &&
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
  SmallVector<const Expr *> ranges;
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
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      AffineExpr index;
      if (isa<AffineBinaryOpExpr>(expr)) {
        if (ranges.empty())
          ranges = loopExtents(op);
        index = context.indices.affine(expr, loops, ranges,
                                       extent(operand.get(), dim));
      }
      indices.push_back(index ? index : expr.replaceDims(loops));
    }
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

SmallVector<const Expr *> ExprBuilder::loopExtents(linalg::LinalgOp op) {
  SmallVector<const Expr *> extents;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    extents.push_back(loopExtent(op, loop));
  return extents;
}

/// An index as an affine expression of the numbers of the loops, or null; the
/// last one read is `loop`. torch-mlir writes a broadcast along a dynamic
/// extent as select(extent == 1, 0, index): the index itself where the loop has
/// that extent.
AffineExpr ExprBuilder::affineIndex(linalg::LinalgOp op, Value value,
                                    std::optional<unsigned> &loop) {
  if (std::optional<int64_t> number = getConstantIntValue(value))
    return getAffineConstantExpr(*number, context.getContext());
  if (auto index = value.getDefiningOp<linalg::IndexOp>()) {
    loop = index.getDim();
    return context.variable(index.getDim());
  }
  Operation *definition = value.getDefiningOp();
  if (auto apply = dyn_cast_if_present<affine::AffineApplyOp>(definition)) {
    AffineMap map = apply.getAffineMap();
    SmallVector<AffineExpr> operands;
    for (Value operand : apply.getMapOperands())
      operands.push_back(affineIndex(op, operand, loop));
    if (llvm::is_contained(operands, AffineExpr()))
      return AffineExpr();
    ArrayRef<AffineExpr> all(operands);
    return map.getResult(0).replaceDimsAndSymbols(
        all.take_front(map.getNumDims()), all.drop_front(map.getNumDims()));
  }
  if (definition && definition->getBlock() == op.getBlock() &&
      isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(definition)) {
    AffineExpr a = affineIndex(op, definition->getOperand(0), loop);
    AffineExpr b = affineIndex(op, definition->getOperand(1), loop);
    if (!a || !b)
      return AffineExpr();
    if (isa<arith::MulIOp>(definition))
      return isa<AffineConstantExpr>(a) || isa<AffineConstantExpr>(b)
                 ? a * b
                 : AffineExpr();
    return isa<arith::AddIOp>(definition) ? a + b : a - b;
  }
  auto select = value.getDefiningOp<arith::SelectOp>();
  auto compare =
      select ? select.getCondition().getDefiningOp<arith::CmpIOp>() : nullptr;
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::eq ||
      getConstantIntValue(compare.getRhs()) != 1 ||
      getConstantIntValue(select.getTrueValue()) != 0 ||
      compare->getBlock() != op.getBlock())
    return AffineExpr();
  AffineExpr index = affineIndex(op, select.getFalseValue(), loop);
  Value size = compare.getLhs();
  if (!index || !loop || size.getParentBlock() == op.getBlock() ||
      index != context.variable(*loop) || scalar(size) != loopExtent(op, *loop))
    return AffineExpr();
  return index;
}

const Expr *ExprBuilder::extracted(linalg::LinalgOp op,
                                   tensor::ExtractOp extract,
                                   ArrayRef<AffineExpr> loops) {
  if (extract.getTensor().getParentBlock() == op.getBlock())
    return nullptr;
  SmallVector<AffineExpr> indices;
  for (auto [dim, value] : llvm::enumerate(extract.getIndices())) {
    std::optional<unsigned> loop;
    AffineExpr index = affineIndex(op, value, loop);
    // A loop may be shorter than the axis that it reads.
    auto type = cast<RankedTensorType>(extract.getTensor().getType());
    if (index)
      index = type.getDimSize(dim) == 1
                  ? getAffineConstantExpr(0, context.getContext())
                  : context.indices.affine(index, loops, loopExtents(op),
                                           extent(extract.getTensor(), dim));
    if (!index)
      return nullptr;
    indices.push_back(index);
  }
  return element(extract.getTensor(), indices);
}
