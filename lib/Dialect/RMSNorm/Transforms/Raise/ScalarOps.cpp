//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Meaning of the scalar operations.

#include "ExprBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

/// Whether the expression is an exact whole number: an extent, a product of
/// extents, a constant.
static bool isCount(const Expr *expr) { return !expr->type; }

/// Whether a count that is a constant is one of `type`, read as signed or not:
/// whether converting it to there is exact.
static bool holdsCount(Type type, const Expr *count, bool isSigned) {
  if (!count->isConstant())
    return type.isIndex() || type.getIntOrFloatBitWidth() >= 32;
  double number = count->number;
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return number == std::floor(number) &&
         number >= (isSigned ? -std::ldexp(1.0, width - 1) : 0.0) &&
         number < std::ldexp(1.0, isSigned ? width - 1 : width);
}

/// Conversions between integers, and from them to numbers.
static const Expr *evaluateConversion(ExprContext &context, Operation *op,
                                      Type type, const Expr *count) {
  if (!isCount(count))
    return nullptr;
  Type from = getElementTypeOrSelf(op->getOperand(0).getType());
  // True is 1, not -1.
  bool isUnsigned =
      isa<arith::UIToFPOp, arith::ExtUIOp, arith::IndexCastUIOp>(op);
  if (isUnsigned && from.isInteger(1) && count->isConstant())
    return context.constant(count->number != 0);
  if (isa<arith::SIToFPOp, arith::UIToFPOp>(op)) {
    if (isa<arith::UIToFPOp>(op) && !holdsCount(from, count, false))
      return nullptr;
    // An extent is taken as exact in f32 and f64.
    if (!count->isConstant() && isIslandType(type))
      return count;
    return context.round(type, count);
  }
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(op) ||
      (isa<arith::IndexCastUIOp, arith::ExtUIOp>(op) &&
       holdsCount(from, count, false)) ||
      isa<arith::TruncIOp>(op))
    return holdsCount(type, count, true) ? count : nullptr;
  return nullptr;
}

/// exp(k * log(a)), whatever their bases, is a^(k') for an a that is not
/// negative.
static const Expr *evaluateExponential(ExprContext &context, Type type,
                                       double logOfBase, const Expr *exponent) {
  Product product = asProduct(exponent);
  if (product.factors.size() != 1 || product.factors[0].number != 1)
    return nullptr;
  const Expr *log = product.factors[0].expr;
  if (log->kind != Kind::Call || !isNonNegative(log->inner()))
    return nullptr;
  double logOfLogBase = isa<math::LogOp>(log->exemplar)     ? 1
                        : isa<math::Log2Op>(log->exemplar)  ? std::log(2.0)
                        : isa<math::Log10Op>(log->exemplar) ? std::log(10.0)
                                                            : 0;
  if (logOfLogBase == 0)
    return nullptr;
  double power = product.number * logOfBase / logOfLogBase;
  double known = std::round(2 * power) / 2;
  if (known == 0 || std::abs(known) > 8 ||
      std::abs(power - known) > 0x1p-21 * std::abs(known))
    return nullptr;
  return context.power(type, log->inner(), known);
}

/// Whether `expr` is 1 where `value` is not zero, else 0, as a number.
static bool isIndicator(const Expr *expr, const Expr *value) {
  if (expr->kind != Kind::Call || !isa<arith::UIToFPOp>(expr->exemplar) ||
      expr->inner()->kind != Kind::Call)
    return false;
  const Expr *condition = expr->inner();
  auto compare = dyn_cast<arith::CmpFOp>(condition->exemplar);
  return compare &&
         (compare.getPredicate() == arith::CmpFPredicate::ONE ||
          compare.getPredicate() == arith::CmpFPredicate::UNE) &&
         condition->terms[0].expr == value &&
         condition->terms[1].expr->isConstant(0);
}

/// The sign of a value as select(a < 0, -1, select(a > 0, 1, 0)), or with the
/// comparisons in the other order.
static const Expr *evaluateSign(ExprContext &context, Type type,
                                ArrayRef<const Expr *> operands) {
  // `value` where the selected number is the sign of it in its own case.
  auto signedCase = [](const Expr *condition, const Expr *number,
                       bool positive) -> const Expr * {
    auto compare = condition->kind == Kind::Call
                       ? dyn_cast<arith::CmpFOp>(condition->exemplar)
                       : nullptr;
    if (!compare || !condition->terms[1].expr->isConstant(0) ||
        compare.getPredicate() != (positive ? arith::CmpFPredicate::OGT
                                            : arith::CmpFPredicate::OLT) ||
        !number->isConstant(positive ? 1 : -1))
      return nullptr;
    return condition->terms[0].expr;
  };
  // select(isnan(a), a, (a != 0) * copysign(1, a)): where a is NaN, its
  // magnitude is, too.
  const Expr *other = operands[2];
  auto isOrdered = operands[0]->kind == Kind::Call
                       ? dyn_cast<arith::CmpFOp>(operands[0]->exemplar)
                       : nullptr;
  if (isOrdered && isOrdered.getPredicate() == arith::CmpFPredicate::UNO &&
      operands[0]->terms[0].expr == operands[1] &&
      operands[0]->terms[1].expr == operands[1]) {
    const Expr *value = operands[1];
    while (other->kind == Kind::Round)
      other = other->inner();
    Product product = asProduct(other);
    bool isSign = product.number == 1 && product.factors.size() == 2;
    for (const Term &factor : product.factors)
      isSign &= factor.number == 1 && (factor.expr->kind == Kind::Sign
                                           ? factor.expr->inner() == value
                                           : isIndicator(factor.expr, value));
    return isSign ? context.sign(type, value, /*hasZero=*/true) : nullptr;
  }
  if (other->kind != Kind::Call || !isa<arith::SelectOp>(other->exemplar) ||
      !other->terms[2].expr->isConstant(0))
    return nullptr;
  for (bool positive : {false, true}) {
    const Expr *outer = signedCase(operands[0], operands[1], positive);
    const Expr *inner =
        signedCase(other->terms[0].expr, other->terms[1].expr, !positive);
    if (outer && outer == inner)
      return context.sign(type, outer, /*hasZero=*/true);
  }
  return nullptr;
}

/// max(a, b) as select(cmp(a, b), ...).
static const Expr *evaluateSelect(ExprContext &context, Type type,
                                  ArrayRef<const Expr *> operands) {
  const Expr *condition = operands[0];
  if (operands[1] == operands[2])
    return operands[1];
  if (condition->isConstant())
    return operands[condition->number != 0 ? 1 : 2];
  if (condition->kind != Kind::Call || !isa<FloatType>(type))
    return nullptr;
  if (const Expr *sign = evaluateSign(context, type, operands))
    return sign;
  if (!isIslandType(type))
    return nullptr;
  auto compare = dyn_cast<arith::CmpFOp>(condition->exemplar);
  if (!compare)
    return nullptr;
  const Expr *then = operands[1], *otherwise = operands[2];
  // Compared in a wider type, values are the same; and no value of the type
  // lies between a number and what it is rounded to.
  auto narrow = [&](const Expr *side) {
    if (side->kind == Kind::Extend && side->inner()->type == type)
      return side->inner();
    return side->isConstant() ? context.round(type, side) : side;
  };
  const Expr *a = narrow(condition->terms[0].expr),
             *b = narrow(condition->terms[1].expr);
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

/// Whether these are a statistic that was taken for one of f32, and numbers:
/// operands of narrow arithmetic that are not narrow.
static bool isStatistic(ArrayRef<const Expr *> operands) {
  auto isSum = [](const Expr *operand) { return operand->someSum != nullptr; };
  return llvm::any_of(operands, isSum) &&
         llvm::all_of(operands, [](const Expr *operand) {
           return !operand->type ||
                  (operand->someSum && operand->type.isF32() &&
                   operand->kind != Kind::Round);
         });
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
    return context.maximum(
        narrow && assumeF32Accumulation && isStatistic(operands) ? island
                                                                 : type,
        operands, isa<arith::MaxNumFOp>(op) ? Dropped : Propagates);
  else if (isa<arith::SelectOp>(op))
    return evaluateSelect(context, type, operands);
  if (narrow && assumeF32Accumulation) {
    // A statistic that is taken for one of f32 stays one.
    if (!expr && isa<math::RsqrtOp>(op))
      expr = context.power(island, operands[0], -0.5);
    if (expr && isStatistic(operands))
      return expr;
  }
  if (expr && !isa<math::RsqrtOp>(op))
    return narrow ? context.round(type, expr) : expr;
  if (isa<math::AbsFOp>(op))
    return context.magnitude(operands[0]);
  // The sign of a value on something that has none.
  if (isa<math::CopySignOp>(op) && isNonNegative(operands[0])) {
    const Expr *sign = context.sign(island, operands[1], /*hasZero=*/false);
    expr = context.mul(island, {{operands[0], 1}, {sign, 1}});
    return narrow ? context.round(type, expr) : expr;
  }
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
    if (power != 0 && std::abs(power) <= 8)
      return context.power(type, operands[0], power);
  }
  if (isa<math::ExpOp>(op))
    return evaluateExponential(context, type, 1, operands[0]);
  if (isa<math::Exp2Op>(op))
    return evaluateExponential(context, type, std::log(2.0), operands[0]);
  if (isa<math::PowFOp>(op) && operands[0]->isConstant() &&
      operands[0]->number > 0 && operands[0]->number != 1)
    return evaluateExponential(context, type, std::log(operands[0]->number),
                               operands[1]);
  return nullptr;
}

/// An affine expression of extents, as far as it is a product of them.
static const Expr *evaluateAffine(ExprContext &context, AffineExpr expr,
                                  unsigned numDims,
                                  ArrayRef<const Expr *> operands) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return context.constant(static_cast<double>(number.getValue()));
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  const Expr *a = evaluateAffine(context, binary.getLHS(), numDims, operands);
  const Expr *b = evaluateAffine(context, binary.getRHS(), numDims, operands);
  if (!a || !b)
    return nullptr;
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return context.mul(Type(), {{a, 1}, {b, 1}});
  case AffineExprKind::FloorDiv:
  case AffineExprKind::CeilDiv:
    return context.indices.quotient(a, b);
  default:
    return nullptr;
  }
}

/// Arithmetic of counts, where it is exact.
static const Expr *evaluateCount(ExprContext &context, Operation *op, Type type,
                                 ArrayRef<const Expr *> operands) {
  if (!llvm::all_of(operands, isCount))
    return nullptr;
  const Expr *result = nullptr;
  if (isa<arith::MulIOp>(op))
    result = context.mul(Type(), {{operands[0], 1}, {operands[1], 1}});
  else if (isa<arith::DivSIOp, arith::DivUIOp, arith::CeilDivSIOp,
               arith::CeilDivUIOp, arith::FloorDivSIOp>(op))
    result = context.indices.quotient(operands[0], operands[1]);
  else if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    result = evaluateAffine(context, apply.getAffineMap().getResult(0),
                            apply.getAffineMap().getNumDims(), operands);
  return result && holdsCount(type, result, true) ? result : nullptr;
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
  if (operands.size() == 1)
    if (const Expr *count = evaluateConversion(context, op, type, operands[0]))
      return count;
  if (type.isIntOrIndex() && !operands.empty())
    if (const Expr *count = evaluateCount(context, op, type, operands))
      return count;
  if (isa<FloatType>(type))
    if (const Expr *expr = evaluateFloat(op, type, operands))
      return expr;
  if (!isPure(op) || op->getNumRegions() != 0)
    return nullptr;
  return context.call(op, type, operands);
}
