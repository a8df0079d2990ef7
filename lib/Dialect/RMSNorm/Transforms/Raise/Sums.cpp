//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Sums in normal form, and expressions in other variables.

#include "Expr.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

static uint64_t bit(unsigned variable) { return uint64_t(1) << variable; }

//===----------------------------------------------------------------------===//
// Indices of an expression
//===----------------------------------------------------------------------===//

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
    if (meaning->isNumber) {
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

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// A variable of a sum that is nowhere read but as digits becomes one variable
/// for each digit.
bool ExprContext::splitBound(const Expr *&value,
                             SmallVectorImpl<unsigned> &bound,
                             SmallVectorImpl<const Expr *> &extents) {
  if (!value->hasDigits)
    return false;
  for (auto [place, variable] : llvm::enumerate(bound)) {
    SmallVector<const Expr *> sizes = digitsOf(*this, value, variable);
    if (sizes.size() < 2)
      continue;
    SmallVector<AffineExpr> digits;
    SmallVector<unsigned> fresh;
    for (unsigned next = firstTemporary;
         next < maxVariables && fresh.size() < sizes.size(); ++next)
      if (!(value->free & bit(next)) && !llvm::is_contained(bound, next)) {
        fresh.push_back(next);
        digits.push_back(this->variable(next));
      }
    if (fresh.size() < sizes.size())
      return false;
    Replacements replacements;
    replacements[variable] = indices.number(digits, sizes);
    const Expr *split = substitute(value, replacements);
    if (!split)
      return false;
    // Nothing may need the whole.
    bool whole = false;
    walkIndices(split, [&](AffineExpr index) {
      const Composite *meaning = indices.composite(index);
      if (!meaning || !meaning->isNumber)
        return;
      SmallVector<AffineExpr> parts = meaning->parts;
      whole |= llvm::count_if(digits, [&](AffineExpr digit) {
                 return llvm::is_contained(parts, digit);
               }) > 1;
    });
    if (whole)
      continue;
    value = split;
    bound.erase(bound.begin() + place);
    bound.append(fresh.begin(), fresh.end());
    extents.erase(extents.begin() + place);
    extents.append(sizes.begin(), sizes.end());
    return true;
  }
  return false;
}

/// Two variables of a sum that are nowhere read but as neighbouring digits of
/// one number become that number.
bool ExprContext::mergeBound(const Expr *&value,
                             SmallVectorImpl<unsigned> &bound,
                             SmallVectorImpl<const Expr *> &extents) {
  if (bound.size() < 2)
    return false;
  SmallVector<std::pair<unsigned, unsigned>> pairs;
  auto placeOf = [&](AffineExpr index) -> std::optional<unsigned> {
    auto dim = dyn_cast<AffineDimExpr>(index);
    auto found = dim ? llvm::find(bound, dim.getPosition()) : bound.end();
    if (found == bound.end())
      return std::nullopt;
    return found - bound.begin();
  };
  walkIndices(value, [&](AffineExpr index) {
    const Composite *meaning = indices.composite(index);
    if (!meaning || !meaning->isNumber)
      return;
    for (size_t at = 1; at < meaning->parts.size(); ++at) {
      std::optional<unsigned> high = placeOf(meaning->parts[at - 1]),
                              low = placeOf(meaning->parts[at]);
      if (high && low && !llvm::is_contained(pairs, std::pair(*high, *low)))
        pairs.push_back({*high, *low});
    }
  });
  for (auto [high, low] : pairs) {
    unsigned fresh = firstTemporary;
    while (fresh < maxVariables &&
           ((value->free & bit(fresh)) || llvm::is_contained(bound, fresh)))
      ++fresh;
    if (fresh == maxVariables)
      return false;
    const Expr *total = mul(Type(), {{extents[high], 1}, {extents[low], 1}});
    SmallVector<AffineExpr> digits =
        indices.digits(variable(fresh), {extents[high], extents[low]});
    Replacements replacements;
    replacements[bound[high]] = digits[0];
    replacements[bound[low]] = digits[1];
    const Expr *merged = substitute(value, replacements);
    if (!merged || !digitsOf(*this, merged, fresh).empty())
      continue;
    value = merged;
    bound[high] = fresh;
    extents[high] = total;
    bound.erase(bound.begin() + low);
    extents.erase(extents.begin() + low);
    return true;
  }
  return false;
}

const Expr *ExprContext::sum(Type type, const Expr *value,
                             ArrayRef<unsigned> givenBound,
                             ArrayRef<const Expr *> givenExtents) {
  // The sum of a sum of terms is that of each; a narrow one is rounded at each
  // step.
  if (value->kind == Kind::Add && value->type == type && isIslandType(type)) {
    SmallVector<Term> parts;
    SmallVector<Term> count{{constant(value->number), 1}};
    for (const Expr *extent : givenExtents)
      count.push_back({extent, 1});
    parts.push_back({mul(type, count), 1});
    for (const Term &term : value->terms) {
      const Expr *part = sum(type, term.expr, givenBound, givenExtents);
      if (!part)
        return nullptr;
      parts.push_back({part, term.number});
    }
    return add(type, parts);
  }
  // Constant factors and extents come out of the sum.
  Product product = asProduct(value);
  SmallVector<Term, 4> outside{{constant(product.number), 1}}, inside;
  for (const Term &factor : product.factors)
    (factor.expr->kind == Kind::Dim ? outside : inside).push_back(factor);
  value = mul(type, inside);

  SmallVector<unsigned> bound(givenBound);
  SmallVector<const Expr *> extents(givenExtents);
  // A sum of sums is one sum.
  if (value->kind == Kind::Sum && value->type == type) {
    for (const Term &extent : value->extents())
      extents.push_back(extent.expr);
    llvm::append_range(bound, value->bound);
    value = value->inner();
  }
  while (splitBound(value, bound, extents) ||
         mergeBound(value, bound, extents)) {
  }
  // What does not depend on a variable is added as often as its extent says.
  for (size_t place = bound.size(); place-- > 0;)
    if (!(value->free & bit(bound[place]))) {
      outside.push_back({extents[place], 1});
      bound.erase(bound.begin() + place);
      extents.erase(extents.begin() + place);
    }
  // The names of the variables, in the order in which they occur.
  SmallVector<unsigned> order;
  if (bound.size() == 1)
    order.push_back(0);
  else
    walkIndices(value, [&](AffineExpr index) {
      uint64_t used = indices.variablesOf(index);
      for (auto [place, variable] : llvm::enumerate(bound))
        if ((used & bit(variable)) && !llvm::is_contained(order, place))
          order.push_back(place);
    });
  if (firstBound + value->height + bound.size() > firstTemporary)
    return nullptr;
  Replacements names;
  Expr expr;
  expr.kind = Kind::Sum;
  expr.type = type;
  expr.terms.push_back({value, 1});
  for (unsigned place : order) {
    unsigned name = firstBound + value->height + expr.bound.size();
    if (bound[place] != name)
      names[bound[place]] = variable(name);
    expr.bound.push_back(name);
    expr.terms.push_back({extents[place], 1});
  }
  if (!names.empty())
    expr.terms[0].expr = substitute(value, names);
  if (!expr.terms[0].expr)
    return nullptr;
  outside.push_back({unique(std::move(expr)), 1});
  return mul(type, outside);
}

//===----------------------------------------------------------------------===//
// Substitution
//===----------------------------------------------------------------------===//

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
