//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The values of a row kernel: loads, vectorised scalar code, accumulation,
/// stores.

#include "Checks.h"
#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

using Accumulators = SmallVector<Value>;

Value RowKernelEmitter::constantIndex(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Type RowKernelEmitter::vectorOf(Type element) const {
  return schedule.lanes == 1 ? element
                             : VectorType::get(schedule.lanes, element);
}

Value RowKernelEmitter::splat(ImplicitLocOpBuilder &b, Value scalar) {
  if (schedule.lanes == 1 || isa<VectorType>(scalar.getType()))
    return scalar;
  return vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar);
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

SmallVector<Value> RowKernelEmitter::getIndices(ImplicitLocOpBuilder &b,
                                                unsigned operand,
                                                const Point &point) {
  SmallVector<Value> indices;
  for (auto [position, expr] :
       llvm::enumerate(op.getMap(operand).getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (op.getGatherIndex(operand, position)) {
      indices.push_back(getGatheredIndex(b, operand, position, point));
      continue;
    }
    if (!dim) {
      indices.push_back(constantIndex(b, 0));
      continue;
    }
    Value index = ivs[dim.getPosition()];
    if (int64_t(dim.getPosition()) == schedule.vectorDim && point.chunk != 0)
      index = arith::AddIOp::create(
          b, index, constantIndex(b, point.chunk * schedule.lanes));
    indices.push_back(index);
  }
  return indices;
}

Value RowKernelEmitter::load(ImplicitLocOpBuilder &b, unsigned operand,
                             const Point &point) {
  Value buffer = operands[operand];
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type)
    return buffer;
  AffineMap map = op.getMap(operand);
  SmallVector<Value> indices = getIndices(b, operand, point);
  if (schedule.lanes == 1 || !map.isFunctionOfDim(schedule.vectorDim))
    return memref::LoadOp::create(b, buffer, indices);
  auto vectorType = VectorType::get(schedule.lanes, type.getElementType());
  if (type.getElementType().isInteger(1))
    return loadBooleans(b, buffer, indices, point);
  if (!point.mask)
    return vector::LoadOp::create(b, vectorType, buffer, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  return vector::MaskedLoadOp::create(b, vectorType, buffer, indices,
                                      point.mask, zero);
}

void RowKernelEmitter::store(ImplicitLocOpBuilder &b, unsigned output,
                             Value value, const Point &point) {
  unsigned operand = op.getInputs().size() + output;
  AffineMap map = op.getMap(operand);
  SmallVector<Value> indices = getIndices(b, operand, point);
  if (schedule.lanes == 1 || !map.isFunctionOfDim(schedule.vectorDim)) {
    memref::StoreOp::create(b, value, operands[operand], indices);
    return;
  }
  value = splat(b, value);
  if (point.mask)
    storeMasked(b, operands[operand], indices, value, point);
  else if (getElementTypeOrSelf(value.getType()).isInteger(1))
    storeBooleans(b, operands[operand], indices, value, Value());
  else
    vector::StoreOp::create(b, value, operands[operand], indices);
}

void RowKernelEmitter::setMask(ImplicitLocOpBuilder &b, Point &point,
                               Value numLanes) const {
  point.numLanes = numLanes;
  point.mask = vector::CreateMaskOp::create(
      b, VectorType::get(schedule.lanes, b.getI1Type()), numLanes);
}

/// LLVM 22 for x86 turns a masked store of one lane of `trunc <n x i32> to
/// <n x i16>` into a store of all 32 bits, which overwrites what follows. So a
/// single narrow element is stored as such.
void RowKernelEmitter::storeMasked(ImplicitLocOpBuilder &b, Value buffer,
                                   ValueRange indices, Value value,
                                   const Point &point) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element.isIndex() || element.getIntOrFloatBitWidth() >= 32) {
    vector::MaskedStoreOp::create(b, buffer, indices, point.mask, value);
    return;
  }
  Value single = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                       point.numLanes, constantIndex(b, 1));
  scf::IfOp::create(
      b, single,
      [&](OpBuilder &nested, Location loc) {
        Value first =
            vector::ExtractOp::create(nested, loc, value, ArrayRef<int64_t>{0});
        memref::StoreOp::create(nested, loc, first, buffer, indices);
        scf::YieldOp::create(nested, loc);
      },
      [&](OpBuilder &nested, Location loc) {
        ImplicitLocOpBuilder nb(loc, nested);
        if (element.isInteger(1))
          storeBooleans(nb, buffer, indices, value, point.mask);
        else
          vector::MaskedStoreOp::create(nb, buffer, indices, point.mask, value);
        scf::YieldOp::create(nb);
      });
}

/// Where an element lies, as LLVM addresses it.
static Value emitAddress(ImplicitLocOpBuilder &b, Value buffer,
                         ValueRange indices) {
  auto metadata = memref::ExtractStridedMetadataOp::create(b, buffer);
  Value position = metadata.getOffset();
  for (auto [index, stride] : llvm::zip_equal(indices, metadata.getStrides()))
    position = arith::AddIOp::create(b, position,
                                     arith::MulIOp::create(b, index, stride));
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, buffer);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  base = arith::IndexCastOp::create(b, b.getI64Type(), base);
  base = LLVM::IntToPtrOp::create(b, pointer, ValueRange{base});
  position = arith::IndexCastOp::create(b, b.getI64Type(), position);
  return LLVM::GEPOp::create(b, pointer, b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{position});
}

/// Booleans are a byte each in memory but a bit each in a vector, and
/// vector.load knows only one of the two.
Value RowKernelEmitter::loadBooleans(ImplicitLocOpBuilder &b, Value buffer,
                                     ValueRange indices, const Point &point) {
  auto bytes = VectorType::get(schedule.lanes, b.getI8Type());
  Value address = emitAddress(b, buffer, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(bytes));
  Value loaded;
  if (point.mask)
    loaded = LLVM::MaskedLoadOp::create(b, bytes, address, point.mask, zero,
                                        /*alignment=*/1);
  else
    loaded = LLVM::LoadOp::create(b, bytes, address, /*alignment=*/1);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, loaded, zero);
}

void RowKernelEmitter::storeBooleans(ImplicitLocOpBuilder &b, Value buffer,
                                     ValueRange indices, Value value,
                                     Value mask) {
  auto bytes = VectorType::get(schedule.lanes, b.getI8Type());
  Value address = emitAddress(b, buffer, indices);
  value = arith::ExtUIOp::create(b, bytes, value);
  if (mask)
    LLVM::MaskedStoreOp::create(b, value, address, mask, /*alignment=*/1);
  else
    LLVM::StoreOp::create(b, value, address, /*alignment=*/1);
}

void RowKernelEmitter::emitStores(ImplicitLocOpBuilder &b, const Point &point) {
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  // All values first: an output may be the buffer of an input.
  SmallVector<std::pair<unsigned, Value>> values;
  for (auto [index, value] : llvm::enumerate(yield.getValues()))
    if (op.getOutputMap(index).getNumResults() == op.getNumLoops())
      values.emplace_back(index, getValue(b, value, point));
  for (auto [index, value] : values)
    store(b, index, value, point);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value RowKernelEmitter::getValue(ImplicitLocOpBuilder &b, Value value,
                                 const Point &point) {
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return b.clone(*constant)->getResult(0);
  std::pair<Value, int64_t> key(value,
                                variesInVector(value) ? point.chunk : -1);
  if (Value known = rowValues.lookup(key))
    return known;
  // A value that is kept in registers has to be computed once per row.
  auto &memo = schedule.keepInRegisters || analysis.isRowInvariant(value)
                   ? rowValues
                   : pointValues;
  if (Value known = memo.lookup(key))
    return known;
  Value result;
  if (auto argument = dyn_cast<BlockArgument>(value))
    result = load(b, argument.getArgNumber(), point);
  else if (isRefined(value))
    result = refineStatistic(b, getStatistic(b, value, point),
                             getValue(b, findSum(value).getResult(), point));
  else
    result = cloneOperation(b, value.getDefiningOp(), point);
  memo[key] = result;
  return result;
}

Value RowKernelEmitter::cloneOperation(ImplicitLocOpBuilder &b,
                                       Operation *source, const Point &point) {
  assert(!isa<ReduceOp>(source) && "reductions are known before their users");
  bool vectorize = variesInVector(source->getResult(0));
  SmallVector<Value> values;
  for (Value operand : source->getOperands()) {
    Value value = getValue(b, operand, point);
    values.push_back(vectorize ? splat(b, value) : value);
  }
  if (isIntegerDivision(source))
    values[1] = checkDivisor(b, source, values[1], point);
  OperationState state(b.getLoc(), source->getName());
  state.addOperands(values);
  state.addAttributes(source->getAttrs());
  for (Type type : source->getResultTypes())
    state.addTypes(vectorize ? vectorOf(type) : type);
  return b.create(state)->getResult(0);
}

//===----------------------------------------------------------------------===//
// Accumulation
//===----------------------------------------------------------------------===//

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

Value RowKernelEmitter::combine(ImplicitLocOpBuilder &b, ReduceOp reduce,
                                Value lhs, Value rhs) {
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
