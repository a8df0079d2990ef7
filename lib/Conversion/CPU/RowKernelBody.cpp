//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The values of a row kernel: loads, vectorised scalar code, stores.

#include "Checks.h"
#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

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
    int64_t vectors = firstVector(point);
    if (int64_t(dim.getPosition()) == schedule.vectorDim && vectors != 0)
      index = arith::AddIOp::create(b, index,
                                    constantIndex(b, vectors * schedule.lanes));
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
  if (point.paired)
    return loadHalf(b, buffer, indices, point);
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
  if (point.paired)
    storeHalf(b, operands[operand], indices, value, point);
  else if (point.mask)
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
  Value result = loadKept(b, value, point);
  if (!result) {
    result = computeValue(b, value, point);
    storeKept(b, value, result, point);
  }
  memo[key] = result;
  return result;
}

Value RowKernelEmitter::computeValue(ImplicitLocOpBuilder &b, Value value,
                                     const Point &point) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return load(b, argument.getArgNumber(), point);
  if (isRefined(value))
    return refineStatistic(b, getStatistic(b, value, point),
                           getValue(b, findSum(value).getResult(), point));
  return cloneOperation(b, value.getDefiningOp(), point);
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
