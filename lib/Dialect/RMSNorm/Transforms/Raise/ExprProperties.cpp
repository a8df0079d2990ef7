//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What can be said of the value of an expression, whatever the tensors hold.

#include "Expr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

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
  case Kind::Abs:
    return true;
  case Kind::Call:
    return isa<math::ExpOp, math::Exp2Op, arith::UIToFPOp>(expr->exemplar);
  case Kind::Sign:
  case Kind::Leaf:
    return false;
  }
  llvm_unreachable("unknown kind");
}

bool rmsnorm::raise::isNeverZero(const Expr *expr) {
  switch (expr->kind) {
  case Kind::Constant:
    return expr->number != 0;
  case Kind::Add:
    return expr->number > 0 && isNonNegative(expr);
  case Kind::Mul:
    return expr->number != 0 && llvm::all_of(expr->terms, [](const Term &term) {
             return isNeverZero(term.expr);
           });
  case Kind::Max:
    return llvm::any_of(expr->terms, [](const Term &term) {
      return isNonNegative(term.expr) && isNeverZero(term.expr);
    });
  default:
    return false;
  }
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
