//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Normal forms of sums, products, magnitudes, signs and maxima.

#include "Expr.h"

#include <cmath>
#include <functional>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

/// Whether the terms of `expr` may be taken into a computation in `type`.
static bool isSameIsland(const Expr *expr, Type type) {
  return expr->type == type || !expr->type;
}

static void sortTerms(SmallVectorImpl<Term> &terms) {
  llvm::sort(terms, [](const Term &a, const Term &b) {
    return a.expr->id != b.expr->id ? a.expr->id < b.expr->id
                                    : a.number < b.number;
  });
}

/// A sum of so many terms is a term of its own in a further one, so that the
/// residual stream of a deep model does not become one sum of all its layers.
constexpr size_t maxFlatTerms = 16;
/// Sums over parts of an axis are, to be one over the whole.
constexpr size_t maxFlatParts = 256;

const Expr *ExprContext::add(Type type, ArrayRef<Term> given) {
  double number = 0;
  SmallVector<Term, 4> terms;
  std::function<void(const Expr *, double)> take = [&](const Expr *expr,
                                                       double factor) {
    if (expr->isConstant()) {
      number += factor * expr->number;
      return;
    }
    if (expr->kind == Kind::Add && isSameIsland(expr, type) &&
        expr->terms.size() < (expr->hasSlices ? maxFlatParts : maxFlatTerms)) {
      number += factor * expr->number;
      for (const Term &term : expr->terms)
        take(term.expr, factor * term.number);
      return;
    }
    if (expr->kind == Kind::Mul && isSameIsland(expr, type) &&
        expr->number != 1) {
      factor *= expr->number;
      expr = mul(expr->type, expr->terms);
      if (expr->kind == Kind::Add)
        return take(expr, factor);
    }
    // x - x stays: it is no zero where x is infinite.
    for (Term &term : terms)
      if (term.expr == expr && (term.number > 0) == (factor > 0)) {
        term.number += factor;
        return;
      }
    terms.push_back({expr, factor});
  };
  for (const Term &term : given)
    take(term.expr, term.number);
  // Sums over parts of an axis; what they become may be a term already.
  if (joinPartialSums(type, terms)) {
    SmallVector<Term> joined{{constant(number), 1}};
    llvm::append_range(joined, terms);
    return add(type, joined);
  }
  if (terms.empty())
    return constant(number);
  // max(a, b) + c is max(a + c, b + c), b and c being numbers.
  if (terms.size() == 1 && number != 0 && terms[0].number > 0 &&
      terms[0].expr->kind == Kind::Max && terms[0].expr->type == type &&
      llvm::any_of(terms[0].expr->terms,
                   [](const Term &term) { return term.expr->isConstant(); })) {
    const Expr *max = terms[0].expr;
    SmallVector<const Expr *> values;
    for (const Term &term : max->terms)
      values.push_back(
          add(type, {{term.expr, terms[0].number}, {constant(number), 1}}));
    return maximum(type, values, static_cast<NaNRule>(max->position));
  }
  if (terms.size() == 1 && number == 0) {
    if (terms[0].number == 1)
      return terms[0].expr;
    return mul(type, {{constant(terms[0].number), 1}, {terms[0].expr, 1}});
  }
  sortTerms(terms);
  Expr expr;
  expr.kind = Kind::Add;
  expr.type = type;
  expr.number = number;
  expr.terms.assign(terms.begin(), terms.end());
  return unique(std::move(expr));
}

/// Whether a value that is NaN for a negative one, as its root is, becomes a
/// number with the power `after`. What is a root of a statistic is divided by.
static bool losesNaN(const Expr *expr, double before, double after) {
  return before != std::floor(before) && after == std::floor(after) &&
         !expr->someSum && !isNonNegative(expr);
}

const Expr *ExprContext::mul(Type type, ArrayRef<Term> given) {
  double number = 1;
  SmallVector<Term, 4> factors;
  auto isInteger = [](double power) { return power == std::floor(power); };
  auto isEven = [](double power) { return std::fmod(power, 2.0) == 0.0; };
  std::function<void(const Expr *, double)> take = [&](const Expr *expr,
                                                       double power) {
    if (expr->isConstant() && (expr->number > 0 || isInteger(power))) {
      number *= std::pow(expr->number, power);
      return;
    }
    if (expr->kind == Kind::Mul && isSameIsland(expr, type)) {
      // (a*b)^p is a^p * b^p for integers p, else only where no factor can be
      // negative; (a^2)^(1/2) is |a|.
      bool keepsNaN = llvm::none_of(expr->terms, [&](const Term &term) {
        double after = term.number * power;
        // As (x^3)^(1/3) is for a negative x.
        bool isRootOfOdd = !isInteger(power) && isInteger(term.number) &&
                           !isEven(term.number) && isInteger(after) &&
                           !isNonNegative(term.expr);
        return isRootOfOdd || losesNaN(term.expr, term.number, after);
      });
      auto isPowerOfSize = [&](const Term &term) {
        return isNonNegative(term.expr) || !isInteger(term.number) ||
               isEven(term.number);
      };
      bool distributes =
          keepsNaN &&
          (isInteger(power) ||
           (expr->number > 0 &&
            (llvm::all_of(expr->terms, isPowerOfSize) ||
             (expr->terms.size() == 1 && !isEven(expr->terms[0].number)))));
      if (distributes) {
        number *= std::pow(expr->number, power);
        for (const Term &term : expr->terms)
          take(isInteger(power) || !isInteger(term.number) ||
                       !isEven(term.number)
                   ? term.expr
                   : magnitude(term.expr),
               term.number * power);
        return;
      }
      if (expr->number > 0 && expr->number != 1) {
        number *= std::pow(expr->number, power);
        return take(mul(expr->type, expr->terms), power);
      }
    }
    // x / x stays: it is not 1 where x is zero.
    for (Term &factor : factors)
      if (factor.expr == expr &&
          ((factor.number > 0) == (power > 0) || expr->kind == Kind::Dim ||
           isNeverZero(expr)) &&
          !losesNaN(expr, power, factor.number + power)) {
        factor.number += power;
        return;
      }
    factors.push_back({expr, power});
  };
  for (const Term &term : given)
    take(term.expr, term.number);
  // sign(x) * |x| is x.
  auto isMagnitudeOf = [&](const Expr *value) {
    return llvm::find_if(factors, [=](const Term &factor) {
      return factor.number == 1 &&
             (factor.expr->kind == Kind::Abs
                  ? factor.expr->inner() == value
                  : factor.expr == value && isNonNegative(value));
    });
  };
  for (size_t place = 0; place < factors.size(); ++place) {
    const Expr *sign = factors[place].expr;
    if (sign->kind != Kind::Sign || factors[place].number != 1)
      continue;
    auto magnitude = isMagnitudeOf(sign->inner());
    if (magnitude == factors.end())
      continue;
    size_t other = magnitude - factors.begin();
    factors.erase(factors.begin() + std::max(place, other));
    factors.erase(factors.begin() + std::min(place, other));
    take(sign->inner(), 1);
    place = 0;
  }
  // |x|^2 is x^2.
  auto isSquaredMagnitude = [&](const Term &factor) {
    return factor.expr->kind == Kind::Abs && isEven(factor.number) &&
           factor.number != 0;
  };
  for (auto found = llvm::find_if(factors, isSquaredMagnitude);
       found != factors.end();
       found = llvm::find_if(factors, isSquaredMagnitude)) {
    Term magnitude = *found;
    factors.erase(found);
    take(magnitude.expr->inner(), magnitude.number);
  }
  llvm::erase_if(factors, [](const Term &term) { return term.number == 0; });
  if (factors.empty())
    return constant(number);
  if (factors.size() == 1 && factors[0].number == 1 && number == 1)
    return factors[0].expr;
  sortTerms(factors);
  Expr expr;
  expr.kind = Kind::Mul;
  expr.type = type;
  expr.number = number;
  expr.terms.assign(factors.begin(), factors.end());
  return unique(std::move(expr));
}

const Expr *ExprContext::magnitude(const Expr *value) {
  if (value->isConstant())
    return constant(std::abs(value->number));
  if (isNonNegative(value))
    return value;
  if (value->kind == Kind::Mul) {
    SmallVector<Term> factors{{constant(std::abs(value->number)), 1}};
    // A root is not negative as it is, and NaN where its base is.
    for (const Term &term : value->terms)
      factors.push_back({term.number == std::floor(term.number)
                             ? magnitude(term.expr)
                             : term.expr,
                         term.number});
    return mul(value->type, factors);
  }
  Expr expr;
  expr.kind = Kind::Abs;
  expr.type = value->type;
  expr.terms.push_back({value, 1});
  return unique(std::move(expr));
}

const Expr *ExprContext::sign(Type type, const Expr *value, bool hasZero) {
  // That of a positive multiple is the same.
  if (value->kind == Kind::Mul && value->number > 0 && value->number != 1)
    value = mul(value->type, value->terms);
  Expr expr;
  expr.kind = Kind::Sign;
  expr.type = type;
  expr.position = hasZero;
  expr.terms.push_back({value, 1});
  return unique(std::move(expr));
}

const Expr *ExprContext::maximum(Type type, ArrayRef<const Expr *> values,
                                 NaNRule rule) {
  // Nothing is below a bound that is not positive, if it is not negative.
  if (values.size() == 2 && rule == Propagates)
    for (auto [value, bound] :
         {std::pair(values[0], values[1]), std::pair(values[1], values[0])})
      if (bound->isConstant() && bound->number <= 0 && isNonNegative(value))
        return value;
  Expr expr;
  expr.kind = Kind::Max;
  expr.type = type;
  expr.position = rule;
  for (const Expr *value : values)
    expr.terms.push_back({value, 1});
  sortTerms(expr.terms);
  return unique(std::move(expr));
}
