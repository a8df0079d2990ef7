//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Conversion/Compensated/Compensated.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// A constant of the type of `like`, in every lane.
static Value constantLike(ImplicitLocOpBuilder &b, Value like,
                          const APFloat &number) {
  Type type = like.getType();
  TypedAttr attribute = FloatAttr::get(getElementTypeOrSelf(type), number);
  if (auto shaped = dyn_cast<ShapedType>(type))
    attribute = DenseElementsAttr::get(shaped, attribute);
  return arith::ConstantOp::create(b, attribute);
}

static const llvm::fltSemantics &getSemantics(Value value) {
  return cast<FloatType>(getElementTypeOrSelf(value.getType()))
      .getFloatSemantics();
}

/// Null values are zero.
static Value addLost(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return arith::AddFOp::create(b, lhs, rhs);
}

static Value negate(ImplicitLocOpBuilder &b, Value value) {
  return arith::NegFOp::create(b, value);
}

Compensated rmsnorm::multiplyExact(ImplicitLocOpBuilder &b, Value lhs,
                                   Value rhs) {
  Value product = arith::MulFOp::create(b, lhs, rhs);
  return {product, math::FmaOp::create(b, lhs, rhs, negate(b, product))};
}

Compensated rmsnorm::add(ImplicitLocOpBuilder &b, Compensated lhs,
                         Compensated rhs) {
  Value sum = arith::AddFOp::create(b, lhs.value, rhs.value);
  Value added = arith::SubFOp::create(b, sum, lhs.value);
  Value kept = arith::SubFOp::create(b, sum, added);
  Value error =
      arith::AddFOp::create(b, arith::SubFOp::create(b, lhs.value, kept),
                            arith::SubFOp::create(b, rhs.value, added));
  return {sum, addLost(b, addLost(b, lhs.lost, rhs.lost), error)};
}

Value rmsnorm::roundCompensated(ImplicitLocOpBuilder &b, Compensated number) {
  if (!number.lost)
    return number.value;
  Value corrected = arith::AddFOp::create(b, number.value, number.lost);
  Value undefined =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, corrected, corrected);
  return arith::SelectOp::create(b, undefined, number.value, corrected);
}

static Compensated multiply(ImplicitLocOpBuilder &b, Compensated lhs,
                            Compensated rhs) {
  Compensated product = multiplyExact(b, lhs.value, rhs.value);
  if (rhs.lost)
    product.lost = math::FmaOp::create(b, lhs.value, rhs.lost, product.lost);
  if (lhs.lost)
    product.lost = math::FmaOp::create(b, rhs.value, lhs.lost, product.lost);
  return product;
}

static const APFloat *getConstant(Value value, APFloat &storage) {
  TypedAttr attribute;
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    attribute = constant.getValue();
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(attribute))
    attribute = cast<TypedAttr>(splat.getSplatValue<Attribute>());
  auto number = dyn_cast_or_null<FloatAttr>(attribute);
  if (!number)
    return nullptr;
  storage = number.getValue();
  return &storage;
}

/// (n + dn) / (d + dd) = q + (n - q d + dn - q dd) / d. What is lost needs few
/// digits: where 1/d is known, from a constant or as q itself, it is
/// multiplied.
static Compensated divide(ImplicitLocOpBuilder &b, Compensated numerator,
                          Compensated denominator) {
  Value quotient = arith::DivFOp::create(b, numerator.value, denominator.value);
  Value negated = negate(b, quotient);
  Value rest =
      math::FmaOp::create(b, negated, denominator.value, numerator.value);
  rest = addLost(b, rest, numerator.lost);
  if (denominator.lost)
    rest = math::FmaOp::create(b, negated, denominator.lost, rest);
  APFloat number(getSemantics(quotient));
  const APFloat *constant = getConstant(numerator.value, number);
  if (constant && constant->isExactlyValue(1.0))
    return {quotient, arith::MulFOp::create(b, rest, quotient)};
  constant = getConstant(denominator.value, number);
  if (constant && constant->isNormal()) {
    APFloat reciprocal(getSemantics(quotient), 1);
    reciprocal.divide(*constant, APFloat::rmNearestTiesToEven);
    return {quotient,
            arith::MulFOp::create(b, rest, constantLike(b, rest, reciprocal))};
  }
  return {quotient, arith::DivFOp::create(b, rest, denominator.value)};
}

/// sqrt(n + dn) = r + (n - r^2 + dn) / 2r
static Compensated squareRoot(ImplicitLocOpBuilder &b, Compensated number) {
  Value root = math::SqrtOp::create(b, number.value);
  Value rest = math::FmaOp::create(b, negate(b, root), root, number.value);
  rest = addLost(b, rest, number.lost);
  Value twice = arith::AddFOp::create(b, root, root);
  return {root, arith::DivFOp::create(b, rest, twice)};
}

static Compensated maximum(ImplicitLocOpBuilder &b, Compensated lhs,
                           Compensated rhs) {
  Value value = arith::MaximumFOp::create(b, lhs.value, rhs.value);
  if (!lhs.lost && !rhs.lost)
    return {value, Value()};
  Value zero = constantLike(b, value, APFloat::getZero(getSemantics(value)));
  Value left =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, value, lhs.value);
  return {value, arith::SelectOp::create(b, left, lhs.lost ? lhs.lost : zero,
                                         rhs.lost ? rhs.lost : zero)};
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

bool rmsnorm::writesWideRows(RowKernelOp op) {
  return llvm::any_of(
      llvm::seq<int64_t>(0, op.getOutputs().size()), [&](int64_t output) {
        Type type = getElementTypeOrSelf(op.getOutputs()[output]);
        return op.getOutputMap(output).getNumResults() == op.getNumLoops() &&
               (type.isF32() || type.isF64());
      });
}

bool rmsnorm::isStatistic(Value value) {
  Operation *source = value.getDefiningOp();
  return source && source->hasAttr(kStatisticAttrName) &&
         isa<arith::AddFOp, arith::MulFOp, arith::DivFOp, arith::MaximumFOp,
             math::SqrtOp>(source);
}

ReduceOp rmsnorm::findSum(Value statistic) {
  for (Value operand : statistic.getDefiningOp()->getOperands()) {
    if (auto reduce = operand.getDefiningOp<ReduceOp>())
      return reduce;
    if (isStatistic(operand))
      if (ReduceOp sum = findSum(operand))
        return sum;
  }
  return {};
}

Compensated rmsnorm::evaluateStatistic(ImplicitLocOpBuilder &b, Value value,
                                       ArrayRef<Compensated> operands) {
  return llvm::TypeSwitch<Operation *, Compensated>(value.getDefiningOp())
      .Case([&](arith::AddFOp) { return add(b, operands[0], operands[1]); })
      .Case(
          [&](arith::MulFOp) { return multiply(b, operands[0], operands[1]); })
      .Case([&](arith::DivFOp) { return divide(b, operands[0], operands[1]); })
      .Case([&](arith::MaximumFOp) {
        return maximum(b, operands[0], operands[1]);
      })
      .Case([&](math::SqrtOp) { return squareRoot(b, operands[0]); });
}

Value rmsnorm::refineStatistic(ImplicitLocOpBuilder &b, Compensated statistic,
                               Value sum) {
  if (!statistic.lost)
    return statistic.value;
  const llvm::fltSemantics &semantics = getSemantics(sum);
  auto compare = [&](arith::CmpFPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpFOp::create(b, predicate, lhs, rhs);
  };
  Value notTiny =
      compare(arith::CmpFPredicate::OGE, sum,
              constantLike(b, sum, APFloat::getSmallestNormalized(semantics)));
  Value finite = compare(arith::CmpFPredicate::OLE, sum,
                         constantLike(b, sum, APFloat::getLargest(semantics)));
  Value normal = arith::AndIOp::create(b, notTiny, finite);
  return arith::SelectOp::create(b, normal, roundCompensated(b, statistic),
                                 statistic.value);
}
