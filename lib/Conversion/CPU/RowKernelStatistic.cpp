//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//


/// \file
/// The statistic of a norm's row in f64. Every element of the row is multiplied
/// by 1/d, so that what is rounded away on the way from the sum of squares to
/// 1/d (four roundings in f32, and that of the sum) is an error of all of them.
/// The op promises f32 arithmetic where the sum is not a normal number, and
/// there it is what f32 gives.

#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

using namespace mlir;
using namespace mlir::rmsnorm;

static bool isStatistic(Value value) {
  Operation *source = value.getDefiningOp();
  return source && source->hasAttr(kStatisticAttrName) &&
         source->getNumResults() == 1 && value.getType().isF32();
}

/// The sum that a statistic is made of.
static Value findSum(Value value) {
  for (Value operand : value.getDefiningOp()->getOperands()) {
    if (operand.getDefiningOp<ReduceOp>() && operand.getType().isF32())
      return operand;
    if (isStatistic(operand))
      if (Value sum = findSum(operand))
        return sum;
  }
  return {};
}

/// Narrow results are rounded so coarsely that f32 is enough.
bool RowKernelEmitter::isRefined(Value value) {
  if (!isStatistic(value) || !analysis.isRowInvariant(value) ||
      !findSum(value))
    return false;
  return llvm::any_of(
      llvm::seq<int64_t>(0, op.getOutputs().size()), [&](int64_t output) {
        return op.getOutputMap(output).getNumResults() == op.getNumLoops() &&
               getElementTypeOrSelf(op.getOutputs()[output]).isF32();
      });
}

Value RowKernelEmitter::getWideSum(ImplicitLocOpBuilder &b, Value sum,
                                   const Point &point) {
  if (Value known = wideSums.lookup(sum))
    return known;
  Value narrow = getValue(b, sum, point);
  Type type = b.getF64Type();
  if (auto vector = dyn_cast<VectorType>(narrow.getType()))
    type = vector.cloneWith(std::nullopt, type);
  return arith::ExtFOp::create(b, type, narrow);
}

/// `value` with all its statistic computed in `type`.
Value RowKernelEmitter::emitStatistic(ImplicitLocOpBuilder &b, Value value,
                                      FloatType type, const Point &point) {
  bool wide = type.isF64();
  if (auto constant = value.getDefiningOp<arith::ConstantOp>()) {
    if (!wide)
      return getValue(b, value, point);
    APFloat number = cast<FloatAttr>(constant.getValue()).getValue();
    bool losesInfo = false;
    number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return arith::ConstantOp::create(b, b.getFloatAttr(type, number));
  }
  if (!isStatistic(value)) {
    if (!wide)
      return getValue(b, value, point);
    return getWideSum(b, value, point);
  }
  std::tuple<Value, Type, int64_t> key(
      value, type, variesInVector(value) ? point.chunk : -1);
  if (Value known = statistics.lookup(key))
    return known;
  Operation *source = value.getDefiningOp();
  bool vectorize = variesInVector(value);
  OperationState state(b.getLoc(), source->getName());
  for (Value operand : source->getOperands()) {
    Value element = emitStatistic(b, operand, type, point);
    state.addOperands(vectorize ? splat(b, element) : element);
  }
  state.addAttributes(source->getAttrs());
  state.attributes.erase(kStatisticAttrName);
  state.addTypes(vectorize ? vectorOf(type) : type);
  Value result = b.create(state)->getResult(0);
  statistics[key] = result;
  return result;
}

Value RowKernelEmitter::emitRefined(ImplicitLocOpBuilder &b, Value value,
                                    const Point &point) {
  bool vectorize = variesInVector(value);
  Value narrow = emitStatistic(b, value, b.getF32Type(), point);
  Value wide = emitStatistic(b, value, b.getF64Type(), point);
  Value rounded = arith::TruncFOp::create(b, narrow.getType(), wide);
  Value sum = getValue(b, findSum(value), point);
  const llvm::fltSemantics &semantics = b.getF32Type().getFloatSemantics();
  auto constant = [&](const APFloat &number) {
    Value scalar =
        arith::ConstantOp::create(b, b.getFloatAttr(b.getF32Type(), number));
    return vectorize ? splat(b, scalar) : scalar;
  };
  Value notTiny = arith::CmpFOp::create(
      b, arith::CmpFPredicate::OGE, sum,
      constant(APFloat::getSmallestNormalized(semantics)));
  Value finite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, sum,
                            constant(APFloat::getLargest(semantics)));
  Value normal = arith::AndIOp::create(b, notTiny, finite);
  return arith::SelectOp::create(b, normal, rounded, narrow);
}
