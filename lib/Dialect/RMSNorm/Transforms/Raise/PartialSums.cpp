//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Sums over parts of an axis that are one sum over the whole.

#include "Expr.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

namespace {
/// factors * (sum over a part of an axis), as one of the sum over the whole.
struct PartialSum {
  size_t term;
  /// factors * (sum over all of the axis).
  const Expr *whole;
  /// factors * (summand at the variable `axis`).
  const Expr *summand;
  unsigned axis;
  IndexRange range;
  /// The same in parts: factors, the sum itself, its summand at `axis`.
  SmallVector<Term> factors;
  const Expr *sum;
  const Expr *inner;
};
} // namespace

/// As long as an axis may be whose parts are counted one by one.
constexpr int64_t maxCounted = int64_t(1) << 20;
/// As many elements may be added one by one.
constexpr int64_t maxSingle = 256;

/// Which elements of the axis the ranges have; none if one has two of them.
static std::optional<std::vector<bool>> coverage(ArrayRef<PartialSum> parts) {
  std::vector<bool> covered(parts.front().range.total, false);
  for (const PartialSum &part : parts)
    for (int64_t place = 0; place < part.range.size; ++place) {
      int64_t index = part.range.offset + place * part.range.stride;
      if (index < 0 || index >= part.range.total || covered[index])
        return std::nullopt;
      covered[index] = true;
    }
  return covered;
}

/// The ways to see a term as a sum over a part of an axis.
static void partsOf(ExprContext &context, Type type, const Term &term,
                    size_t place, SmallVectorImpl<PartialSum> &parts) {
  SmallVector<Term> others;
  const Expr *sum = nullptr;
  Product product = asProduct(term.expr);
  for (const Term &factor : product.factors) {
    if (factor.expr->kind == Kind::Sum && factor.number == 1 && !sum)
      sum = factor.expr;
    else
      others.push_back(factor);
  }
  if (!sum || !sum->hasSlices || product.number != 1 || sum->type != type)
    return;
  auto times = [&](const Expr *expr) {
    SmallVector<Term> factors(others);
    factors.push_back({expr, 1});
    return context.mul(type, factors);
  };
  for (auto [at, variable] : llvm::enumerate(sum->bound)) {
    std::optional<Composite> slice =
        onlySliceOf(context, sum->inner(), variable);
    std::optional<IndexRange> range =
        slice ? Indices::rangeOf(*slice) : std::nullopt;
    if (!range || range->total > maxCounted ||
        slice->extents[2] != sum->extents()[at].expr)
      continue;
    const Expr *summand = context.unslice(sum->inner(), variable, *slice);
    if (!summand)
      continue;
    SmallVector<const Expr *> extents;
    for (const Term &extent : sum->extents())
      extents.push_back(extent.expr);
    extents[at] = slice->extents[3];
    const Expr *whole = context.sum(type, summand, sum->bound, extents);
    // Of a single axis, single elements may be added to it.
    if (whole)
      parts.push_back({place, times(whole),
                       sum->bound.size() == 1 ? times(summand) : nullptr,
                       variable, *range, others, sum, summand});
  }
}

/// The sum over elements [begin, end) of the axis that `part` is a part of.
static const Expr *sumOver(ExprContext &context, Type type,
                           const PartialSum &part, int64_t begin, int64_t end) {
  const Expr *size = context.constant(static_cast<double>(end - begin));
  Replacements replacements;
  replacements[part.axis] = context.indices.slice(
      context.variable(part.axis), begin, 1, size,
      context.constant(static_cast<double>(part.range.total)));
  const Expr *inner = context.substitute(part.inner, replacements);
  SmallVector<const Expr *> extents;
  for (auto [variable, extent] :
       llvm::zip_equal(part.sum->bound, part.sum->extents()))
    extents.push_back(variable == part.axis ? size : extent.expr);
  const Expr *sum =
      inner ? context.sum(type, inner, part.sum->bound, extents) : nullptr;
  if (!sum)
    return nullptr;
  SmallVector<Term> factors(part.factors);
  factors.push_back({sum, 1});
  return context.mul(type, factors);
}

/// The elements as [begin, end), if they are neighbours.
static std::optional<std::pair<int64_t, int64_t>>
neighbours(const std::vector<bool> &covered) {
  auto begin = llvm::find(covered, true);
  auto end = std::find(begin, covered.end(), false);
  if (begin == covered.end() ||
      std::find(end, covered.end(), true) != covered.end())
    return std::nullopt;
  return std::pair<int64_t, int64_t>(begin - covered.begin(),
                                     end - covered.begin());
}

bool ExprContext::joinPartialSums(Type type, SmallVectorImpl<Term> &terms) {
  SmallVector<PartialSum> parts;
  for (auto [place, term] : llvm::enumerate(terms))
    if (term.expr->hasSlices)
      partsOf(*this, type, term, place, parts);
  auto replace = [&](SmallVector<size_t> taken, const Term &by) {
    llvm::sort(taken, std::greater<>());
    for (size_t place : taken)
      terms.erase(terms.begin() + place);
    terms.push_back(by);
    return true;
  };
  // Parts of a part of the axis, where they are not all of it.
  std::optional<std::pair<SmallVector<size_t>, Term>> wider;
  auto belongTogether = [&](const PartialSum &a, const PartialSum &b) {
    return a.whole == b.whole && a.axis == b.axis &&
           a.range.total == b.range.total &&
           terms[a.term].number == terms[b.term].number;
  };
  for (const PartialSum &first : parts) {
    // Each group once.
    if (llvm::any_of(ArrayRef<PartialSum>(parts.begin(), &first),
                     [&](const PartialSum &part) {
                       return belongTogether(part, first);
                     }))
      continue;
    SmallVector<PartialSum> group;
    for (const PartialSum &part : parts)
      if (belongTogether(part, first))
        group.push_back(part);
    std::optional<std::vector<bool>> covered = coverage(group);
    if (!covered)
      continue;
    SmallVector<size_t> taken;
    for (const PartialSum &part : group)
      taken.push_back(part.term);
    int64_t missing = llvm::count(*covered, false);
    auto range = neighbours(*covered);
    if (missing && range && group.size() > 1 && !wider)
      if (const Expr *sum =
              sumOver(*this, type, first, range->first, range->second))
        wider = std::pair(taken, Term{sum, terms[first.term].number});
    if (missing > maxSingle || (missing && !first.summand))
      continue;
    bool complete = true;
    for (size_t index = 0; index < covered->size() && missing; ++index) {
      if ((*covered)[index])
        continue;
      Replacements replacements;
      replacements[first.axis] =
          getAffineConstantExpr(static_cast<int64_t>(index), context);
      const Expr *element = substitute(first.summand, replacements);
      // Perhaps as a sum over an axis of one element.
      const Expr *alone = element ? sum(type, element, {}, {}) : nullptr;
      auto found = llvm::find_if(terms, [&](const Term &term) {
        return (term.expr == element || term.expr == alone) &&
               term.number == terms[first.term].number;
      });
      size_t place = found - terms.begin();
      complete &=
          element && found != terms.end() && !llvm::is_contained(taken, place);
      if (!complete)
        break;
      taken.push_back(place);
    }
    if (!complete)
      continue;
    return replace(taken, {first.whole, terms[first.term].number});
  }
  return wider && replace(wider->first, wider->second);
}
