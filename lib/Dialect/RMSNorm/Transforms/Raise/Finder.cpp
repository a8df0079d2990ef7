//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Candidates, and how far a norm reaches.

#include "Finder.h"

#include "Resolver.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// Whether norms are looked for in the body of `op`. That of a reduction may
/// compute one before it adds up: fusion takes a norm into the matmul behind
/// it.
static bool holdsCandidates(linalg::LinalgOp op) {
  return op.hasPureTensorSemantics() && op.getNumLoops() <= maxLoops &&
         !isa<linalg::ContractionOpInterface, linalg::ConvolutionOpInterface,
              linalg::FillOp>(op.getOperation());
}

const void *Finder::keyOf(const Expr *sum) const {
  for (const Materialization &tensor : builder.materializations(sum))
    if (Operation *op = tensor.tensor.getDefiningOp())
      return op;
  return sum;
}

const Expr *Finder::valueOf(linalg::LinalgOp op, Value value) {
  return builder.body(op, builder.loopVariables(op)).lookup(value);
}

void Finder::run(Operation *root) {
  root->walk<WalkOrder::PreOrder>([&](linalg::LinalgOp op) {
    order[op] = ops.size();
    ops.push_back(op);
  });
  for (linalg::LinalgOp op : ops)
    if (holdsCandidates(op))
      visit(op);
  visitDeferred();
  // A match may have been extended past others.
  SmallVector<std::tuple<unsigned, unsigned, Match *>> positions;
  for (Match &match : matches)
    positions.push_back({order.lookup(match.op), positions.size(), &match});
  llvm::sort(positions);
  for (auto [op, number, match] : positions)
    ordered.push_back(match);
}

std::optional<NormForm> Finder::match(const Expr *expr,
                                      SmallVectorImpl<Refusal> &refusals) {
  std::optional<NormForm> form = matcher.match(expr, refusals);
  if (form || !Resolver::isResolvable(expr))
    return form;
  Resolver resolver(builder);
  const Expr *behind = resolver.resolve(expr);
  if (!behind || behind == expr)
    return std::nullopt;
  SmallVector<Refusal> others;
  form = matchBehind(behind, others);
  // What is behind is what the reason is about; the root is that of the sum as
  // it is written.
  for (Refusal &refusal : others)
    if (expr->someSum)
      refusal.sum = expr->someSum;
  refusals.insert(refusals.begin(), others.begin(), others.end());
  if (form) {
    form->looksBehind = true;
    joinsBehind.insert_range(resolver.joinedOperations());
  }
  return form;
}

std::optional<NormForm>
Finder::matchBehind(const Expr *behind, SmallVectorImpl<Refusal> &refusals) {
  std::optional<NormForm> form = matcher.match(behind, refusals);
  if (form || !behind->rootedSum)
    return form;
  // A part of what the statistic is one of: a part of a norm.
  for (unsigned variable = 0; variable < maxLoops; ++variable) {
    if (!(behind->free & (uint64_t(1) << variable)))
      continue;
    std::optional<Composite> slice = onlySliceOf(context, behind, variable);
    std::optional<IndexRange> range =
        slice ? Indices::rangeOf(*slice) : std::nullopt;
    if (!range || range->stride < 1)
      continue;
    const Expr *whole = context.unslice(behind, variable, *slice);
    SmallVector<Refusal> ignored;
    form = whole ? matcher.match(whole, ignored) : std::nullopt;
    // Only of the rows themselves: all rows are more than some of them.
    if (!form || !form->splits.empty() ||
        !llvm::is_contained(form->axes, variable))
      continue;
    form->part = NormForm::Part{variable, *range, whole};
    form->rootIsRstd = false;
    return form;
  }
  return std::nullopt;
}

/// Whether the results of `op` are nothing but parts of what is joined.
static bool isOnlyJoined(linalg::LinalgOp op) {
  return llvm::all_of(op->getUsers(), llvm::IsaPred<tensor::ConcatOp>);
}

void Finder::visitDeferred() {
  for (const Deferred &part : deferred)
    if (!llvm::all_of(part.op->getUsers(), [&](Operation *user) {
          return joinsBehind.contains(user);
        }))
      record(part.op, part.value, part.expr, part.form);
}

void Finder::record(linalg::LinalgOp op, Value value, const Expr *expr,
                    const NormForm &form) {
  matches.push_back({op, value, form, {}, {}, {}, {}, nullptr});
  Match &match = matches.back();
  auto [root, inserted] =
      roots.insert({keyOf(form.sumBeforeSplits), Root{value.getLoc(), "", 0}});
  root->second.matched = true;
  if (form.looksBehind)
    markMatched(expr);
  SmallVector<linalg::LinalgOp> ahead = extend(match);
  auto [first, isFirst] =
      byExpr.insert({valueOf(match.op, match.value), &match});
  match.same = isFirst ? nullptr : first->second;
  builder.makeAtom(match.op, match.value, first->second->value);
  for (linalg::LinalgOp next : ahead)
    builder.forget(next);
}

void Finder::visit(linalg::LinalgOp op) {
  visitAssertions(op);
  // What does not depend on the sum so far.
  SmallVector<Value> values;
  llvm::SmallDenseSet<Value> accumulated;
  if (op.getNumReductionLoops() != 0)
    for (OpOperand &init : op.getDpsInitsMutable())
      if (init.getOperandNumber() < op.getBlock()->getNumArguments())
        accumulated.insert(op.getMatchingBlockArgument(&init));
  for (Operation &inner : op.getBlock()->without_terminator()) {
    bool depends = llvm::any_of(inner.getOperands(), [&](Value operand) {
      return accumulated.contains(operand);
    });
    for (Value result : inner.getResults())
      if (depends)
        accumulated.insert(result);
      else if (inner.getNumResults() == 1 && isa<FloatType>(result.getType()))
        values.push_back(result);
  }
  for (Value value : values) {
    const Expr *expr = valueOf(op, value);
    if (!expr || covered.contains(value))
      continue;
    note(op, value, expr);
    SmallVector<Refusal> refusals;
    std::optional<NormForm> form = match(expr, refusals);
    if (form && form->resultType == value.getType()) {
      if (form->part && isOnlyJoined(op))
        deferred.push_back({op, value, expr, *form});
      else
        record(op, value, expr, *form);
      continue;
    }
    if (refusals.empty())
      if (std::optional<Refusal> hint = explain(context, expr))
        refusals.push_back(*hint);
    for (const Refusal &refusal : refusals) {
      auto [root, inserted] = roots.insert(
          {keyOf(refusal.sum), Root{value.getLoc(), refusal.reason, -1}});
      if (refusal.progress > root->second.progress) {
        root->second.reason = refusal.reason;
        root->second.progress = refusal.progress;
        root->second.loc = value.getLoc();
      }
    }
  }
}

/// Whether `wide`, a scale or a bias, is more than `narrow`, which is one
/// already: computed of it and others, once more for every call.
static bool isFurther(const Expr *narrow, const Expr *wide) {
  auto count = [](const Expr *expr) {
    size_t leaves = 0;
    contains(expr, [&](const Expr *part) {
      leaves += part->kind == Kind::Leaf;
      return false;
    });
    return leaves;
  };
  return narrow && count(wide) > count(narrow);
}

std::optional<NormForm> Finder::extended(const Match &match,
                                         linalg::LinalgOp op, Value value) {
  const Expr *expr = valueOf(op, value);
  if (!expr)
    return std::nullopt;
  SmallVector<Refusal> refusals;
  std::optional<NormForm> form = this->match(expr, refusals);
  if (!form || form->resultType != value.getType() ||
      form->scaleNumber != match.form.scaleNumber ||
      // A further factor is a neighbour, and costs nothing in the same kernel.
      isFurther(match.form.scale, form->scale) ||
      isFurther(match.form.bias, form->bias) ||
      keyOf(form->sumBeforeSplits) != keyOf(match.form.sumBeforeSplits))
    return std::nullopt;
  return form;
}

/// Takes scale, bias and rounding in, as long as nothing else reads what is
/// before them. Returns the operations that it looked at for that.
SmallVector<linalg::LinalgOp> Finder::extend(Match &match) {
  SmallVector<linalg::LinalgOp> ahead;
  linalg::LinalgOp op = match.op;
  Value value = match.value;
  while (value.hasOneUse()) {
    OpOperand &use = *value.getUses().begin();
    Operation *user = use.getOwner();
    if (user->hasTrait<OpTrait::IsTerminator>()) {
      // On to the operation that reads the result.
      Value result = op->getResult(use.getOperandNumber());
      while (
          result.hasOneUse() &&
          isa<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
              *result.user_begin()))
        result = result.user_begin()->getResult(0);
      if (!result.hasOneUse())
        return ahead;
      OpOperand &read = *result.getUses().begin();
      auto next = dyn_cast<linalg::LinalgOp>(read.getOwner());
      if (!next || next->getBlock() != op->getBlock() ||
          !holdsCandidates(next) || !next.isDpsInput(&read))
        return ahead;
      op = next;
      ahead.push_back(next);
      value = next.getMatchingBlockArgument(&read);
      continue;
    }
    if (user->getBlock() != op.getBlock() || user->getNumResults() != 1)
      return ahead;
    value = user->getResult(0);
    std::optional<NormForm> form = extended(match, op, value);
    if (!form)
      return ahead;
    covered.insert(match.value);
    match.op = op;
    match.value = value;
    match.form = *form;
  }
  return ahead;
}

std::optional<Element> Finder::reductionOf(const Expr *sum) const {
  for (const Materialization &found : builder.materializations(sum))
    if (found.tensor.getDefiningOp() == keyOf(sum))
      return Element{found.tensor, found.indices};
  return std::nullopt;
}

std::optional<Element> Finder::sumOf(const Match &match) const {
  return reductionOf(match.form.sumBeforeSplits);
}

SmallVector<Finder::Rstd> Finder::rstdsOf(const Match &match) const {
  SmallVector<Rstd> result;
  const Denominator &d = match.form.denominator;
  std::optional<Element> own = sumOf(match);
  if (!match.form.rootIsRstd || !own)
    return result;
  for (const RootValue &root : rootValues.lookup(keyOf(d.sum))) {
    std::string reason;
    const Term &term = root.expr->terms[0];
    std::optional<Denominator> other =
        parseDenominator(context, term.expr, term.number, Product(), reason);
    if (!other || other->eps != d.eps || other->mode != d.mode ||
        other->minRms != d.minRms || other->epsOperand ||
        other->nanRule != d.nanRule ||
        other->factor.number != d.factor.number ||
        other->factor.factors != d.factor.factors ||
        root.value.getType() != match.form.computeType)
      continue;
    std::optional<Element> row = reductionOf(other->sum);
    if (row && row->tensor == own->tensor)
      result.push_back({root.op, root.value, *row});
  }
  return result;
}
