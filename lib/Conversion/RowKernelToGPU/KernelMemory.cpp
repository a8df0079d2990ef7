//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Offsets, the conditions of the fast path, loads and stores.

#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Integer arithmetic
//===----------------------------------------------------------------------===//

Value IndexBuilder::constant(int64_t value) {
  return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
}

Value IndexBuilder::add(Value lhs, Value rhs) {
  return b.createOrFold<arith::AddIOp>(lhs, rhs);
}

Value IndexBuilder::mul(Value lhs, Value rhs) {
  return b.createOrFold<arith::MulIOp>(lhs, rhs);
}

// Everything divided here is a non-negative position.
Value IndexBuilder::div(Value lhs, Value rhs) {
  return b.createOrFold<arith::DivUIOp>(lhs, rhs);
}

Value IndexBuilder::rem(Value lhs, Value rhs) {
  return b.createOrFold<arith::RemUIOp>(lhs, rhs);
}

Value IndexBuilder::min(Value lhs, Value rhs) {
  return b.createOrFold<arith::MinSIOp>(lhs, rhs);
}

Value IndexBuilder::less(Value lhs, Value rhs) {
  return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, lhs, rhs);
}

Value IndexBuilder::equal(Value lhs, Value rhs) {
  return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, lhs, rhs);
}

Value IndexBuilder::both(Value lhs, Value rhs) {
  return b.createOrFold<arith::AndIOp>(lhs, rhs);
}

Value IndexBuilder::either(Value lhs, Value rhs) {
  return b.createOrFold<arith::OrIOp>(lhs, rhs);
}

Value IndexBuilder::select(Value condition, Value onTrue, Value onFalse) {
  return b.createOrFold<arith::SelectOp>(condition, onTrue, onFalse);
}

//===----------------------------------------------------------------------===//
// Offsets
//===----------------------------------------------------------------------===//

Value KernelEmitter::getExtent(int64_t dim) {
  if (!ShapedType::isDynamic(staticExtents[dim]))
    return ix.constant(staticExtents[dim]);
  unsigned position = 0;
  for (bool reduction : {false, true})
    for (int64_t other : reduction ? op.getReductionDims() : op.getRowDims()) {
      if (other == dim)
        return extentArguments[position];
      ++position;
    }
  llvm_unreachable("every loop dimension has an extent");
}

/// Offset in elements of the point `index` of the space `dims` (last fastest).
Value KernelEmitter::delinearizedOffset(const KernelOperand &operand,
                                        ArrayRef<int64_t> dims, Value index) {
  Value offset = ix.constant(0);
  for (size_t position = dims.size(); position-- > 0;) {
    Value coordinate = index;
    if (position > 0) {
      Value extent = getExtent(dims[position]);
      coordinate = ix.rem(index, extent);
      index = ix.div(index, extent);
    }
    if (Value stride = operand.strides[dims[position]])
      offset = ix.add(offset, ix.mul(coordinate, stride));
  }
  return offset;
}

unsigned KernelEmitter::getAlignment(const KernelOperand &operand) const {
  return std::min(16u,
                  config.vectorSize * getElementBytes(operand.elementType));
}

/// Whether this launch may use aligned vector accesses of contiguous rows; null
/// if there is nothing to choose.
Value KernelEmitter::buildFastCondition() {
  if (config.vectorSize == 1 && redDims.size() <= 1)
    return {};
  Value condition = arith::ConstantOp::create(b, b.getBoolAttr(true));
  Value one = ix.constant(1), zero = ix.constant(0);
  auto require = [&](Value term) { condition = ix.both(condition, term); };
  auto requireMultiple = [&](Value value, int64_t divisor) {
    if (divisor > 1)
      require(ix.equal(
          b.createOrFold<arith::AndIOp>(value, ix.constant(divisor - 1)),
          zero));
  };
  if (ShapedType::isDynamic(staticRowLength))
    requireMultiple(rowLength, config.vectorSize);
  bool needsRuns = false;
  for (KernelOperand &operand : operands) {
    if (operand.isScalar || !operand.alongRow)
      continue;
    if (!operand.collapsible)
      needsRuns = true;
    if (!operand.usesInnermost)
      continue; // one element per vector
    require(ix.equal(operand.strides[redDims.back()], one));
    unsigned bytes = getElementBytes(operand.elementType);
    unsigned alignment = getAlignment(operand);
    Value address =
        LLVM::PtrToIntOp::create(b, b.getI64Type(), operand.pointer);
    requireMultiple(address, alignment);
    SmallVector<int64_t> outer(rowDims);
    if (!operand.collapsible)
      llvm::append_range(outer, ArrayRef<int64_t>(redDims).drop_back());
    for (int64_t dim : outer)
      if (Value stride = operand.strides[dim])
        requireMultiple(stride, alignment / bytes);
    for (const KernelGather &gather : operand.gathers)
      requireMultiple(gather.stride, alignment / bytes);
    if (operand.collapsible)
      for (size_t i = 0; i + 1 < redDims.size(); ++i)
        require(ix.equal(operand.strides[redDims[i]],
                         ix.mul(operand.strides[redDims[i + 1]],
                                getExtent(redDims[i + 1]))));
  }
  if (needsRuns && ShapedType::isDynamic(staticExtents[redDims.back()]))
    requireMultiple(getExtent(redDims.back()), config.vectorSize);
  return condition;
}

/// Whether the rows of all operands follow one another at one distance, so that
/// no division is needed; null if that is impossible or there is nothing to
/// gain.
Value KernelEmitter::buildCollapsedRows() {
  if (rowDims.size() < 2)
    return {};
  Value condition = arith::ConstantOp::create(b, b.getBoolAttr(true));
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if (operand.isScalar)
      continue;
    AffineMap map = op.getMap(index);
    if (llvm::none_of(rowDims,
                      [&](int64_t dim) { return map.isFunctionOfDim(dim); }))
      continue;
    if (!usesAllInOrder(map, rowDims))
      return {};
    for (size_t i = 0; i + 1 < rowDims.size(); ++i)
      condition =
          ix.both(condition, ix.equal(operand.strides[rowDims[i]],
                                      ix.mul(operand.strides[rowDims[i + 1]],
                                             getExtent(rowDims[i + 1]))));
  }
  return condition;
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

/// How LLVM stores a type: it knows no 8-bit floats, and Booleans are bytes.
static Type storedType(OpBuilder &b, Type type) {
  Type element = getElementTypeOrSelf(type);
  if (!element.isInteger(1) && !isa<Float8E4M3FNType, Float8E5M2Type>(element))
    return type;
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(b.getI8Type());
  return b.getI8Type();
}

static Value fromStored(ImplicitLocOpBuilder &b, Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (isa<FloatType>(getElementTypeOrSelf(type)))
    return arith::BitcastOp::create(b, type, value);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(value.getType()));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
}

static Value toStored(ImplicitLocOpBuilder &b, Value value) {
  Type type = storedType(b, value.getType());
  if (type == value.getType())
    return value;
  if (isa<FloatType>(getElementTypeOrSelf(value)))
    return arith::BitcastOp::create(b, type, value);
  return arith::ExtUIOp::create(b, type, value);
}

Value KernelEmitter::elementPointer(const KernelOperand &operand,
                                    Value offset) {
  return LLVM::GEPOp::create(
      b, operand.pointer.getType(), storedType(b, operand.elementType),
      operand.rowPointer ? operand.rowPointer : operand.pointer,
      ValueRange{offset});
}

Value KernelEmitter::loadElement(const KernelOperand &operand, Value pointer) {
  Type type = operand.elementType;
  Value value = LLVM::LoadOp::create(
      b, storedType(b, type), pointer, getElementBytes(type),
      /*isVolatile=*/false, /*isNonTemporal=*/false,
      /*isInvariant=*/operand.readOnly);
  return fromStored(b, value, type);
}

/// Pointer to the first element of a slot, on the fast path.
Value KernelEmitter::slotPointer(const KernelOperand &operand,
                                 const KernelSlot &slot) {
  Value begin = slot.safeElement;
  if (!operand.collapsible)
    return elementPointer(operand, delinearizedOffset(operand, redDims, begin));
  if (slot.laneDistance && !slot.inside) {
    // A constant distance becomes part of the instruction.
    KernelOperand fromLane = operand;
    fromLane.rowPointer =
        elementPointer(operand, ix.mul(lane, ix.constant(config.vectorSize)));
    return elementPointer(fromLane, ix.constant(*slot.laneDistance));
  }
  return elementPointer(operand, begin);
}

Value KernelEmitter::loadSlot(const KernelOperand &operand,
                              const KernelSlot &slot) {
  Type type = vectorOf(operand.elementType);
  if (fast && operand.usesInnermost) {
    Value value = LLVM::LoadOp::create(
        b, storedType(b, type), slotPointer(operand, slot),
        getAlignment(operand), /*isVolatile=*/false, /*isNonTemporal=*/false,
        /*isInvariant=*/operand.readOnly);
    return fromStored(b, value, type);
  }
  if (fast) {
    Value value = loadElement(
        operand, elementPointer(operand, delinearizedOffset(operand, redDims,
                                                            slot.safeElement)));
    return config.vectorSize == 1
               ? value
               : vector::BroadcastOp::create(b, type, value).getResult();
  }
  SmallVector<Value> elements;
  for (unsigned i = 0; i < config.vectorSize; ++i) {
    Value position = ix.add(slot.safeElement, ix.constant(i));
    if (!slot.elementInside.empty())
      position = ix.select(slot.elementInside[i], position, slot.safeElement);
    elements.push_back(loadElement(
        operand, elementPointer(
                     operand, delinearizedOffset(operand, redDims, position))));
  }
  if (config.vectorSize == 1)
    return elements.front();
  return vector::FromElementsOp::create(b, cast<VectorType>(type), elements);
}

void KernelEmitter::storeElement(const KernelOperand &operand, Value value,
                                 Value pointer) {
  LLVM::StoreOp::create(b, toStored(b, value), pointer,
                        getElementBytes(operand.elementType));
}

/// Stores a vector; the caller has made sure that the slot is inside the row.
void KernelEmitter::storeSlotValue(const KernelOperand &operand,
                                   const KernelSlot &slot, Value value) {
  if (fast && operand.usesInnermost) {
    LLVM::StoreOp::create(b, toStored(b, value), slotPointer(operand, slot),
                          getAlignment(operand));
    return;
  }
  for (unsigned i = 0; i < config.vectorSize; ++i) {
    Value element =
        config.vectorSize == 1
            ? value
            : vector::ExtractOp::create(b, value, int64_t(i)).getResult();
    Value offset = delinearizedOffset(operand, redDims,
                                      ix.add(slot.safeElement, ix.constant(i)));
    auto store = [&] {
      storeElement(operand, element, elementPointer(operand, offset));
    };
    if (slot.elementInside.empty()) {
      store();
      continue;
    }
    auto guard = scf::IfOp::create(b, slot.elementInside[i]);
    OpBuilder::InsertionGuard insertion(b);
    b.setInsertionPointToStart(guard.thenBlock());
    store();
  }
}
