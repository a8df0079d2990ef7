//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The passes over a row: in registers, or loops along it.

#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Steps of a loop whose results are added one after the other before they go
/// one level up.
static constexpr int64_t stepsPerLevel = 16;

void KernelEmitter::emitInRegisters() {
  SmallVector<KernelSlot> slots;
  for (unsigned i = 0; i < config.slots; ++i)
    slots.push_back(makeSlot(i, {}, /*maskAll=*/false));
  // All loads first, parameters too: none waits behind a barrier.
  for (BlockArgument argument : op.getBody().front().getArguments())
    if (!argument.use_empty())
      for (KernelSlot &slot : slots)
        evaluate(argument, slot);
  for (unsigned phase = 0; phase < analysis.getNumPhases(); ++phase) {
    ArrayRef<ReduceOp> reductions = analysis.getReductions(phase);
    SmallVector<Compensated> partials;
    for (ReduceOp reduce : reductions) {
      SmallVector<Compensated> contributions;
      for (KernelSlot &slot : slots)
        contributions.push_back(contribution(reduce, slot));
      partials.push_back(
          contributions.empty()
              ? Compensated{identity(reduce), Value()}
              : horizontal(reduce, combineTree(reduce, contributions)));
    }
    for (KernelSlot &slot : slots)
      storeSlot(slot, phase);
    if (reductions.empty())
      continue;
    combineLanes(reductions, partials);
    finishReductions(reductions, partials);
    evaluateRow(phase + 1);
  }
}

/// Reduces the elements [begin, end) of the row: vectors of partial results.
/// Level 0 handles one chunk; each level above adds up to 16 of the one below.
SmallVector<Compensated> KernelEmitter::emitReduceLoop(unsigned phase,
                                                       unsigned level,
                                                       Value begin, Value end) {
  ArrayRef<ReduceOp> reductions = analysis.getReductions(phase);
  SmallVector<Compensated> results;
  if (level == 0) {
    bool divisible = !ShapedType::isDynamic(staticRowLength) &&
                     staticRowLength % config.getChunk() == 0;
    SmallVector<KernelSlot> slots;
    for (unsigned i = 0; i < config.slots; ++i)
      slots.push_back(makeSlot(i, begin, /*maskAll=*/!divisible));
    for (ReduceOp reduce : reductions) {
      SmallVector<Compensated> contributions;
      for (KernelSlot &slot : slots)
        contributions.push_back(contribution(reduce, slot));
      results.push_back(combineTree(reduce, contributions));
    }
    return results;
  }
  int64_t step = config.getChunk();
  for (unsigned i = 1; i < level; ++i)
    step *= stepsPerLevel;
  SmallVector<Value> initial;
  for (ReduceOp reduce : reductions) {
    Value neutral = identity(reduce);
    Type type = vectorOf(reduce.getType());
    if (type != reduce.getType())
      neutral = vector::BroadcastOp::create(b, type, neutral);
    initial.append(keepsLost(reduce) ? 2 : 1, neutral);
  }
  // The loop's values, in the order of the reductions.
  auto toPartials = [&](ValueRange values) {
    SmallVector<Compensated> partials;
    for (ReduceOp reduce : reductions) {
      bool pair = keepsLost(reduce);
      partials.push_back({values[0], pair ? values[1] : Value()});
      values = values.drop_front(pair ? 2 : 1);
    }
    return partials;
  };
  Value stepValue = ix.constant(step);
  auto loop = scf::ForOp::create(b, begin, end, stepValue, initial);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(loop.getBody());
  Value from = loop.getInductionVar();
  SmallVector<Compensated> inner = emitReduceLoop(
      phase, level - 1, from, ix.min(end, ix.add(from, stepValue)));
  SmallVector<Value> next;
  for (auto [reduce, sum, addend] :
       llvm::zip(reductions, toPartials(loop.getRegionIterArgs()), inner)) {
    Compensated total = combine(reduce, sum, addend);
    next.push_back(total.value);
    if (total.lost)
      next.push_back(total.lost);
  }
  scf::YieldOp::create(b, next);
  return toPartials(loop.getResults());
}

void KernelEmitter::emitLoops() {
  Value zero = ix.constant(0);
  int64_t chunks = ShapedType::isDynamic(staticRowLength)
                       ? stepsPerLevel * stepsPerLevel
                       : llvm::divideCeil(staticRowLength, config.getChunk());
  unsigned levels = 1;
  for (int64_t covered = stepsPerLevel; covered < chunks;
       covered *= stepsPerLevel)
    ++levels;
  for (unsigned phase = 0; phase + 1 < analysis.getNumPhases(); ++phase) {
    ArrayRef<ReduceOp> reductions = analysis.getReductions(phase);
    SmallVector<Compensated> vectors =
        emitReduceLoop(phase, levels, zero, rowLength);
    SmallVector<Compensated> partials;
    for (auto [reduce, vector] : llvm::zip(reductions, vectors))
      partials.push_back(horizontal(reduce, vector));
    combineLanes(reductions, partials);
    finishReductions(reductions, partials);
    evaluateRow(phase + 1);
  }
  // Everything along the row is written by the last loop: an output may be
  // the buffer of an input, which the earlier loops still read.
  auto loop =
      scf::ForOp::create(b, zero, rowLength, ix.constant(config.getChunk()));
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(loop.getBody());
  bool divisible = !ShapedType::isDynamic(staticRowLength) &&
                   staticRowLength % config.getChunk() == 0;
  SmallVector<KernelSlot> slots;
  for (unsigned i = 0; i < config.slots; ++i)
    slots.push_back(
        makeSlot(i, loop.getInductionVar(), /*maskAll=*/!divisible));
  for (BlockArgument argument : op.getBody().front().getArguments())
    if (!argument.use_empty())
      for (KernelSlot &slot : slots)
        evaluate(argument, slot);
  for (KernelSlot &slot : slots)
    storeSlot(slot, std::nullopt);
}
