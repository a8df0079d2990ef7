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

/// number * extents * sum, with one sum to the power one.
static std::optional<Denominator> parseSum(const Expr *expr) {
  Denominator result;
  Product product = asProduct(expr);
  result.factor.number = product.number;
  for (const Term &factor : product.factors) {
    if (factor.expr->kind == Kind::Sum && factor.number == 1 && !result.sum)
      result.sum = factor.expr;
    else if (factor.expr->kind == Kind::Dim)
      result.factor.factors.push_back(factor);
    else
      return std::nullopt;
  }
  if (!result.sum || !(product.number > 0))
    return std::nullopt;
  return result;
}

/// The denominator times `number`.
static void scale(Denominator &d, double number) {
  d.factor.number *= number * number;
  d.eps *= d.mode == EpsMode::Outside ? number : number * number;
  d.minRms *= number;
}

/// max(d, bound), d a denominator; `square` where it is the square of one.
static std::optional<Denominator> parseMaximum(const Expr *expr, bool square,
                                               std::string &reason);

static std::optional<Denominator> parseSquare(const Expr *expr,
                                              std::string &reason) {
  if (std::optional<Denominator> plain = parseSum(expr))
    return plain;
  if (expr->kind == Kind::Max)
    return parseMaximum(expr, /*square=*/true, reason);
  if (expr->kind == Kind::Mul && expr->number > 0 && expr->terms.size() == 1 &&
      expr->terms[0].number == 1) {
    std::optional<Denominator> inner = parseSquare(expr->inner(), reason);
    if (inner)
      scale(*inner, std::sqrt(expr->number));
    return inner;
  }
  if (expr->kind != Kind::Add) {
    reason = "the root is not taken of a mean of squares plus epsilon";
    return std::nullopt;
  }
  std::optional<Denominator> result;
  const Term *epsilon = nullptr;
  for (const Term &term : expr->terms) {
    std::optional<Denominator> part = parseSum(term.expr);
    if (part && term.number > 0 && !result) {
      result = part;
      result->factor.number *= term.number;
    } else if (!epsilon && !contains(term.expr, [](const Expr *part) {
                 return part->kind == Kind::Sum;
               })) {
      epsilon = &term;
    } else {
      reason = "the root has a further term besides the mean of squares and "
               "epsilon (as in E[x^2] - E[x]^2)";
      return std::nullopt;
    }
  }
  if (!result) {
    reason = "the root is not taken of a mean of squares plus epsilon";
    return std::nullopt;
  }
  result->eps = expr->number;
  if (epsilon) {
    if (epsilon->number != 1 || expr->number != 0) {
      reason = "epsilon is neither a constant nor a tensor of its own";
      return std::nullopt;
    }
    result->epsOperand = epsilon->expr;
  }
  return result;
}

static std::optional<Denominator> parseRoot(const Expr *expr,
                                            std::string &reason) {
  if (expr->kind == Kind::Max)
    return parseMaximum(expr, /*square=*/false, reason);
  if (expr->kind == Kind::Add) {
    if (expr->terms.size() != 1 || expr->terms[0].number <= 0) {
      reason = "the denominator is not a root plus epsilon";
      return std::nullopt;
    }
    std::optional<Denominator> root = parseRoot(expr->inner(), reason);
    if (!root)
      return std::nullopt;
    if (root->eps != 0 || root->epsOperand || root->minRms != 0) {
      reason = "there is an epsilon both inside and outside of the root";
      return std::nullopt;
    }
    scale(*root, expr->terms[0].number);
    root->mode = EpsMode::Outside;
    root->eps = expr->number;
    return root;
  }
  if (expr->kind != Kind::Mul || !(expr->number > 0)) {
    reason = "the denominator is not a root";
    return std::nullopt;
  }
  const Term *root = nullptr;
  for (const Term &term : expr->terms) {
    if (term.expr->kind == Kind::Dim)
      continue;
    if (root || term.number != 0.5) {
      reason = "the denominator is not a root";
      return std::nullopt;
    }
    root = &term;
  }
  if (!root) {
    reason = "the denominator is not a root";
    return std::nullopt;
  }
  std::optional<Denominator> result = parseSquare(root->expr, reason);
  if (!result)
    return std::nullopt;
  scale(*result, expr->number);
  for (const Term &term : expr->terms)
    if (term.expr->kind == Kind::Dim) {
      if (result->eps != 0 || result->minRms != 0 || result->epsOperand) {
        reason = "epsilon is scaled by an extent known only at run time";
        return std::nullopt;
      }
      result->factor.factors.push_back({term.expr, 2 * term.number});
    }
  return result;
}

static std::optional<Denominator> parseMaximum(const Expr *expr, bool square,
                                               std::string &reason) {
  if (expr->terms.size() != 2) {
    reason = "the clamp is not a maximum of two values";
    return std::nullopt;
  }
  const Expr *bound = expr->terms[0].expr, *value = expr->terms[1].expr;
  if (!bound->isConstant())
    std::swap(bound, value);
  if (!bound->isConstant()) {
    reason = "the clamp is not a constant";
    return std::nullopt;
  }
  std::optional<Denominator> inner =
      square ? parseSquare(value, reason) : parseRoot(value, reason);
  if (!inner)
    return std::nullopt;
  inner->nanRule =
      std::max(inner->nanRule, static_cast<NaNRule>(expr->position));
  if (!(bound->number > 0))
    return inner;
  if (square && inner->mode == EpsMode::Inside && inner->eps == 0 &&
      !inner->epsOperand && inner->minRms == 0) {
    inner->mode = EpsMode::Clamp;
    inner->eps = bound->number;
    return inner;
  }
  double minRms = square ? std::sqrt(bound->number) : bound->number;
  inner->minRms = std::max(inner->minRms, minRms);
  return inner;
}

std::optional<Denominator>
rmsnorm::raise::parseDenominator(const Expr *base, double power,
                                 std::string &reason) {
  if (power == -0.5)
    return parseSquare(base, reason);
  if (power == -1)
    return parseRoot(base, reason);
  reason = "the exponent of the denominator is neither -1/2 nor -1";
  return std::nullopt;
}

const Expr *rmsnorm::raise::findRootedSum(const Expr *expr) {
  const Expr *sum = nullptr;
  contains(expr, [&](const Expr *root) {
    if (root->kind != Kind::Mul)
      return false;
    for (const Term &term : root->terms)
      if (term.number != std::floor(term.number))
        contains(term.expr, [&](const Expr *part) {
          if (part->kind != Kind::Sum)
            return false;
          sum = part;
          return true;
        });
    return sum != nullptr;
  });
  return sum;
}

bool rmsnorm::raise::isEmittable(const Expr *expr) {
  return !contains(expr, [](const Expr *part) {
    if (part->kind == Kind::Sum || part->kind == Kind::Dim ||
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
