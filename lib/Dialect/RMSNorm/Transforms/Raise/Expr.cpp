//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Normal forms of expressions.

#include "Expr.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

void Expr::Profile(llvm::FoldingSetNodeID &node) const {
  node.AddInteger(static_cast<unsigned>(kind));
  node.AddPointer(type.getAsOpaquePointer());
  node.AddInteger(llvm::bit_cast<uint64_t>(number));
  node.AddPointer(source.getAsOpaquePointer());
  node.AddInteger(position);
  if (exemplar) {
    node.AddPointer(exemplar->getName().getAsOpaquePointer());
    node.AddPointer(exemplar->getAttrDictionary().getAsOpaquePointer());
  }
  node.AddInteger(terms.size());
  for (const Term &term : terms) {
    node.AddPointer(term.expr);
    node.AddInteger(llvm::bit_cast<uint64_t>(term.number));
  }
  node.AddInteger(indices.size());
  for (AffineExpr index : indices)
    node.AddPointer(index.getAsOpaquePointer());
  for (unsigned variable : bound)
    node.AddInteger(variable);
}

uint64_t rmsnorm::raise::variablesOf(ArrayRef<AffineExpr> indices) {
  uint64_t mask = 0;
  for (AffineExpr index : indices)
    index.walk([&](AffineExpr part) {
      if (auto dim = dyn_cast<AffineDimExpr>(part))
        mask |= uint64_t(1) << dim.getPosition();
    });
  return mask;
}

const Expr *ExprContext::unique(Expr &&expr) {
  llvm::FoldingSetNodeID node;
  expr.Profile(node);
  void *position = nullptr;
  if (Expr *known = nodes.FindNodeOrInsertPos(node, position))
    return known;
  expr.free = variablesOf(expr.indices);
  for (const Term &term : expr.terms)
    expr.free |= term.expr->free;
  for (unsigned variable : expr.bound)
    expr.free &= ~(uint64_t(1) << variable);
  expr.id = storage.size();
  storage.push_back(std::move(expr));
  nodes.InsertNode(&storage.back(), position);
  return &storage.back();
}

const Expr *ExprContext::constant(double value) {
  Expr expr;
  expr.number = value == 0.0 ? 0.0 : value; // One zero.
  return unique(std::move(expr));
}

const Expr *ExprContext::leaf(Value source, ArrayRef<AffineExpr> indices,
                              Type type) {
  Expr expr;
  expr.kind = Kind::Leaf;
  expr.type = type;
  expr.source = source;
  expr.indices.assign(indices.begin(), indices.end());
  return unique(std::move(expr));
}

const Expr *ExprContext::dim(Value source, int64_t position) {
  Expr expr;
  expr.kind = Kind::Dim;
  expr.source = source;
  expr.position = position;
  return unique(std::move(expr));
}

const Expr *ExprContext::call(Operation *exemplar, Type type,
                              ArrayRef<const Expr *> operands) {
  Expr expr;
  expr.kind = Kind::Call;
  expr.type = type;
  expr.exemplar = exemplar;
  for (const Expr *operand : operands)
    expr.terms.push_back({operand, 1});
  return unique(std::move(expr));
}

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

bool rmsnorm::raise::isIslandType(Type type) {
  return type.isF32() || type.isF64();
}

bool rmsnorm::raise::isExactlyIn(Type from, Type to) {
  auto narrow = dyn_cast<FloatType>(from), wide = dyn_cast<FloatType>(to);
  if (!narrow || !wide)
    return from == to;
  const llvm::fltSemantics &a = narrow.getFloatSemantics();
  const llvm::fltSemantics &b = wide.getFloatSemantics();
  return &a == &b || llvm::APFloat::isRepresentableBy(a, b);
}

bool rmsnorm::raise::isNonNegative(const Expr *expr) {
  auto isEven = [](double power) { return std::fmod(power, 2.0) == 0.0; };
  auto isInteger = [](double power) { return power == std::floor(power); };
  switch (expr->kind) {
  case Kind::Constant:
    return expr->number >= 0;
  case Kind::Dim:
    return true;
  case Kind::Add:
    return expr->number >= 0 && llvm::all_of(expr->terms, [](const Term &term) {
             return term.number >= 0 && isNonNegative(term.expr);
           });
  case Kind::Mul:
    return expr->number >= 0 &&
           llvm::all_of(expr->terms, [&](const Term &term) {
             return isEven(term.number) || !isInteger(term.number) ||
                    isNonNegative(term.expr);
           });
  case Kind::Max:
    return llvm::any_of(
        expr->terms, [](const Term &term) { return isNonNegative(term.expr); });
  case Kind::Round:
  case Kind::Extend:
  case Kind::Sum:
    return isNonNegative(expr->inner());
  case Kind::Call: {
    StringRef name = expr->exemplar->getName().getStringRef();
    return name == "math.absf" || name == "math.exp";
  }
  case Kind::Leaf:
    return false;
  }
  llvm_unreachable("unknown kind");
}

bool rmsnorm::raise::contains(const Expr *expr,
                              llvm::function_ref<bool(const Expr *)> found) {
  SmallVector<const Expr *> stack{expr};
  llvm::SmallDenseSet<const Expr *> seen;
  while (!stack.empty()) {
    const Expr *next = stack.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    if (found(next))
      return true;
    for (const Term &term : next->terms)
      stack.push_back(term.expr);
  }
  return false;
}

Product rmsnorm::raise::asProduct(const Expr *expr) {
  Product product;
  if (expr->isConstant()) {
    product.number = expr->number;
  } else if (expr->kind == Kind::Mul) {
    product.number = expr->number;
    product.factors.assign(expr->terms.begin(), expr->terms.end());
  } else {
    product.factors.push_back({expr, 1});
  }
  return product;
}

//===----------------------------------------------------------------------===//
// Sums and products
//===----------------------------------------------------------------------===//

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

const Expr *ExprContext::add(Type type, ArrayRef<Term> given) {
  double number = 0;
  SmallVector<Term, 4> terms;
  std::function<void(const Expr *, double)> take = [&](const Expr *expr,
                                                       double factor) {
    if (expr->isConstant()) {
      number += factor * expr->number;
      return;
    }
    if (expr->kind == Kind::Add && isSameIsland(expr, type)) {
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
  if (terms.empty())
    return constant(number);
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
    // |x|^2 is x^2.
    if (expr->kind == Kind::Call && isEven(power) &&
        expr->exemplar->getName().getStringRef() == "math.absf")
      return take(expr->inner(), power);
    if (expr->kind == Kind::Mul && isSameIsland(expr, type)) {
      // (a*b)^p is a^p * b^p for integers p, else only where no factor can be
      // negative; (a^2)^(1/2) is |a|.
      bool distributes =
          isInteger(power) ||
          (expr->number > 0 &&
           (llvm::all_of(expr->terms,
                         [&](const Term &term) {
                           return isNonNegative(term.expr) ||
                                  !isInteger(term.number);
                         }) ||
            (expr->terms.size() == 1 && !isEven(expr->terms[0].number))));
      if (distributes) {
        number *= std::pow(expr->number, power);
        for (const Term &term : expr->terms)
          take(term.expr, term.number * power);
        return;
      }
      if (expr->number > 0 && expr->number != 1) {
        number *= std::pow(expr->number, power);
        return take(mul(expr->type, expr->terms), power);
      }
    }
    // x / x stays: it is not 1 where x is zero. An extent is none of that kind.
    for (Term &factor : factors)
      if (factor.expr == expr &&
          ((factor.number > 0) == (power > 0) || expr->kind == Kind::Dim)) {
        factor.number += power;
        return;
      }
    factors.push_back({expr, power});
  };
  for (const Term &term : given)
    take(term.expr, term.number);
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

const Expr *ExprContext::maximum(Type type, ArrayRef<const Expr *> values,
                                 NaNRule rule) {
  Expr expr;
  expr.kind = Kind::Max;
  expr.type = type;
  expr.position = rule;
  for (const Expr *value : values)
    expr.terms.push_back({value, 1});
  sortTerms(expr.terms);
  return unique(std::move(expr));
}

const Expr *ExprContext::sum(Type type, const Expr *value,
                             ArrayRef<unsigned> bound,
                             ArrayRef<const Expr *> extents) {
  // Constant factors and extents come out of the sum.
  Product product = asProduct(value);
  SmallVector<Term, 4> outside{{constant(product.number), 1}}, inside;
  for (const Term &factor : product.factors)
    (factor.expr->kind == Kind::Dim ? outside : inside).push_back(factor);
  value = mul(type, inside);

  Expr expr;
  expr.kind = Kind::Sum;
  expr.type = type;
  expr.terms.push_back({value, 1});
  expr.bound.assign(bound.begin(), bound.end());
  for (const Expr *extent : extents)
    expr.terms.push_back({extent, 1});
  // A sum of sums is one sum.
  if (value->kind == Kind::Sum && value->type == type) {
    expr.terms[0] = value->terms[0];
    llvm::append_range(expr.terms, value->extents());
    llvm::append_range(expr.bound, value->bound);
  }
  outside.push_back({unique(std::move(expr)), 1});
  return mul(type, outside);
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

const Expr *ExprContext::round(Type type, const Expr *value) {
  auto floatType = dyn_cast<FloatType>(type);
  if (value->isConstant() && floatType) {
    llvm::APFloat number(value->number);
    bool losesInfo;
    number.convert(floatType.getFloatSemantics(),
                   llvm::APFloat::rmNearestTiesToEven, &losesInfo);
    return constant(number.convertToDouble());
  }
  if (value->kind == Kind::Extend && isExactlyIn(value->inner()->type, type))
    return value->inner();
  if (value->type && isExactlyIn(value->type, type))
    return value;
  Expr expr;
  expr.kind = Kind::Round;
  expr.type = type;
  expr.terms.push_back({value, 1});
  return unique(std::move(expr));
}

const Expr *ExprContext::extend(Type type, const Expr *value) {
  // Exact, so the value itself; but what one island computes is not mixed
  // with the algebra of a wider one.
  bool computed = value->kind == Kind::Add || value->kind == Kind::Mul ||
                  value->kind == Kind::Sum;
  if (!computed || value->type == type || !value->type)
    return value;
  Expr expr;
  expr.kind = Kind::Extend;
  expr.type = type;
  expr.terms.push_back({value, 1});
  return unique(std::move(expr));
}

//===----------------------------------------------------------------------===//
// Substitution
//===----------------------------------------------------------------------===//

namespace {
using Replacements = llvm::SmallDenseMap<unsigned, AffineExpr>;

struct Substitution {
  ExprContext &context;
  llvm::DenseMap<const Expr *, const Expr *> done;

  explicit Substitution(ExprContext &context) : context(context) {}

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

  AffineExpr replace(AffineExpr index, const Replacements &replacements) {
    llvm::DenseMap<AffineExpr, AffineExpr> map;
    for (auto [variable, replacement] : replacements)
      map[context.variable(variable)] = replacement;
    return index.replace(map);
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
        indices.push_back(replace(index, replacements));
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

  /// Bound variables are renamed where a replacement would be captured.
  const Expr *rebuildSum(const Expr *expr, const Replacements &replacements) {
    Replacements inner;
    uint64_t used = 0;
    for (auto [variable, replacement] : replacements)
      if (expr->free & (uint64_t(1) << variable)) {
        inner[variable] = replacement;
        used |= variablesOf(replacement);
      }
    for (unsigned variable = 0; variable < maxVariables; ++variable)
      if ((expr->free & (uint64_t(1) << variable)) && !inner.count(variable))
        used |= uint64_t(1) << variable;
    SmallVector<unsigned> bound;
    for (unsigned variable : expr->bound) {
      unsigned fresh = variable;
      if (used & (uint64_t(1) << fresh))
        for (fresh = 0;
             fresh < maxVariables && ((used & (uint64_t(1) << fresh)) ||
                                      llvm::is_contained(expr->bound, fresh));
             ++fresh) {
        }
      if (fresh >= maxVariables)
        return nullptr;
      used |= uint64_t(1) << fresh;
      if (fresh != variable)
        inner[variable] = context.variable(fresh);
      bound.push_back(fresh);
    }
    Substitution nested(context);
    const Expr *value = nested.apply(expr->inner(), inner);
    if (!value)
      return nullptr;
    SmallVector<const Expr *> extents;
    for (const Term &extent : expr->extents())
      extents.push_back(extent.expr);
    return context.sum(expr->type, value, bound, extents);
  }
};
} // namespace

const Expr *ExprContext::substitute(const Expr *expr,
                                    const Replacements &replacements) {
  return Substitution(*this).apply(expr, replacements);
}
