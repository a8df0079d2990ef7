//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The values of a GPU kernel's body: once per row, or per slot of a thread,
/// and the stores of results.

#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Computes what is the same along the row and known in `phase`.
void KernelEmitter::evaluateRow(unsigned phase) {
  for (Operation &nested : op.getBody().front().without_terminator()) {
    if (isa<ReduceOp>(nested) || nested.getNumResults() != 1)
      continue;
    Value result = nested.getResult(0);
    if (!analysis.isRowInvariant(result) || analysis.getPhase(result) != phase)
      continue;
    if (isStatistic(result) && statistics.contains(findSum(result).getResult()))
      emitStatistic(result);
    else
      b.clone(nested, rowValues);
  }
}

/// The value in a slot: a vector, or a scalar when it is the same along the
/// row.
void KernelEmitter::emitStatistic(Value value) {
  SmallVector<Compensated> operands;
  for (Value operand : value.getDefiningOp()->getOperands()) {
    auto known = statistics.find(operand);
    operands.push_back(known != statistics.end()
                           ? known->second
                           : Compensated{rowValues.lookup(operand), Value()});
  }
  Compensated result = evaluateStatistic(b, value, operands);
  statistics[value] = result;
  Value sum = rowValues.lookup(findSum(value).getResult());
  rowValues.map(value, refineStatistic(b, result, sum));
}

Value KernelEmitter::evaluate(Value value, KernelSlot &slot) {
  if (analysis.isRowInvariant(value))
    return rowValues.lookup(value);
  if (Value known = slot.values.lookupOrNull(value))
    return known;
  Value result;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    result = loadSlot(operands[argument.getArgNumber()], slot);
  } else {
    Operation *nested = value.getDefiningOp();
    OperationState state(b.getLoc(), nested->getName());
    for (Value operand : nested->getOperands()) {
      Value evaluated = evaluate(operand, slot);
      Type type = vectorOf(operand.getType());
      if (evaluated.getType() != type)
        evaluated = vector::BroadcastOp::create(b, type, evaluated);
      state.addOperands(evaluated);
    }
    state.addTypes(vectorOf(value.getType()));
    state.addAttributes(nested->getAttrs());
    result = b.create(state)->getResult(0);
  }
  slot.values.map(value, result);
  return result;
}

KernelSlot KernelEmitter::makeSlot(unsigned index, Value chunkBegin,
                                   bool maskAll) {
  KernelSlot slot;
  int64_t distance = int64_t(index) * config.lanesPerRow * config.vectorSize;
  Value begin = ix.mul(lane, ix.constant(config.vectorSize));
  if (chunkBegin)
    begin = ix.add(begin, chunkBegin);
  else
    slot.laneDistance = distance;
  slot.element = ix.add(begin, ix.constant(distance));
  slot.safeElement = slot.element;
  bool alwaysInside =
      !maskAll && !ShapedType::isDynamic(staticRowLength) &&
      distance + int64_t(config.lanesPerRow) * config.vectorSize <=
          staticRowLength;
  if (alwaysInside)
    return slot;
  slot.inside = ix.less(slot.element, rowLength);
  slot.safeElement = ix.select(slot.inside, slot.element, ix.constant(0));
  if (!fast && ShapedType::isDynamic(staticRowLength) && config.vectorSize > 1)
    for (unsigned i = 0; i < config.vectorSize; ++i)
      slot.elementInside.push_back(
          ix.less(ix.add(slot.element, ix.constant(i)), rowLength));
  return slot;
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

/// Stores the outputs along the row that are known in `phase` (all if not
/// given).
void KernelEmitter::storeSlot(KernelSlot &slot, std::optional<unsigned> phase) {
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  unsigned numInputs = op.getInputs().size();
  SmallVector<std::pair<KernelOperand *, Value>> stores;
  for (auto [index, value] : llvm::enumerate(yield.getValues())) {
    KernelOperand &operand = operands[numInputs + index];
    if (!operand.alongRow || (phase && analysis.getPhase(value) != *phase))
      continue;
    Value result = evaluate(value, slot);
    Type type = vectorOf(value.getType());
    if (result.getType() != type)
      result = vector::BroadcastOp::create(b, type, result);
    stores.push_back({&operand, result});
  }
  if (stores.empty())
    return;
  Value condition = active;
  if (slot.inside)
    condition = condition ? ix.both(condition, slot.inside) : slot.inside;
  OpBuilder::InsertionGuard insertion(b);
  if (condition) {
    auto guard = scf::IfOp::create(b, condition);
    b.setInsertionPointToStart(guard.thenBlock());
  }
  for (auto [operand, value] : stores)
    storeSlotValue(*operand, slot, value);
}

/// Outputs with one element per row: the first lane writes them.
void KernelEmitter::storeRowOutputs() {
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  unsigned numInputs = op.getInputs().size();
  Value condition = ix.equal(lane, ix.constant(0));
  if (active)
    condition = ix.both(condition, active);
  for (auto [index, value] : llvm::enumerate(yield.getValues())) {
    KernelOperand &operand = operands[numInputs + index];
    if (operand.alongRow)
      continue;
    Value result = rowValues.lookup(value);
    auto guard = scf::IfOp::create(b, condition);
    OpBuilder::InsertionGuard insertion(b);
    b.setInsertionPointToStart(guard.thenBlock());
    storeElement(operand, result, operand.rowPointer);
  }
}
