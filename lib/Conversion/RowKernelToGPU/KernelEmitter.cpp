//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The skeleton of a kernel: parameters, which thread has which row, paths.

#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

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
