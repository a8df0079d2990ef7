//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The proof that an expression is an rms_norm.

#include "Matcher.h"

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
  // What a variable of the sum may be in the numerator: a variable, or a number
  // whose digits are.
  struct Target {
    AffineExpr index;
    SmallVector<unsigned> variables;
    SmallVector<const Expr *> extents;
  };
  SmallVector<Target> targets;
  for (unsigned candidate : candidates)
    targets.push_back({context.variable(candidate), {candidate}, {}});
  auto addNumbers = [&](AffineExpr index) {
    const Composite *meaning = context.indices.composite(index);
    if (!meaning || !meaning->isNumber())
      return;
    Composite copy = *meaning; // The table may move.
    for (size_t begin = 0; begin < copy.parts.size(); ++begin) {
      Target target;
      for (size_t end = begin; end < copy.parts.size(); ++end) {
        auto part = dyn_cast<AffineDimExpr>(copy.parts[end]);
        if (!part || !llvm::is_contained(candidates, part.getPosition()) ||
            llvm::is_contained(target.variables, part.getPosition()))
          break;
        target.variables.push_back(part.getPosition());
        target.extents.push_back(copy.extents[end]);
        if (target.variables.size() < 2)
          continue;
        target.index = context.indices.number(
            ArrayRef(copy.parts).slice(begin, end - begin + 1), target.extents);
        if (llvm::none_of(targets, [&](const Target &known) {
              return known.index == target.index;
            }))
          targets.push_back(target);
      }
    }
  };
  for (const Term &factor : numerator.factors)
    walkIndices(factor.expr, addNumbers);
  // Which of them is which variable of the sum.
  SmallVector<const Target *> chosen;
  std::function<bool()> choose = [&]() -> bool {
    if (chosen.size() < sum->bound.size()) {
      for (const Target &target : targets) {
        if (llvm::any_of(chosen, [&](const Target *other) {
              return llvm::any_of(target.variables, [&](unsigned variable) {
                return llvm::is_contained(other->variables, variable);
              });
            }))
          continue;
        chosen.push_back(&target);
        if (choose())
          return true;
        chosen.pop_back();
      }
      return false;
    }
    Replacements replacements;
    for (auto [from, to] : llvm::zip_equal(sum->bound, chosen))
      replacements[from] = to->index;
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
    for (auto [target, extent] : llvm::zip_equal(chosen, sum->extents())) {
      llvm::append_range(form.axes, target->variables);
      if (target->extents.empty())
        form.axisExtents.push_back(extent.expr);
      else
        llvm::append_range(form.axisExtents, target->extents);
    }
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
  else if (llvm::none_of(numerator.factors,
                         [](const Term &factor) {
                           return factor.expr->hasSlices &&
                                  !factor.expr->someSum;
                         }) &&
           llvm::any_of(sum->bound, [&](unsigned variable) {
             return onlySliceOf(context, summand, variable).has_value();
           }))
    reason = "the squares of a part of the row only are summed: a partial norm";
  else
    reason = "the numerator is not the value whose squares are summed, or not "
             "along the same axes";
  return false;
}

/// The factor of the sum must be one over the number of its elements; `factor`
/// is what made up for another one.
bool Matcher::matchCount(const NormForm &form, double factor,
                         std::string &reason) {
  const Denominator &d = form.denominator;
  SmallVector<Term> ratio{{context.constant(d.factor.number), 1}};
  llvm::append_range(ratio, d.factor.factors);
  for (const Term &extent : d.sum->extents())
    ratio.push_back({extent.expr, 1});
  const Expr *quotient = context.mul(Type(), ratio);
  double tolerance = form.computeType.isF32() ? 0x1p-22 : 0x1p-50;
  if (quotient->isConstant() && std::abs(quotient->number - 1) <= tolerance)
    return true;
  bool plainSum =
      d.factor.factors.empty() && d.factor.number == factor * factor;
  reason = plainSum ? "the root is taken of a sum of squares, not of their "
                      "mean, and nothing makes up for it (plain L2)"
                    : "the sum of squares is not divided by the number of "
                      "its elements";
  return false;
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
  // c * x / d is x / (d / c).
  Product factor{1 / std::abs(product->number), {}};
  for (const Term &term : product->terms)
    if (term.expr->kind == Kind::Dim)
      factor.factors.push_back({term.expr, -term.number});
  std::optional<Denominator> denominator =
      parseDenominator(context, root.expr, root.number, factor, reason);
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
  if (!matchCount(form, factor.number, reason)) {
    // Perhaps the number is one of the scale.
    std::string ignored;
    std::optional<Denominator> plain =
        parseDenominator(context, root.expr, root.number, Product(), ignored);
    NormForm scaled = form;
    if (!plain || !factor.factors.empty())
      return refuse(5, reason);
    scaled.denominator = *plain;
    if (!matchCount(scaled, 1, ignored))
      return refuse(5, reason);
    form = scaled;
    form.scaleNumber = product->number;
    rest.number = 1;
  } else if (product->number < 0) {
    return refuse(5, "its sign is changed");
  }

  form.rootIsRstd = rest.number == 1 && factor.factors.empty() &&
                    !form.denominator.epsOperand;
  llvm::erase_if(rest.factors, [](const Term &factor) {
    return factor.expr->kind == Kind::Dim;
  });
  if (!rest.factors.empty() || form.scaleNumber != 1) {
    rest.factors.push_back({context.constant(form.scaleNumber), 1});
    form.scale = context.mul(product->type, rest.factors);
  }
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
  if (!value->rootedSum)
    return std::nullopt;
  std::optional<NormForm> form = matchUnsplit(value, refusals);
  if (form)
    form->sumBeforeSplits = form->denominator.sum;
  else if (value->hasDigits)
    form = matchSplit(value, refusals);
  return form;
}

/// A variable all of whose digits are normalised over is one axis again.
void Matcher::joinNormalizedSplits(NormForm &form) {
  Replacements back;
  SmallVector<NormForm::Split> kept;
  for (const NormForm::Split &split : form.splits) {
    if (!llvm::all_of(split.digits, [&](unsigned digit) {
          return llvm::is_contained(form.axes, digit);
        })) {
      kept.push_back(split);
      continue;
    }
    SmallVector<AffineExpr> digits =
        context.indices.digits(context.variable(split.variable), split.extents);
    const Expr *extent = context.constant(1);
    for (auto [digit, index, size] :
         llvm::zip_equal(split.digits, digits, split.extents)) {
      back[digit] = index;
      extent = context.mul(Type(), {{extent, 1}, {size, 1}});
      auto axis = llvm::find(form.axes, digit) - form.axes.begin();
      form.axes.erase(form.axes.begin() + axis);
      form.axisExtents.erase(form.axisExtents.begin() + axis);
    }
    form.axes.push_back(split.variable);
    form.axisExtents.push_back(extent);
  }
  if (back.empty())
    return;
  form.splits = kept;
  for (const Expr **part : {&form.x, &form.scaledX, &form.scale, &form.bias,
                            &form.denominator.epsOperand})
    if (*part)
      *part = context.substitute(*part, back);
}

/// The statistic is one of groups of an axis: the axis is two, then.
std::optional<NormForm>
Matcher::matchSplit(const Expr *value, SmallVectorImpl<Refusal> &refusals) {
  SmallVector<NormForm::Split> splits;
  Replacements replacements;
  unsigned fresh = firstBound;
  for (unsigned variable = 0; variable < maxLoops; ++variable) {
    if (!(value->free & bit(variable)))
      continue;
    NormForm::Split split{variable, {}, digitsOf(context, value, variable)};
    if (split.extents.size() < 2 || fresh - split.extents.size() < maxLoops)
      continue;
    SmallVector<AffineExpr> digits;
    for (size_t digit = 0; digit < split.extents.size(); ++digit) {
      split.digits.push_back(--fresh);
      digits.push_back(context.variable(fresh));
    }
    replacements[variable] = context.indices.number(digits, split.extents);
    splits.push_back(split);
  }
  const Expr *inDigits =
      splits.empty() ? nullptr : context.substitute(value, replacements);
  if (!inDigits)
    return std::nullopt;
  SmallVector<Refusal> ignored;
  std::optional<NormForm> form = matchUnsplit(inDigits, ignored);
  if (!form)
    return std::nullopt;
  form->splits = splits;
  joinNormalizedSplits(*form);
  form->rootIsRstd &= form->splits.empty();
  contains(value, [&](const Expr *part) {
    if (part->kind != Kind::Sum ||
        context.substitute(part, replacements) != form->denominator.sum)
      return false;
    form->sumBeforeSplits = part;
    return true;
  });
  return form->sumBeforeSplits ? form : std::nullopt;
}

std::optional<NormForm>
Matcher::matchUnsplit(const Expr *value, SmallVectorImpl<Refusal> &refusals) {
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
