//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Which variables an expression reads, and how.

#include "Expr.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

void rmsnorm::raise::walkIndices(const Expr *expr,
                                 llvm::function_ref<void(AffineExpr)> visit) {
  llvm::SmallDenseSet<const Expr *> seen;
  std::function<void(const Expr *)> walk = [&](const Expr *part) {
    if (!part->free || !seen.insert(part).second)
      return;
    for (AffineExpr index : part->indices)
      visit(index);
    for (const Term &term : part->terms)
      walk(term.expr);
  };
  walk(expr);
}

void rmsnorm::raise::walkComposites(
    ExprContext &context, const Expr *expr,
    llvm::function_ref<void(const Composite &)> visit) {
  std::function<void(AffineExpr)> walk = [&](AffineExpr index) {
    const Composite *meaning = context.indices.composite(index);
    if (!meaning)
      return;
    Composite copy = *meaning; // The table may move.
    visit(copy);
    for (AffineExpr part : copy.parts)
      walk(part);
  };
  walkIndices(expr, walk);
}

std::optional<Composite> rmsnorm::raise::onlySliceOf(ExprContext &context,
                                                     const Expr *expr,
                                                     unsigned variable) {
  AffineExpr whole = context.variable(variable);
  std::optional<Composite> only;
  bool consistent = true;
  std::function<void(AffineExpr)> walk = [&](AffineExpr index) {
    if (!consistent ||
        !(context.indices.variablesOf(index) & (uint64_t(1) << variable)))
      return;
    const Composite *meaning = context.indices.composite(index);
    if (!meaning) {
      consistent = false;
      return;
    }
    Composite copy = *meaning; // The table may move.
    if (copy.isSlice() && copy.parts[0] == whole) {
      consistent = !only || only->extents == copy.extents;
      only = copy;
      return;
    }
    for (AffineExpr part : copy.parts)
      walk(part);
  };
  walkIndices(expr, walk);
  return consistent ? only : std::nullopt;
}

SmallVector<const Expr *> rmsnorm::raise::digitsOf(ExprContext &context,
                                                   const Expr *expr,
                                                   unsigned variable) {
  AffineExpr whole = context.variable(variable);
  const Expr *total = nullptr;
  // Stride and extent of each digit.
  SmallVector<std::pair<const Expr *, const Expr *>> places;
  bool consistent = true;
  std::function<void(AffineExpr)> collect = [&](AffineExpr index) {
    const Composite *meaning = context.indices.composite(index);
    if (!meaning)
      return;
    if (!meaning->isDigit()) {
      SmallVector<AffineExpr> parts = meaning->parts;
      for (AffineExpr part : parts)
        collect(part);
      return;
    }
    if (meaning->parts[0] != whole)
      return;
    consistent &= !total || total == meaning->extents[0];
    total = meaning->extents[0];
    std::pair place{meaning->extents[1], meaning->extents[2]};
    if (!llvm::is_contained(places, place))
      places.push_back(place);
  };
  walkIndices(expr, collect);
  SmallVector<const Expr *> extents;
  if (places.empty() || !consistent)
    return extents;
  // The digits from the lowest on; one that is never read lies between two
  // others.
  auto times = [&](const Expr *a, const Expr *b, double power) {
    return context.mul(Type(), {{a, 1}, {b, power}});
  };
  const Expr *stride = context.constant(1);
  while (stride != total) {
    auto next = llvm::find_if(
        places, [&](const auto &place) { return place.first == stride; });
    const Expr *extent;
    if (next != places.end()) {
      extent = next->second;
      places.erase(next);
    } else {
      // Up to the digit with the least stride that there is; numbers only.
      const Expr *above = total;
      for (auto [other, size] : places)
        if (other->isConstant() &&
            (!above->isConstant() || other->number < above->number))
          above = other;
      if (!places.empty() && !above->isConstant())
        return {};
      extent = times(above, stride, -1);
    }
    extents.insert(extents.begin(), extent);
    const Expr *reached = times(stride, extent, 1);
    if (reached == stride || extents.size() > 8)
      return {};
    stride = reached;
  }
  if (!places.empty())
    return {};
  return extents;
}
