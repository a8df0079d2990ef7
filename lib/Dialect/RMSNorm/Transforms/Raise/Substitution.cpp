//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Expressions in other variables.

#include "Expr.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

namespace {
struct Substitution {
  ExprContext &context;
  llvm::DenseMap<const Expr *, const Expr *> &done;

  const Expr *apply(const Expr *expr, const Replacements &replacements) {
    uint64_t affected = 0;
    for (auto [variable, replacement] : replacements)
      affected |= uint64_t(1) << variable;
    if (!(expr->free & affected))
      return expr;
    auto known = done.find(expr);
    if (known != done.end())
      return known->second;
    const Expr *result = rebuild(expr, replacements);
    done[expr] = result;
    return result;
  }

  const Expr *rebuild(const Expr *expr, const Replacements &replacements) {
    if (expr->kind == Kind::Sum)
      return rebuildSum(expr, replacements);
    SmallVector<Term> terms;
    SmallVector<const Expr *> values;
    for (const Term &term : expr->terms) {
      const Expr *value = apply(term.expr, replacements);
      if (!value)
        return nullptr;
      terms.push_back({value, term.number});
      values.push_back(value);
    }
    switch (expr->kind) {
    case Kind::Constant:
    case Kind::Dim:
    case Kind::Sum:
      return expr;
    case Kind::Leaf: {
      SmallVector<AffineExpr> indices;
      for (AffineExpr index : expr->indices)
        indices.push_back(context.indices.replace(index, replacements));
      return context.leaf(expr->source, indices, expr->type);
    }
    case Kind::Add:
      terms.push_back({context.constant(expr->number), 1});
      return context.add(expr->type, terms);
    case Kind::Mul:
      terms.push_back({context.constant(expr->number), 1});
      return context.mul(expr->type, terms);
    case Kind::Abs:
      return context.magnitude(values[0]);
    case Kind::Sign:
      return context.sign(expr->type, values[0], expr->position != 0);
    case Kind::Max:
      return context.maximum(expr->type, values,
                             static_cast<NaNRule>(expr->position));
    case Kind::Round:
      return context.round(expr->type, values[0]);
    case Kind::Extend:
      return context.extend(expr->type, values[0]);
    case Kind::Call:
      return context.call(expr->exemplar, expr->type, values);
    }
    llvm_unreachable("unknown kind");
  }

  /// Bound variables have numbers that no replacement depends on: those of an
  /// outer sum are higher than those of an inner one.
  const Expr *rebuildSum(const Expr *expr, const Replacements &replacements) {
    const Expr *value = apply(expr->inner(), replacements);
    if (!value)
      return nullptr;
    SmallVector<const Expr *> extents;
    for (const Term &extent : expr->extents())
      extents.push_back(extent.expr);
    return context.sum(expr->type, value, expr->bound, extents);
  }
};
} // namespace

const Expr *ExprContext::substitute(const Expr *expr,
                                    const Replacements &replacements) {
  SmallVector<unsigned> variables =
      llvm::to_vector(llvm::make_first_range(replacements));
  llvm::sort(variables);
  SmallVector<AffineExpr> key;
  for (unsigned variable : variables) {
    key.push_back(this->variable(variable));
    key.push_back(replacements.lookup(variable));
  }
  auto &done =
      substituted[AffineMap::get(maxVariables, maxSymbols, key, context)];
  if (!done)
    done = std::make_unique<llvm::DenseMap<const Expr *, const Expr *>>();
  return Substitution{*this, *done}.apply(expr, replacements);
}
