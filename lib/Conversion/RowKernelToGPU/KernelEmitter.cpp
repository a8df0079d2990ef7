//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The skeleton of a kernel: which thread does what, phases, loops.

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

KernelEmitter::KernelEmitter(ImplicitLocOpBuilder &b,
                             const RowKernelAnalysis &analysis,
                             const KernelConfig &config, gpu::GPUFuncOp func)
    : b(b), ix(b), analysis(analysis), op(analysis.getOp()), config(config),
      func(func) {
  staticExtents = op.getStaticLoopExtents();
  rowDims = getNonUnitDims(op, /*reduction=*/false);
  redDims = getNonUnitDims(op, /*reduction=*/true);
}

SmallVector<Type> KernelEmitter::getParameterTypes(RowKernelOp op) {
  Builder b(op.getContext());
  SmallVector<Type> types;
  for (Type type : op.getOperandTypes()) {
    auto shaped = dyn_cast<ShapedType>(type);
    if (!shaped) {
      types.push_back(type.isIndex() ? Type(b.getI64Type()) : type);
      continue;
    }
    // 1 is NVPTX's global address space.
    types.push_back(LLVM::LLVMPointerType::get(op.getContext(), 1));
    types.append(shaped.getRank(), b.getI64Type());
  }
  types.append(op.getNumLoops(), b.getI64Type());
  return types;
}

Type KernelEmitter::vectorOf(Type elementType) const {
  if (config.vectorSize == 1)
    return elementType;
  return VectorType::get(config.vectorSize, elementType);
}

//===----------------------------------------------------------------------===//
// Prologue
//===----------------------------------------------------------------------===//

void KernelEmitter::readParameters() {
  unsigned next = 0;
  auto take = [&] { return func.getArgument(next++); };
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    KernelOperand operand;
    auto shaped = dyn_cast<ShapedType>(value.getType());
    if (!shaped) {
      operand.isScalar = true;
      operand.elementType = value.getType();
      operand.scalar = take();
      operands.push_back(operand);
      continue;
    }
    AffineMap map = op.getMap(index);
    operand.elementType = shaped.getElementType();
    operand.pointer = take();
    operand.strides.resize(op.getNumLoops());
    for (auto [position, expr] : llvm::enumerate(map.getResults())) {
      Value stride = take();
      if (std::optional<unsigned> gathered = op.getGatherIndex(index, position))
        operand.gathers.push_back(
            {stride, *gathered, shaped.getDimSize(position)});
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        operand.strides[dim.getPosition()] = stride;
    }
    operand.alongRow = llvm::any_of(op.getReductionDims(), [&](int64_t dim) {
      return map.isFunctionOfDim(dim);
    });
    operand.collapsible = operand.alongRow && usesAllInOrder(map, redDims);
    operand.usesInnermost =
        operand.alongRow && map.isFunctionOfDim(redDims.back());
    // Only an operand with an output's map may share its buffer.
    bool isInput = index < op.getInputs().size();
    operand.readOnly = isInput;
    for (unsigned output = 0; output < op.getOutputs().size(); ++output)
      if (op.getOutputMap(output) == map)
        operand.readOnly = false;
    operands.push_back(operand);
  }
  for (int64_t i = 0; i < op.getNumLoops(); ++i)
    extentArguments.push_back(take());
  unsigned buffer = 0;
  if (func.getNumWorkgroupAttributions() > 0)
    for (unsigned phase = 0; phase < analysis.getNumPhases(); ++phase)
      for (ReduceOp reduce : analysis.getReductions(phase))
        sharedBuffers[reduce] = func.getWorkgroupAttributions()[buffer++];
}

/// Pointers to the thread's row, in every operand.
void KernelEmitter::emitRowPointers() {
  SmallVector<KernelOperand *> moving;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    AffineMap map = op.getMap(index);
    if (!operand.isScalar && llvm::any_of(rowDims, [&](int64_t dim) {
          return map.isFunctionOfDim(dim);
        }))
      moving.push_back(&operand);
  }
  SmallVector<Value> offsets;
  auto general = [&] {
    SmallVector<Value> values;
    for (KernelOperand *operand : moving)
      values.push_back(delinearizedOffset(*operand, rowDims, row));
    return values;
  };
  if (Value collapsed = buildCollapsedRows()) {
    SmallVector<Type> types(moving.size(), b.getI64Type());
    auto choice = scf::IfOp::create(b, types, collapsed, /*withElse=*/true);
    OpBuilder::InsertionGuard insertion(b);
    b.setInsertionPointToStart(choice.thenBlock());
    SmallVector<Value> values;
    for (KernelOperand *operand : moving)
      values.push_back(ix.mul(row, operand->strides[rowDims.back()]));
    scf::YieldOp::create(b, values);
    b.setInsertionPointToStart(choice.elseBlock());
    scf::YieldOp::create(b, general());
    llvm::append_range(offsets, choice.getResults());
  } else {
    offsets = general();
  }
  for (auto [operand, offset] : llvm::zip(moving, offsets))
    operand->rowPointer = elementPointer(*operand, offset);
  for (KernelOperand &operand : operands)
    if (!operand.isScalar && !operand.rowPointer)
      operand.rowPointer = operand.pointer;
  for (KernelOperand &operand : operands)
    for (const KernelGather &gather : operand.gathers) {
      KernelOperand &source = operands[gather.index];
      Value position = source.isScalar ? source.scalar
                                       : loadElement(source, source.rowPointer);
      if (position.getType() != b.getI64Type())
        position = position.getType().getIntOrFloatBitWidth() < 64
                       ? arith::ExtSIOp::create(b, b.getI64Type(), position)
                             .getResult()
                       : arith::TruncIOp::create(b, b.getI64Type(), position);
      // A thread cannot fail: what is outside becomes the nearest inside.
      if (!ShapedType::isDynamic(gather.extent))
        position =
            ix.min(b.createOrFold<arith::MaxSIOp>(position, ix.constant(0)),
                   ix.constant(gather.extent - 1));
      operand.rowPointer =
          elementPointer(operand, ix.mul(position, gather.stride));
    }
}

LogicalResult KernelEmitter::emit() {
  for (Operation &nested : op.getBody().front().without_terminator())
    if (!isa<ReduceOp, arith::ConstantOp>(nested) &&
        !(OpTrait::hasElementwiseMappableTraits(&nested) &&
          nested.getNumResults() == 1))
      return nested.emitError("has no GPU code inside a row kernel");

  for (unsigned index = 0; index < op.getInputs().size(); ++index) {
    AffineMap map = op.getMap(index);
    if (op.isGatherIndex(index) &&
        (getElementTypeOrSelf(op.getInputs()[index]).isIndex() ||
         llvm::any_of(op.getReductionDims(),
                      [&](int64_t dim) { return map.isFunctionOfDim(dim); })))
      return op.emitError("has no GPU code: the gather's index of input ")
             << index << " is of type index or changes along the row";
  }

  b.setInsertionPointToStart(&func.getBody().front());
  readParameters();
  rowCount = ix.constant(1);
  for (int64_t dim : rowDims)
    rowCount = ix.mul(rowCount, getExtent(dim));
  rowLength = ix.constant(1);
  staticRowLength = 1;
  for (int64_t dim : redDims) {
    rowLength = ix.mul(rowLength, getExtent(dim));
    if (ShapedType::isDynamic(staticExtents[dim]) ||
        ShapedType::isDynamic(staticRowLength))
      staticRowLength = ShapedType::kDynamic;
    else
      staticRowLength *= staticExtents[dim];
  }

  auto readIndex = [&](Value index) -> Value {
    return arith::IndexCastOp::create(b, b.getI64Type(), index);
  };
  thread = readIndex(gpu::ThreadIdOp::create(b, gpu::Dimension::x));
  Value block = readIndex(gpu::BlockIdOp::create(b, gpu::Dimension::x));
  Value firstRow = ix.mul(block, ix.constant(config.rowsPerBlock));
  Value perRow =
      ix.constant(config.rowsInner ? config.rowsPerBlock : config.lanesPerRow);
  Value quotient = ix.div(thread, perRow), remainder = ix.rem(thread, perRow);
  lane = config.rowsInner ? quotient : remainder;
  rowLane = config.rowsInner ? remainder : quotient;
  Value wantedRow = ix.add(firstRow, rowLane);

  // The whole block leaves together when it has no row at all.
  auto guard = scf::IfOp::create(b, ix.less(firstRow, rowCount));
  b.setInsertionPointToStart(guard.thenBlock());
  // Threads beyond the last row stay for the shuffles and barriers; they read
  // the last row once more and write nothing.
  active = config.rowsPerBlock > 1 ? ix.less(wantedRow, rowCount) : Value();
  row = config.rowsPerBlock > 1
            ? ix.min(wantedRow, ix.add(rowCount, ix.constant(-1)))
            : wantedRow;
  emitRowPointers();
  emitPaths();

  b.setInsertionPointToEnd(&func.getBody().front());
  gpu::ReturnOp::create(b);
  return success();
}

void KernelEmitter::emitPaths() {
  auto emitPath = [&](bool takeFast) {
    fast = takeFast;
    rowValues = IRMapping();
    statistics.clear();
    for (auto [index, argument] :
         llvm::enumerate(op.getBody().front().getArguments())) {
      if (operands[index].isScalar)
        rowValues.map(argument, operands[index].scalar);
      else if (!operands[index].alongRow && !argument.use_empty())
        rowValues.map(argument,
                      loadElement(operands[index], operands[index].rowPointer));
    }
    evaluateRow(0);
    if (config.inRegisters)
      emitInRegisters();
    else
      emitLoops();
    storeRowOutputs();
  };
  Value condition = buildFastCondition();
  if (!condition)
    return emitPath(/*takeFast=*/false);
  auto choice = scf::IfOp::create(b, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(choice.thenBlock());
  emitPath(/*takeFast=*/true);
  b.setInsertionPointToStart(choice.elseBlock());
  emitPath(/*takeFast=*/false);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Rows in registers, and loops along the row
//===----------------------------------------------------------------------===//

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
