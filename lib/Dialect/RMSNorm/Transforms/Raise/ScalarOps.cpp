//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Meaning of the scalar operations.

#include "ExprBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

/// Whether the expression is an exact whole number: an extent, a product of
/// extents, a constant.
static bool isCount(const Expr *expr) { return !expr->type; }

/// max(a, b) as select(cmp(a, b), ...).
static const Expr *evaluateSelect(ExprContext &context, Type type,
                                  ArrayRef<const Expr *> operands) {
  const Expr *condition = operands[0];
  if (condition->kind != Kind::Call || !isIslandType(type))
    return nullptr;
  auto compare = dyn_cast<arith::CmpFOp>(condition->exemplar);
  if (!compare)
    return nullptr;
  const Expr *a = condition->terms[0].expr, *b = condition->terms[1].expr;
  const Expr *then = operands[1], *otherwise = operands[2];
  bool greater, unordered;
  switch (compare.getPredicate()) {
  case arith::CmpFPredicate::OGT:
  case arith::CmpFPredicate::OGE:
    greater = true, unordered = false;
    break;
  case arith::CmpFPredicate::UGT:
  case arith::CmpFPredicate::UGE:
    greater = true, unordered = true;
    break;
  case arith::CmpFPredicate::OLT:
  case arith::CmpFPredicate::OLE:
    greater = false, unordered = false;
    break;
  case arith::CmpFPredicate::ULT:
  case arith::CmpFPredicate::ULE:
    greater = false, unordered = true;
    break;
  default:
    return nullptr;
  }
  // Which one is chosen where the comparison holds, and where it does not.
  if (!greater)
    std::swap(a, b);
  if (then != a || otherwise != b)
    return nullptr;
  // NaN survives where a NaN operand is the one that is chosen; a constant is
  // never NaN.
  const Expr *chosenForNaN = unordered ? then : otherwise;
  const Expr *other = unordered ? otherwise : then;
  bool propagates = !chosenForNaN->isConstant() && other->isConstant();
  return context.maximum(type, {a, b}, propagates ? Propagates : LostInSelect);
}

const Expr *ExprBuilder::evaluateFloat(Operation *op, Type type,
                                       ArrayRef<const Expr *> operands) {
  // Arithmetic of f16 and bf16 is that of f32, rounded: f32 is wide enough for
  // the second rounding to do no harm in + - * / and sqrt.
  bool narrow = type.isF16() || type.isBF16();
  if (!narrow && !isIslandType(type))
    return nullptr;
  Type island = narrow ? Float32Type::get(context.getContext()) : type;
  const Expr *expr = nullptr;
  if (isa<arith::AddFOp>(op))
    expr = context.add(island, {{operands[0], 1}, {operands[1], 1}});
  else if (isa<arith::SubFOp>(op))
    expr = context.add(island, {{operands[0], 1}, {operands[1], -1}});
  else if (isa<arith::NegFOp>(op))
    expr = context.mul(island, {{context.constant(-1), 1}, {operands[0], 1}});
  else if (isa<arith::MulFOp>(op))
    expr = context.mul(island, {{operands[0], 1}, {operands[1], 1}});
  else if (isa<arith::DivFOp>(op))
    expr = context.mul(island, {{operands[0], 1}, {operands[1], -1}});
  else if (isa<math::SqrtOp>(op))
    expr = context.power(island, operands[0], 0.5);
  else if (isa<arith::MaximumFOp, arith::MaxNumFOp>(op))
    return context.maximum(type, operands,
                           isa<arith::MaxNumFOp>(op) ? Dropped : Propagates);
  else if (isa<arith::SelectOp>(op))
    return evaluateSelect(context, type, operands);
  if (expr)
    return narrow ? context.round(type, expr) : expr;
  if (narrow) {
    // x^2 is one multiplication; no other function is known to be rounded once.
    bool square =
        (isa<math::FPowIOp, math::PowFOp>(op)) && operands[1]->isConstant(2);
    return square ? context.round(type, context.power(island, operands[0], 2))
                  : nullptr;
  }
  if (isa<math::RsqrtOp>(op))
    return context.power(type, operands[0], -0.5);
  if (isa<math::FmaOp>(op))
    return context.add(
        type, {{context.mul(type, {{operands[0], 1}, {operands[1], 1}}), 1},
               {operands[2], 1}});
  if (isa<math::FPowIOp, math::PowFOp>(op) && operands[1]->isConstant()) {
    double power = operands[1]->number;
    bool known = power == 0.5 || power == -0.5 ||
                 (power == std::floor(power) && std::abs(power) <= 8);
    if (known && power != 0)
      return context.power(type, operands[0], power);
  }
  return nullptr;
}

const Expr *ExprBuilder::evaluate(Operation *op,
                                  ArrayRef<const Expr *> operands) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
      return context.constant(number.getValueAsDouble());
    if (auto number = dyn_cast<IntegerAttr>(constant.getValue()))
      return context.constant(
          static_cast<double>(number.getValue().getSExtValue()));
    return nullptr;
  }
  Type type = getElementTypeOrSelf(op->getResult(0).getType());
  if (isa<arith::ExtFOp>(op))
    return context.extend(type, operands[0]);
  if (auto truncate = dyn_cast<arith::TruncFOp>(op))
    if (!truncate.getRoundingmode() ||
        truncate.getRoundingmode() == arith::RoundingMode::to_nearest_even)
      return context.round(type, operands[0]);
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::SIToFPOp, arith::UIToFPOp,
          arith::IndexCastUIOp, arith::ExtUIOp, arith::TruncIOp>(op) &&
      isCount(operands[0]))
    return operands[0];
  if (isa<arith::MulIOp>(op) && llvm::all_of(operands, isCount))
    return context.mul(Type(), {{operands[0], 1}, {operands[1], 1}});
  if (isa<FloatType>(type))
    if (const Expr *expr = evaluateFloat(op, type, operands))
      return expr;
  if (!isPure(op) || op->getNumRegions() != 0)
    return nullptr;
  return context.call(op, type, operands);
}
