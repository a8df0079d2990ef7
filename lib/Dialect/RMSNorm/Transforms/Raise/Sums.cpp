//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Sums in normal form.

#include "Expr.h"

#include "mlir/IR/BuiltinTypes.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

static uint64_t bit(unsigned variable) { return uint64_t(1) << variable; }

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
    // Nothing may need the whole; its digits in another order are another
    // number.
    bool whole = false;
    walkComposites(*this, split, [&](const Composite &meaning) {
      whole |= meaning.isNumber() &&
               std::search(meaning.parts.begin(), meaning.parts.end(),
                           digits.begin(), digits.end()) != meaning.parts.end();
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
  walkComposites(*this, value, [&](const Composite &meaning) {
    if (!meaning.isNumber())
      return;
    for (size_t at = 1; at < meaning.parts.size(); ++at) {
      std::optional<unsigned> high = placeOf(meaning.parts[at - 1]),
                              low = placeOf(meaning.parts[at]);
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

/// A variable of a sum that is read through one slice only, which goes over the
/// whole axis in another order, becomes that axis.
bool ExprContext::unsliceBound(const Expr *&value, ArrayRef<unsigned> bound,
                               ArrayRef<const Expr *> extents) {
  for (auto [variable, extent] : llvm::zip_equal(bound, extents)) {
    std::optional<Composite> slice = onlySliceOf(*this, value, variable);
    if (!slice || slice->extents[2] != extent || slice->extents[3] != extent ||
        std::abs(slice->extents[1]->number) != 1)
      continue;
    std::optional<IndexRange> range = Indices::rangeOf(*slice);
    if (range && range->offset != (range->stride > 0 ? 0 : range->total - 1))
      continue;
    if (const Expr *whole = unslice(value, variable, *slice)) {
      value = whole;
      return true;
    }
  }
  return false;
}

const Expr *ExprContext::unslice(const Expr *value, unsigned variable,
                                 const Composite &slice) {
  Replacements replacements;
  replacements[variable] = indices.position(this->variable(variable), slice);
  return substitute(value, replacements);
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
  // A number is added as often as the extents say.
  if (value->isConstant()) {
    outside.push_back({value, 1});
    for (const Expr *extent : givenExtents)
      outside.push_back({extent, 1});
    return product.number == 0 ? constant(0) : mul(type, outside);
  }

  SmallVector<unsigned> bound(givenBound);
  SmallVector<const Expr *> extents(givenExtents);
  // A sum of sums is one sum.
  if (value->kind == Kind::Sum && value->type == type) {
    if (llvm::any_of(value->bound, [&](unsigned variable) {
          return llvm::is_contained(givenBound, variable);
        }))
      return nullptr;
    for (const Term &extent : value->extents())
      extents.push_back(extent.expr);
    llvm::append_range(bound, value->bound);
    value = value->inner();
  }
  while (splitBound(value, bound, extents) ||
         mergeBound(value, bound, extents) ||
         unsliceBound(value, bound, extents)) {
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
    // The variable of a sum around this one.
    if ((value->free & bit(name)) && !llvm::is_contained(bound, name))
      return nullptr;
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
