//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The accumulators of a row kernel: one or two vectors per reduction (a sum,
/// and where it keeps that, what it lost), combined in a fixed tree.

#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

using Accumulators = SmallVector<Value>;

static vector::CombiningKind combiningKind(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Add:
    return vector::CombiningKind::ADD;
  case ReduceKind::Maximum:
    return vector::CombiningKind::MAXIMUMF;
  case ReduceKind::Minimum:
    return vector::CombiningKind::MINIMUMF;
  }
  llvm_unreachable("all kinds handled");
}

Value RowKernelEmitter::getNeutral(ImplicitLocOpBuilder &b, ReduceOp reduce) {
  auto type = cast<FloatType>(reduce.getType());
  if (accumulatesWide(reduce))
    type = b.getF64Type();
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  // -0 is neutral for every sum, but the sum of an empty row is +0.
  APFloat value = APFloat::getZero(semantics);
  if (reduce.getKind() != ReduceKind::Add)
    value = APFloat::getInf(semantics, reduce.getKind() == ReduceKind::Maximum);
  Value scalar = arith::ConstantOp::create(b, FloatAttr::get(type, value));
  return splat(b, scalar);
}

Accumulators RowKernelEmitter::getNeutrals(ImplicitLocOpBuilder &b,
                                           unsigned phase, int64_t count) {
  Accumulators neutrals;
  for (ReduceOp reduce : analysis.getReductions(phase))
    neutrals.append(count * getNumColumns(reduce), getNeutral(b, reduce));
  return neutrals;
}

/// Whether the values of a maximum are magnitudes. Without a sign, numbers are
/// in the order of their bits, and a NaN lies above infinity: one instruction
/// on integers, where a maximum that keeps NaN takes six. The neutral element,
/// minus infinity, is a negative integer.
static bool isOfMagnitudes(ReduceOp reduce) {
  Operation *source = reduce.getValue().getDefiningOp();
  if (auto extend = dyn_cast_if_present<arith::ExtFOp>(source))
    source = extend.getIn().getDefiningOp();
  return reduce.getKind() == ReduceKind::Maximum &&
         isa_and_present<math::AbsFOp>(source);
}

static Value bitsOf(ImplicitLocOpBuilder &b, Value value) {
  Type type = value.getType();
  Type bits =
      b.getIntegerType(getElementTypeOrSelf(type).getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(type))
    bits = vector.clone(bits);
  return arith::BitcastOp::create(b, bits, value);
}

Value RowKernelEmitter::combine(ImplicitLocOpBuilder &b, ReduceOp reduce,
                                Value lhs, Value rhs) {
  if (isOfMagnitudes(reduce)) {
    Value largest = arith::MaxSIOp::create(b, bitsOf(b, lhs), bitsOf(b, rhs));
    return arith::BitcastOp::create(b, lhs.getType(), largest);
  }
  switch (reduce.getKind()) {
  case ReduceKind::Add:
    return arith::AddFOp::create(b, lhs, rhs);
  case ReduceKind::Maximum:
    return arith::MaximumFOp::create(b, lhs, rhs);
  case ReduceKind::Minimum:
    return arith::MinimumFOp::create(b, lhs, rhs);
  }
  llvm_unreachable("all kinds handled");
}

size_t RowKernelEmitter::getNumColumns(unsigned phase) const {
  size_t count = 0;
  for (ReduceOp reduce : analysis.getReductions(phase))
    count += getNumColumns(reduce);
  return count;
}

Accumulators RowKernelEmitter::combineAll(ImplicitLocOpBuilder &b,
                                          unsigned phase, ValueRange lhs,
                                          ValueRange rhs) {
  Accumulators results(lhs);
  size_t columns = getNumColumns(phase);
  size_t count = columns == 0 ? 0 : lhs.size() / columns;
  size_t begin = 0;
  for (ReduceOp reduce : analysis.getReductions(phase)) {
    for (size_t index = begin; index < begin + count; ++index) {
      if (!accumulatesPairs(reduce)) {
        results[index] = combine(b, reduce, lhs[index], rhs[index]);
        continue;
      }
      size_t lost = index + count;
      Compensated sum =
          add(b, {lhs[index], lhs[lost]}, {rhs[index], rhs[lost]});
      results[index] = sum.value;
      results[lost] = sum.lost;
    }
    begin += count * getNumColumns(reduce);
  }
  return results;
}

Accumulators RowKernelEmitter::combineTree(ImplicitLocOpBuilder &b,
                                           unsigned phase,
                                           ValueRange accumulators,
                                           int64_t count) {
  // By halves: what is left over moves up.
  Accumulators level(accumulators);
  size_t columns = getNumColumns(phase);
  while (count > 1) {
    int64_t half = count / 2;
    Accumulators lhs, rhs, rest;
    for (size_t column = 0; column < columns; ++column) {
      ValueRange values = ValueRange(level).slice(column * count, count);
      for (int64_t index = 0; index < half; ++index) {
        lhs.push_back(values[2 * index]);
        rhs.push_back(values[2 * index + 1]);
      }
      if (count % 2)
        rest.push_back(values.back());
    }
    Accumulators sums = combineAll(b, phase, lhs, rhs);
    level.clear();
    for (size_t column = 0; column < columns; ++column) {
      llvm::append_range(level, ValueRange(sums).slice(column * half, half));
      if (count % 2)
        level.push_back(rest[column]);
    }
    count = half + count % 2;
  }
  return level;
}

static Value sliceLanes(ImplicitLocOpBuilder &b, Value vector, int64_t offset,
                        int64_t count) {
  return vector::ExtractStridedSliceOp::create(
      b, vector, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{count},
      ArrayRef<int64_t>{1});
}

Value RowKernelEmitter::reduceLanes(ImplicitLocOpBuilder &b, ReduceOp reduce,
                                    ValueRange columns) {
  Value vector = columns.front();
  if (schedule.lanes == 1)
    return finishSum(b, reduce, columns, /*chunk=*/-1);
  bool isSum = reduce.getKind() == ReduceKind::Add;
  // The lanes of an f32 sum are added in f64, once per row: it takes away four
  // of the roundings that every element of the row would suffer from.
  if (isSum && reduce.getType().isF32()) {
    auto type = VectorType::get(schedule.lanes, b.getF64Type());
    if (vector.getType() != type)
      vector = arith::ExtFOp::create(b, type, vector);
    Value sum =
        vector::ReductionOp::create(b, vector::CombiningKind::ADD, vector);
    return finishSum(b, reduce, sum, /*chunk=*/-1);
  }
  if (isOfMagnitudes(reduce)) {
    Value largest = vector::ReductionOp::create(b, vector::CombiningKind::MAXSI,
                                                bitsOf(b, vector));
    return arith::BitcastOp::create(b, reduce.getType(), largest);
  }
  if (reduce.getType().getIntOrFloatBitWidth() >= 32 &&
      !accumulatesPairs(reduce))
    return vector::ReductionOp::create(b, combiningKind(reduce.getKind()),
                                       vector);
  // By halves. Narrow types have arithmetic only once it has been expanded, and
  // vector.reduction is not.
  Accumulators level(columns);
  for (int64_t half = schedule.lanes / 2; half > 0; half /= 2) {
    Accumulators lhs, rhs;
    for (Value value : level) {
      lhs.push_back(sliceLanes(b, value, 0, half));
      rhs.push_back(sliceLanes(b, value, half, half));
    }
    if (accumulatesPairs(reduce)) {
      Compensated sum = add(b, {lhs[0], lhs[1]}, {rhs[0], rhs[1]});
      level = {sum.value, sum.lost};
    } else {
      level = {combine(b, reduce, lhs[0], rhs[0])};
    }
  }
  for (Value &value : level)
    value = vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0});
  return finishSum(b, reduce, level, /*chunk=*/-1);
}

Accumulators RowKernelEmitter::accumulate(ImplicitLocOpBuilder &b,
                                          ReduceOp reduce, ValueRange columns,
                                          const Point &point) {
  auto operand = [&](Value value) {
    Value element = splat(b, getValue(b, value, point));
    if (!accumulatesWide(reduce))
      return element;
    Type type = schedule.lanes == 1 ? b.getF64Type() : vectorOf(b.getF64Type());
    return arith::ExtFOp::create(b, type, element).getResult();
  };
  auto product = reduce.getValue().getDefiningOp<arith::MulFOp>();
  bool wide = reduce.getType().isF32() || reduce.getType().isF64();
  Accumulators next;
  if (accumulatesPairs(reduce)) {
    Compensated addend;
    if (product)
      addend = multiplyExact(b, operand(product.getLhs()),
                             operand(product.getRhs()));
    else
      addend = {operand(reduce.getValue()), Value()};
    Compensated sum = add(b, {columns[0], columns[1]}, addend);
    next = {sum.value, sum.lost};
  } else if (reduce.getKind() == ReduceKind::Add && product && wide) {
    // Inside the sum a product need not be rounded: one instruction, and closer
    // to the exact sum.
    next = {math::FmaOp::create(b, operand(product.getLhs()),
                                operand(product.getRhs()), columns[0])};
  } else {
    next = {combine(b, reduce, columns[0], operand(reduce.getValue()))};
  }
  // Lanes outside the row keep what they have.
  if (point.mask && schedule.alongRow)
    for (auto [value, before] : llvm::zip_equal(next, columns))
      value = arith::SelectOp::create(b, point.mask, value, before);
  return next;
}

Accumulators RowKernelEmitter::emitPoint(ImplicitLocOpBuilder &b,
                                         unsigned phase, const Point &point,
                                         ValueRange accumulators) {
  Accumulators next;
  for (ReduceOp reduce : analysis.getReductions(phase)) {
    size_t count = getNumColumns(reduce);
    llvm::append_range(
        next, accumulate(b, reduce, accumulators.take_front(count), point));
    accumulators = accumulators.drop_front(count);
  }
  if (isLastPhase(phase))
    emitStores(b, point);
  return next;
}

void RowKernelEmitter::emitPoint(ImplicitLocOpBuilder &b, unsigned phase,
                                 const Point &point, int64_t position,
                                 int64_t count,
                                 MutableArrayRef<Value> accumulators) {
  Accumulators current;
  for (size_t index = position; index < accumulators.size(); index += count)
    current.push_back(accumulators[index]);
  current = emitPoint(b, phase, point, current);
  for (auto [column, value] : llvm::enumerate(current))
    accumulators[column * count + position] = value;
}
