//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Nodes of expressions, each of which is unique, and their conversions between
/// types.

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

const Expr *ExprContext::unique(Expr &&expr) {
  llvm::FoldingSetNodeID node;
  expr.Profile(node);
  void *position = nullptr;
  if (Expr *known = nodes.FindNodeOrInsertPos(node, position))
    return known;
  expr.free = indices.variablesOf(expr.indices);
  expr.hasDigits = llvm::any_of(expr.indices, [&](AffineExpr index) {
    const Composite *meaning = indices.composite(index);
    return meaning && (meaning->isDigit() ||
                       llvm::any_of(meaning->parts, [&](AffineExpr part) {
                         return indices.composite(part) != nullptr;
                       }));
  });
  expr.hasSlices = llvm::any_of(expr.indices, [&](AffineExpr index) {
    return indices.readsSlice(index);
  });
  for (const Term &term : expr.terms) {
    expr.free |= term.expr->free;
    expr.height = std::max(expr.height, term.expr->height);
    expr.hasDigits |= term.expr->hasDigits;
    expr.hasSlices |= term.expr->hasSlices;
    if (!expr.someSum)
      expr.someSum = term.expr->someSum;
    bool isRoot =
        expr.kind == Kind::Mul && term.number != std::floor(term.number);
    if (!expr.rootedSum || (isRoot && term.expr->someSum))
      expr.rootedSum = isRoot && term.expr->someSum ? term.expr->someSum
                                                    : term.expr->rootedSum;
  }
  for (unsigned variable : expr.bound)
    expr.free &= ~(uint64_t(1) << variable);
  expr.height += expr.bound.size();
  expr.id = storage.size();
  storage.push_back(std::move(expr));
  if (storage.back().kind == Kind::Sum)
    storage.back().someSum = &storage.back();
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
  // The index of a loop that has but one.
  if (!source)
    if (auto known = dyn_cast<AffineConstantExpr>(indices[0]))
      return constant(static_cast<double>(known.getValue()));
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
  // One operation of f64 on values of f32, rounded to f32, is that of f32: the
  // second rounding does no harm.
  auto isF32 = [](const Expr *operand) {
    return operand->type && operand->kind != Kind::Extend &&
           isExactlyIn(operand->type,
                       Float32Type::get(operand->type.getContext()));
  };
  if (type.isF32() && value->type && value->type.isF64() &&
      value->kind == Kind::Mul && value->number == 1 &&
      value->terms.size() == 1 && value->terms[0].number == 2 &&
      isF32(value->inner()))
    return mul(type, value->terms);
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
