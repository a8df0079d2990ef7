//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The forms of the denominator.

#include "Matcher.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

namespace {
/// Parses denominators with a factor in front, which goes into every part.
struct DenominatorParser {
  ExprContext &context;
  std::string &reason;

  std::nullopt_t fail(StringRef why) {
    reason = why.str();
    return std::nullopt;
  }

  /// factor * expr, only numbers and extents being taken into the factor.
  static Product times(Product factor, const Expr *expr, double power,
                       SmallVectorImpl<Term> &others);
  /// factor * value as a number, if the extents in it cancel.
  std::optional<double> number(const Product &factor, double value);
  std::optional<Denominator> sum(const Expr *expr, const Product &factor);
  std::optional<Denominator> square(const Expr *expr, const Product &factor);
  std::optional<Denominator> root(const Expr *expr, const Product &factor);
  std::optional<Denominator> maximum(const Expr *expr, const Product &factor,
                                     bool square);
};
} // namespace

Product DenominatorParser::times(Product factor, const Expr *expr, double power,
                                 SmallVectorImpl<Term> &others) {
  Product product = asProduct(expr);
  factor.number *= std::pow(product.number, power);
  for (const Term &term : product.factors) {
    if (term.expr->kind != Kind::Dim) {
      others.push_back(term);
      continue;
    }
    auto known = llvm::find_if(factor.factors, [&](const Term &other) {
      return other.expr == term.expr;
    });
    if (known == factor.factors.end())
      factor.factors.push_back({term.expr, power * term.number});
    else
      known->number += power * term.number;
  }
  llvm::erase_if(factor.factors,
                 [](const Term &term) { return term.number == 0; });
  return factor;
}

std::optional<double> DenominatorParser::number(const Product &factor,
                                                double value) {
  if (value == 0)
    return 0.0;
  if (!factor.factors.empty())
    return fail("epsilon is scaled by an extent known only at run time");
  return factor.number * value;
}

/// number * extents * sum, with one sum to the power one.
std::optional<Denominator> DenominatorParser::sum(const Expr *expr,
                                                  const Product &factor) {
  SmallVector<Term> others;
  Denominator result;
  result.factor = times(factor, expr, 1, others);
  if (others.size() != 1 || others[0].number != 1 ||
      others[0].expr->kind != Kind::Sum || !(result.factor.number > 0))
    return std::nullopt;
  result.sum = others[0].expr;
  return result;
}

/// Why a sum with this further term is no mean of squares plus epsilon.
static StringRef furtherTerm(const Expr *expr) {
  auto isSquareOfMean = [](const Term &term) {
    return llvm::any_of(asProduct(term.expr).factors, [](const Term &factor) {
      return factor.expr->kind == Kind::Sum && factor.number == 2;
    });
  };
  auto isPart = [](const Term &term) {
    return llvm::any_of(asProduct(term.expr).factors, [](const Term &factor) {
      return factor.expr->kind == Kind::Sum && factor.expr->hasSlices;
    });
  };
  auto found = llvm::find_if(expr->terms, isSquareOfMean);
  if (found != expr->terms.end() && found->number > 0)
    return "the root is taken of a variance plus the square of a mean, which "
           "is "
           "the mean of squares for finite elements only, and rounded "
           "differently";
  if (found == expr->terms.end() && llvm::any_of(expr->terms, isPart))
    return "the sums over parts of the axis do not add each of its elements "
           "exactly once, with the same factor";
  bool isSumOfSquares = llvm::all_of(expr->terms, [](const Term &term) {
    return !term.expr->someSum || (term.number > 0 && isNonNegative(term.expr));
  });
  auto hasSum = [](const Term &term) { return term.expr->someSum != nullptr; };
  if (found == expr->terms.end() && isSumOfSquares &&
      llvm::count_if(expr->terms, hasSum) > 1)
    return "the root is taken of the squares of several values";
  return "the root has a further term besides the mean of squares and epsilon "
         "(as in E[x^2] - E[x]^2)";
}

std::optional<Denominator> DenominatorParser::square(const Expr *expr,
                                                     const Product &factor) {
  if (std::optional<Denominator> plain = sum(expr, factor))
    return plain;
  if (expr->kind == Kind::Max)
    return maximum(expr, factor, /*square=*/true);
  if (expr->kind == Kind::Mul && expr->number > 0) {
    SmallVector<Term> others;
    Product inner = times(factor, expr, 1, others);
    if (others.size() == 1 && others[0].number == 1)
      return square(others[0].expr, inner);
    if (others.size() == 1 && others[0].number == 2 && inner.number > 0) {
      // The square of a denominator.
      Product half{std::sqrt(inner.number), inner.factors};
      for (Term &term : half.factors)
        term.number /= 2;
      return root(others[0].expr, half);
    }
  }
  if (expr->kind != Kind::Add)
    return fail("the root is not taken of a mean of squares plus epsilon");
  std::optional<Denominator> result;
  SmallVector<Term> epsilons;
  std::optional<double> eps = number(factor, expr->number);
  if (!eps)
    return std::nullopt;
  for (const Term &term : expr->terms) {
    if (!term.expr->someSum) {
      // Extents may cancel: a sum that starts with eps * N.
      SmallVector<Term> others;
      Product scaled = times(factor, term.expr, 1, others);
      scaled.number *= term.number;
      if (others.empty()) {
        std::optional<double> more = number(scaled, 1);
        if (!more)
          return std::nullopt;
        *eps += *more;
        continue;
      }
      if (!scaled.factors.empty())
        return fail("epsilon is scaled by an extent known only at run time");
      epsilons.push_back({context.mul(expr->type, others), scaled.number});
      continue;
    }
    Product scaled = factor;
    scaled.number *= term.number;
    std::optional<Denominator> part = sum(term.expr, scaled);
    if (!part || result)
      return fail(furtherTerm(expr));
    result = part;
  }
  if (!result)
    return fail("the root is not taken of a mean of squares plus epsilon");
  if (epsilons.empty()) {
    result->eps = *eps;
    return result;
  }
  epsilons.push_back({context.constant(*eps), 1});
  result->epsOperand = context.add(expr->type, epsilons);
  return result;
}

std::optional<Denominator> DenominatorParser::root(const Expr *expr,
                                                   const Product &factor) {
  if (expr->kind == Kind::Max)
    return maximum(expr, factor, /*square=*/false);
  if (expr->kind == Kind::Add) {
    if (expr->terms.size() != 1 || expr->terms[0].number <= 0)
      return fail("the denominator is not a root plus epsilon");
    Product scaled = factor;
    scaled.number *= expr->terms[0].number;
    std::optional<Denominator> inner = root(expr->inner(), scaled);
    if (!inner)
      return std::nullopt;
    if (inner->eps != 0 || inner->epsOperand || inner->minRms != 0)
      return fail("there is an epsilon both inside and outside of the root");
    std::optional<double> eps = number(factor, expr->number);
    if (!eps)
      return std::nullopt;
    inner->mode = EpsMode::Outside;
    inner->eps = *eps;
    return inner;
  }
  SmallVector<Term> others;
  Product inner = times(factor, expr, 1, others);
  if (expr->kind != Kind::Mul || !(expr->number > 0) || others.size() != 1)
    return fail("the denominator is not a root");
  if (others[0].number == 1 && others[0].expr->kind != Kind::Leaf)
    return root(others[0].expr, inner);
  if (others[0].number != 0.5)
    return fail("the denominator is not a root");
  inner.number *= inner.number;
  for (Term &term : inner.factors)
    term.number *= 2;
  return square(others[0].expr, inner);
}

/// max(d, bound), d a denominator; `square` where it is the square of one.
std::optional<Denominator> DenominatorParser::maximum(const Expr *expr,
                                                      const Product &factor,
                                                      bool square) {
  if (expr->terms.size() != 2)
    return fail("the clamp is not a maximum of two values");
  const Expr *bound = expr->terms[0].expr, *value = expr->terms[1].expr;
  if (!bound->isConstant())
    std::swap(bound, value);
  if (!bound->isConstant())
    return fail("the clamp is not a constant");
  std::optional<Denominator> inner =
      square ? this->square(value, factor) : root(value, factor);
  if (!inner)
    return std::nullopt;
  inner->nanRule =
      std::max(inner->nanRule, static_cast<NaNRule>(expr->position));
  if (!(bound->number > 0))
    return inner;
  if (!factor.factors.empty())
    return fail("the clamp is scaled by an extent known only at run time");
  double least = factor.number * bound->number;
  if (square && inner->mode == EpsMode::Inside && inner->eps == 0 &&
      !inner->epsOperand && inner->minRms == 0) {
    inner->mode = EpsMode::Clamp;
    inner->eps = least;
    return inner;
  }
  inner->minRms = std::max(inner->minRms, square ? std::sqrt(least) : least);
  return inner;
}

std::optional<Denominator>
rmsnorm::raise::parseDenominator(ExprContext &context, const Expr *base,
                                 double power, const Product &factor,
                                 std::string &reason) {
  DenominatorParser parser{context, reason};
  if (power == -0.5) {
    Product square{factor.number * factor.number, factor.factors};
    for (Term &term : square.factors)
      term.number *= 2;
    return parser.square(base, square);
  }
  if (power == -1)
    return parser.root(base, factor);
  reason = "the exponent of the denominator is neither -1/2 nor -1";
  return std::nullopt;
}

const Expr *rmsnorm::raise::findRootedSum(const Expr *expr) {
  return expr->rootedSum;
}

bool rmsnorm::raise::isEmittable(const Expr *expr) {
  return !contains(expr, [](const Expr *part) {
    if (part->kind == Kind::Sum || part->kind == Kind::Dim ||
        part->kind == Kind::Sign ||
        (part->kind == Kind::Max && part->position == LostInSelect))
      return true;
    // Arithmetic on whole tensors has no scalar form to copy.
    if (part->kind == Kind::Call &&
        isa<ShapedType>(part->exemplar->getResult(0).getType()))
      return true;
    if (part->kind == Kind::Leaf)
      // Not a value inside of another body, nor a loop index.
      return !part->source || (!part->indices.empty() &&
                               !isa<RankedTensorType>(part->source.getType()));
    return false;
  });
}
