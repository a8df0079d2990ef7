//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Conditions on indices that hold at every step of a sum, or at none: those of
/// a triangular mask at its last row, say.

#include "Resolver.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

namespace {
struct Conditions {
  ExprContext &context;
  ArrayRef<unsigned> bound;
  ArrayRef<const Expr *> extents;
  llvm::DenseMap<const Expr *, const Expr *> done;

  using Interval = std::pair<double, double>;

  std::optional<Interval> intervalOf(AffineExpr index) const {
    if (auto known = dyn_cast<AffineConstantExpr>(index)) {
      double number = static_cast<double>(known.getValue());
      return Interval{number, number};
    }
    if (auto variable = dyn_cast<AffineDimExpr>(index)) {
      auto found = llvm::find(bound, variable.getPosition());
      if (found == bound.end() || !extents[found - bound.begin()]->isConstant())
        return std::nullopt;
      return Interval{0, extents[found - bound.begin()]->number - 1};
    }
    const Composite *meaning = context.indices.composite(index);
    std::optional<IndexRange> range =
        meaning ? Indices::rangeOf(*meaning) : std::nullopt;
    if (!range)
      return std::nullopt;
    auto first = static_cast<double>(range->offset);
    auto last =
        static_cast<double>(range->offset + range->stride * (range->size - 1));
    return Interval{std::min(first, last), std::max(first, last)};
  }

  /// The interval, if the type has all of it and so does a double: an integer
  /// that does not fit wraps around.
  static std::optional<Interval> within(Type type,
                                        std::optional<Interval> range) {
    if (!range || !type || !type.isIntOrIndex())
      return std::nullopt;
    unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
    double end = std::ldexp(1.0, static_cast<int>(std::min(width - 1, 53u)));
    if (range->first < -end || range->second >= end)
      return std::nullopt;
    return range;
  }

  /// The least and the greatest value of an integer, if they are known.
  std::optional<Interval> intervalOf(const Expr *expr) const {
    if (expr->isConstant())
      return Interval{expr->number, expr->number};
    if (expr->kind == Kind::Leaf && !expr->source)
      return intervalOf(expr->indices[0]);
    if (expr->kind != Kind::Call)
      return std::nullopt;
    if (isa<arith::IndexCastOp, arith::ExtSIOp>(expr->exemplar))
      return within(expr->type, intervalOf(expr->inner()));
    if (!isa<arith::AddIOp, arith::SubIOp>(expr->exemplar))
      return std::nullopt;
    std::optional<Interval> a = intervalOf(expr->terms[0].expr),
                            b = intervalOf(expr->terms[1].expr);
    if (!a || !b)
      return std::nullopt;
    return within(expr->type,
                  isa<arith::AddIOp>(expr->exemplar)
                      ? Interval{a->first + b->first, a->second + b->second}
                      : Interval{a->first - b->second, a->second - b->first});
  }

  /// Whether the comparison holds always or never.
  std::optional<bool> decide(const Expr *condition) const {
    auto compare = condition->kind == Kind::Call
                       ? dyn_cast<arith::CmpIOp>(condition->exemplar)
                       : nullptr;
    if (!compare)
      return std::nullopt;
    std::optional<Interval> a = intervalOf(condition->terms[0].expr),
                            b = intervalOf(condition->terms[1].expr);
    if (!a || !b)
      return std::nullopt;
    auto ordered = [](const Interval &low, const Interval &high,
                      bool strictly) -> std::optional<bool> {
      if (strictly ? low.second < high.first : low.second <= high.first)
        return true;
      if (strictly ? low.first >= high.second : low.first > high.second)
        return false;
      return std::nullopt;
    };
    switch (compare.getPredicate()) {
    case arith::CmpIPredicate::slt:
      return ordered(*a, *b, true);
    case arith::CmpIPredicate::sle:
      return ordered(*a, *b, false);
    case arith::CmpIPredicate::sgt:
      return ordered(*b, *a, true);
    case arith::CmpIPredicate::sge:
      return ordered(*b, *a, false);
    default:
      return std::nullopt;
    }
  }

  const Expr *apply(const Expr *expr) {
    if (expr->terms.empty())
      return expr;
    auto known = done.find(expr);
    if (known != done.end())
      return known->second;
    return done[expr] = rebuild(expr);
  }

  const Expr *rebuild(const Expr *expr) {
    if (expr->kind == Kind::Call && isa<arith::SelectOp>(expr->exemplar))
      if (std::optional<bool> holds = decide(expr->terms[0].expr))
        return apply(expr->terms[*holds ? 1 : 2].expr);
    SmallVector<Term> terms;
    for (const Term &term : expr->terms)
      terms.push_back({apply(term.expr), term.number});
    terms.push_back({context.constant(expr->number), 1});
    // Masks are made by multiplication and selection.
    if (expr->kind == Kind::Add)
      return context.add(expr->type, terms);
    if (expr->kind == Kind::Mul)
      return context.mul(expr->type, terms);
    return expr;
  }
};
} // namespace

const Expr *Resolver::decide(const Expr *value, ArrayRef<unsigned> bound,
                             ArrayRef<const Expr *> extents) {
  bool compares = contains(value, [](const Expr *part) {
    return part->kind == Kind::Call && isa<arith::CmpIOp>(part->exemplar);
  });
  if (!compares)
    return value;
  Conditions conditions{context, bound, extents,
                        llvm::DenseMap<const Expr *, const Expr *>()};
  return conditions.apply(value);
}
