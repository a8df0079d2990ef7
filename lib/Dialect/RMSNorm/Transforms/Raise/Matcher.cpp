//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The proof that an expression is an rms_norm.

#include "Matcher.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

static uint64_t bit(unsigned variable) { return uint64_t(1) << variable; }

static std::string typeName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

/// Whether `expr` is a constant multiple of a sum over all of `axes`: a mean.
static bool isMeanOver(const Expr *expr, uint64_t axes) {
  while (expr->kind == Kind::Round || expr->kind == Kind::Extend)
    expr = expr->inner();
  Product product = asProduct(expr);
  bool hasSum = false;
  for (const Term &factor : product.factors) {
    if (factor.expr->kind == Kind::Dim)
      continue;
    if (factor.expr->kind != Kind::Sum || factor.number != 1 || hasSum)
      return false;
    hasSum = !(factor.expr->free & axes);
  }
  return hasSum;
}

/// x - mean(x): the statistic is a variance.
static bool isCentred(const Expr *x, uint64_t axes) {
  return llvm::any_of(asProduct(x).factors, [&](const Term &factor) {
    const Expr *part = factor.expr;
    while (part->kind == Kind::Round || part->kind == Kind::Extend)
      part = part->inner();
    return part->kind == Kind::Add &&
           llvm::any_of(part->terms, [&](const Term &term) {
             return isMeanOver(term.expr, axes);
           });
  });
}

/// The summand's square root as powers of its factors, taken out of `factors`.
static bool takeSquareRoot(const Product &square,
                           SmallVectorImpl<Term> &factors,
                           SmallVectorImpl<Term> &root) {
  for (const Term &term : square.factors) {
    double power = term.number / 2;
    auto found = llvm::find_if(factors, [&](const Term &factor) {
      return factor.expr == term.expr && (factor.number > 0) == (power > 0) &&
             std::abs(factor.number) >= std::abs(power);
    });
    if (found == factors.end())
      return false;
    found->number -= power;
    root.push_back({term.expr, power});
    if (found->number == 0)
      factors.erase(found);
  }
  return square.number == 1 && !root.empty();
}

bool Matcher::findX(const Product &numerator, const Expr *sum, NormForm &form,
                    Product &rest, std::string &reason) {
  uint64_t free = 0;
  for (const Term &factor : numerator.factors)
    free |= factor.expr->free;
  SmallVector<unsigned> candidates;
  for (unsigned variable = 0; variable < maxVariables; ++variable)
    if ((free & bit(variable)) && !(sum->free & bit(variable)))
      candidates.push_back(variable);
  if (candidates.size() < sum->bound.size()) {
    reason = "the axes of the sum are not axes of the numerator";
    return false;
  }
  if (candidates.size() > 8) {
    reason = "the value has more than 8 further dimensions";
    return false;
  }
  // Which variable of the numerator is which variable of the sum.
  SmallVector<unsigned> chosen;
  std::function<bool()> choose = [&]() -> bool {
    if (chosen.size() < sum->bound.size()) {
      for (unsigned candidate : candidates) {
        if (llvm::is_contained(chosen, candidate))
          continue;
        chosen.push_back(candidate);
        if (choose())
          return true;
        chosen.pop_back();
      }
      return false;
    }
    llvm::SmallDenseMap<unsigned, AffineExpr> replacements;
    for (auto [from, to] : llvm::zip_equal(sum->bound, chosen))
      if (from != to)
        replacements[from] = context.variable(to);
    const Expr *square = replacements.empty()
                             ? sum->inner()
                             : context.substitute(sum->inner(), replacements);
    if (!square)
      return false;
    rest = numerator;
    SmallVector<Term> root;
    if (!takeSquareRoot(asProduct(square), rest.factors, root))
      return false;
    form.x = context.mul(sum->type, root);
    form.axes.assign(chosen.begin(), chosen.end());
    return true;
  };
  if (choose())
    return true;
  // Which of the proofs failed.
  const Expr *summand = sum->inner();
  Product square = asProduct(summand);
  if (summand->kind == Kind::Round)
    reason = "the squares are rounded to " + typeName(summand->type);
  else if (llvm::any_of(square.factors, [](const Term &factor) {
             return std::fmod(factor.number, 2.0) != 0.0;
           }))
    reason = "the sum is not one of squares";
  else
    reason = "the numerator is not the value whose squares are summed, or not "
             "along the same axes";
  return false;
}

/// Numbers on both sides: c * x / d with d^2 = k * sum + ... is the norm where
/// c^2 = k * N.
bool Matcher::matchConstants(NormForm &form, const Product &rest,
                             std::string &reason) {
  Denominator &d = form.denominator;
  SmallVector<Term> ratio{{context.constant(rest.number), 2},
                          {context.constant(d.factor.number), -1}};
  double extentsOfC = 0;
  for (const Term &factor : rest.factors)
    if (factor.expr->kind == Kind::Dim) {
      ratio.push_back({factor.expr, 2 * factor.number});
      ++extentsOfC;
    }
  for (const Term &factor : d.factor.factors)
    ratio.push_back({factor.expr, -factor.number});
  for (const Term &extent : d.sum->extents())
    ratio.push_back({extent.expr, -1});
  const Expr *quotient = context.mul(Type(), ratio);
  double tolerance = form.computeType.isF32() ? 0x1p-22 : 0x1p-50;
  if (!quotient->isConstant() ||
      !(std::abs(quotient->number - 1) <= tolerance) || !(rest.number > 0)) {
    bool plainSum = d.factor.factors.empty() && d.factor.number == 1;
    reason = plainSum ? "the root is taken of a sum of squares, not of their "
                        "mean, and nothing makes up for it (plain L2)"
                      : "the sum of squares is not divided by the number of "
                        "its elements";
    return false;
  }
  double c = rest.number;
  if (extentsOfC != 0 && (d.eps != 0 || d.minRms != 0 || d.epsOperand)) {
    reason = "epsilon is scaled by an extent known only at run time";
    return false;
  }
  if (c == 1 || extentsOfC != 0)
    return true;
  if (d.epsOperand) {
    reason = "an epsilon given as a tensor is scaled by a constant";
    return false;
  }
  d.eps /= d.mode == EpsMode::Outside ? c : c * c;
  d.minRms /= c;
  return true;
}

std::optional<NormForm>
Matcher::matchProduct(const Expr *product, const Term &root,
                      SmallVectorImpl<Refusal> &refusals) {
  const Expr *sum = findRootedSum(context.mul(product->type, root));
  // The root alone, or times a number: not yet anything that is normalised.
  if (!sum || llvm::none_of(product->terms, [&](const Term &factor) {
        return !(factor == root) && factor.expr->free;
      }))
    return std::nullopt;
  auto refuse = [&](int progress, const Twine &reason) {
    refusals.push_back({sum, reason.str(), progress});
    return std::nullopt;
  };
  std::string reason;
  std::optional<Denominator> denominator =
      parseDenominator(root.expr, root.number, reason);
  if (!denominator)
    return refuse(1, reason);
  sum = denominator->sum;
  if (!isIslandType(sum->type))
    return refuse(2, "the squares are accumulated in " + typeName(sum->type) +
                         ", not in f32");
  if (sum->type != product->type)
    return refuse(2, "the statistic is computed in " + typeName(sum->type) +
                         ", the normalisation in " + typeName(product->type));
  if (denominator->eps < 0)
    return refuse(2, "epsilon is negative");
  if (denominator->nanRule == Dropped ||
      (strictNaN && denominator->nanRule == LostInSelect))
    return refuse(2, "the clamp of the root replaces NaN by a number");

  NormForm form;
  form.denominator = *denominator;
  form.computeType = cast<FloatType>(sum->type);
  Product numerator = asProduct(product), rest;
  llvm::erase_if(numerator.factors,
                 [&](const Term &factor) { return factor == root; });
  if (!findX(numerator, sum, form, rest, reason))
    return refuse(3, reason);
  uint64_t axes = 0;
  for (unsigned axis : form.axes)
    axes |= bit(axis);
  if (isCentred(form.x, axes))
    return refuse(8, "the value has its mean subtracted: a LayerNorm");
  if (!matchConstants(form, rest, reason))
    return refuse(5, reason);

  form.rootIsRstd = rest.number == 1 && !form.denominator.epsOperand &&
                    llvm::none_of(rest.factors, [](const Term &factor) {
                      return factor.expr->kind == Kind::Dim;
                    });
  llvm::erase_if(rest.factors, [](const Term &factor) {
    return factor.expr->kind == Kind::Dim;
  });
  if (!rest.factors.empty())
    form.scale = context.mul(product->type, rest.factors);
  if (rest.number != 1) {
    form.xFactor = rest.number;
    form.scaledX = context.mul(
        product->type, {{context.constant(rest.number), 1}, {form.x, 1}});
  }
  return form;
}

/// Whether `expr` is like a parameter of the norm of x: broadcast along at
/// least one dimension of the rows, and made of nothing but tensors.
static bool isParameter(const Expr *expr, const NormForm &form) {
  uint64_t axes = 0;
  for (unsigned axis : form.axes)
    axes |= bit(axis);
  uint64_t rows = form.x->free & ~axes;
  if (expr->free & ~form.x->free)
    return false;
  // Varying with each row, it is an activation: a gate, a residual.
  if (rows && (expr->free & rows) == rows)
    return false;
  return isEmittable(expr);
}

std::optional<NormForm> Matcher::match(const Expr *value,
                                       SmallVectorImpl<Refusal> &refusals) {
  Type resultType = value->type;
  if (value->kind == Kind::Round) {
    value = value->inner();
    if (!resultType.isF16() && !resultType.isBF16() && !resultType.isF32())
      return std::nullopt;
  }
  Type island = value->type;
  if (!island || !isIslandType(island))
    return std::nullopt;

  // A sum is a norm with a bias.
  const Expr *bias = nullptr;
  if (value->kind == Kind::Add) {
    const Expr *product = nullptr;
    SmallVector<Term> others{{context.constant(value->number), 1}};
    for (const Term &term : value->terms) {
      bool rooted = term.expr->kind == Kind::Mul && term.number > 0 &&
                    !product &&
                    llvm::any_of(term.expr->terms,
                                 [](const Term &factor) {
                                   return factor.number < 0 &&
                                          factor.expr->kind != Kind::Leaf;
                                 }) &&
                    findRootedSum(term.expr);
      if (rooted)
        product = context.mul(
            island, {{context.constant(term.number), 1}, {term.expr, 1}});
      else
        others.push_back(term);
    }
    if (!product)
      return std::nullopt;
    bias = context.add(island, others);
    value = product;
  }
  if (value->kind != Kind::Mul || value->type != island)
    return std::nullopt;

  for (const Term &factor : value->terms) {
    if (factor.number > 0) {
      // The root rounded on its own, before anything is multiplied.
      const Expr *sum = factor.expr->kind == Kind::Round &&
                                factor.expr->inner()->kind == Kind::Mul
                            ? findRootedSum(factor.expr)
                            : nullptr;
      if (sum && !(factor.expr->free & ~sum->free))
        refusals.push_back({sum,
                            "the reciprocal root is rounded to " +
                                typeName(factor.expr->type) +
                                " before it is multiplied",
                            4});
      continue;
    }
    std::optional<NormForm> form = matchProduct(value, factor, refusals);
    if (!form)
      continue;
    form->resultType = resultType;
    form->bias = bias;
    const Denominator &d = form->denominator;
    auto refuse = [&](StringRef reason) {
      refusals.push_back({d.sum, reason.str(), 6});
    };
    if (d.epsOperand && !isParameter(d.epsOperand, *form)) {
      refuse("epsilon differs from row to row");
      continue;
    }
    if (form->scale && !isParameter(form->scale, *form)) {
      refuse("a further factor varies with the rows");
      continue;
    }
    if (bias && !isParameter(bias, *form)) {
      refuse("a further summand varies with the rows");
      continue;
    }
    return form;
  }
  return std::nullopt;
}
