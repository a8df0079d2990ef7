//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The statistic of a norm's row where f32 or f64 is written. Every element of
/// the row is multiplied by 1/d, so that what is rounded away on the way from
/// the squares to 1/d is an error of all of them: f32 sums are taken in f64,
/// f64 sums and what follows keep what they lose.

#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::rmsnorm;

bool RowKernelEmitter::accumulatesWide(ReduceOp reduce) const {
  return precise && reduce.getKind() == ReduceKind::Add &&
         reduce.getType().isF32();
}

bool RowKernelEmitter::accumulatesPairs(ReduceOp reduce) const {
  return precise && reduce.getKind() == ReduceKind::Add &&
         reduce.getType().isF64();
}

bool RowKernelEmitter::isRefined(Value value) const {
  return precise && isStatistic(value) && analysis.isRowInvariant(value) &&
         findSum(value);
}

/// The sum in its own type; remembers what that lacks. `columns` are the sum's
/// accumulators (or the accumulator of another reduction), as scalars or, of
/// rows side by side, vectors.
Value RowKernelEmitter::finishSum(ImplicitLocOpBuilder &b, ReduceOp reduce,
                                  ValueRange columns, int64_t chunk) {
  Value value = columns.front();
  std::pair<Value, int64_t> key(reduce.getResult(), chunk);
  Type type = reduce.getType();
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.cloneWith(std::nullopt, type);
  if (accumulatesPairs(reduce)) {
    Value sum = roundCompensated(b, {value, columns.back()});
    Value moved = arith::SubFOp::create(b, sum, value);
    statistics[key] = {sum, arith::SubFOp::create(b, columns.back(), moved)};
    return sum;
  }
  if (value.getType() == type)
    return value;
  Value sum = arith::TruncFOp::create(b, type, value);
  Value back = arith::ExtFOp::create(b, value.getType(), sum);
  Value rest = arith::SubFOp::create(b, value, back);
  statistics[key] = {sum, arith::TruncFOp::create(b, type, rest)};
  return sum;
}

Compensated RowKernelEmitter::getStatistic(ImplicitLocOpBuilder &b, Value value,
                                           const Point &point) {
  bool varies = variesInVector(value);
  std::pair<Value, int64_t> key(value, varies ? point.chunk : -1);
  if (auto known = statistics.find(key); known != statistics.end())
    return known->second;
  if (!isStatistic(value))
    return {getValue(b, value, point), Value()};
  SmallVector<Compensated> operands;
  for (Value operand : value.getDefiningOp()->getOperands()) {
    Compensated number = getStatistic(b, operand, point);
    if (varies) {
      number.value = splat(b, number.value);
      if (number.lost)
        number.lost = splat(b, number.lost);
    }
    operands.push_back(number);
  }
  Compensated result = evaluateStatistic(b, value, operands);
  statistics[key] = result;
  return result;
}
