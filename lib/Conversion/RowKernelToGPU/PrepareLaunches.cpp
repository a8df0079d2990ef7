//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Rewrites of row kernels so that a function is nothing but launches.

#include "rmsnorm/Conversion/RowKernelToGPU/RowKernelToGPU.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_PREPARELAUNCHES
#include "rmsnorm/Conversion/RowKernelToGPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

/// The kernel with other operands and maps, which replaces it. The body moves;
/// results that are there in both are taken over in order.
static RowKernelOp rebuild(RowKernelOp op, ArrayRef<Value> inputs,
                           ArrayRef<Value> outputs, ArrayRef<AffineMap> maps) {
  OpBuilder b(op);
  SmallVector<Type> types;
  for (Value output : outputs)
    types.push_back(output.getType());
  auto result = RowKernelOp::create(
      b, op.getLoc(), types, inputs, outputs, b.getAffineMapArrayAttr(maps),
      op.getIteratorTypes(), op.getKernelNameAttr(), op.getGathersAttr());
  result->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  result.getBody().takeBody(op.getBody());
  for (auto [old, value] : llvm::zip(op.getResults(), result.getResults()))
    old.replaceAllUsesWith(value);
  op.erase();
  return result;
}

static SmallVector<AffineMap> getMaps(RowKernelOp op) {
  SmallVector<AffineMap> maps;
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    maps.push_back(op.getMap(i));
  return maps;
}

//===----------------------------------------------------------------------===//
// Counts
//===----------------------------------------------------------------------===//

/// Takes a product of extents and constants apart.
static bool collectFactors(Value value, SmallVectorImpl<tensor::DimOp> &dims,
                           int64_t &constant) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number))) {
    constant *= number.getSExtValue();
    return true;
  }
  if (auto product = value.getDefiningOp<arith::MulIOp>())
    return collectFactors(product.getLhs(), dims, constant) &&
           collectFactors(product.getRhs(), dims, constant);
  auto dim = value.getDefiningOp<tensor::DimOp>();
  if (dim && dim.getConstantIndex())
    dims.push_back(dim);
  return dim && dim.getConstantIndex();
}

/// The loop of the kernel that has the extent of `dim`, by an operand of both.
static std::optional<unsigned> findLoop(RowKernelOp op, tensor::DimOp dim) {
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    if (operand == dim.getSource())
      if (auto loop = dyn_cast<AffineDimExpr>(
              op.getMap(index).getResult(*dim.getConstantIndex())))
        return loop.getPosition();
  return std::nullopt;
}

/// Whether a number is how many elements each row of the kernel has.
static bool isRowLength(RowKernelOp op, Value value) {
  auto toFloat = value.getDefiningOp<arith::SIToFPOp>();
  auto cast = toFloat ? toFloat.getIn().getDefiningOp<arith::IndexCastOp>()
                      : arith::IndexCastOp();
  SmallVector<tensor::DimOp> dims;
  int64_t constant = 1;
  if (!cast || !collectFactors(cast.getIn(), dims, constant))
    return false;
  SmallVector<int64_t> extents = op.getStaticLoopExtents();
  llvm::SmallDenseSet<unsigned> open;
  for (int64_t loop : op.getReductionDims()) {
    if (ShapedType::isDynamic(extents[loop])) {
      open.insert(loop);
      continue;
    }
    if (extents[loop] == 0 || constant % extents[loop] != 0)
      return false;
    constant /= extents[loop];
  }
  for (tensor::DimOp dim : dims) {
    std::optional<unsigned> loop = findLoop(op, dim);
    if (!loop || !open.erase(*loop))
      return false;
  }
  return constant == 1 && open.empty();
}

/// Lets a kernel count its row's elements; the kernel, replaced if it does.
static RowKernelOp countInside(RowKernelOp op, Pass::Statistic &count) {
  // Lookups name inputs by number.
  if (op.getGathers())
    return op;
  std::optional<unsigned> found;
  for (auto [index, input] : llvm::enumerate(op.getInputs()))
    if (isRowLength(op, input))
      found = index;
  if (!found)
    return op;
  Block &body = op.getBody().front();
  BlockArgument argument = body.getArgument(*found);
  auto b = OpBuilder::atBlockBegin(&body);
  Value one = arith::ConstantOp::create(
      b, op.getLoc(), b.getFloatAttr(argument.getType(), 1.0));
  argument.replaceAllUsesWith(
      ReduceOp::create(b, op.getLoc(), one.getType(), ReduceKind::Add, one));
  body.eraseArgument(*found);
  SmallVector<Value> inputs(op.getInputs());
  SmallVector<AffineMap> maps = getMaps(op);
  inputs.erase(inputs.begin() + *found);
  maps.erase(maps.begin() + *found);
  ++count;
  return countInside(
      rebuild(op, inputs, SmallVector<Value>(op.getOutputs()), maps), count);
}

//===----------------------------------------------------------------------===//
// Repeated results
//===----------------------------------------------------------------------===//

static void separateResults(func::ReturnOp ret, Pass::Statistic &count) {
  llvm::SmallDenseSet<Value> seen;
  for (OpOperand &operand : ret->getOpOperands()) {
    if (seen.insert(operand.get()).second)
      continue;
    auto result = dyn_cast<OpResult>(operand.get());
    auto op = result ? dyn_cast<RowKernelOp>(result.getOwner()) : RowKernelOp();
    if (!op)
      continue;
    unsigned number = result.getResultNumber();
    OpBuilder b(op);
    SmallVector<Value> outputs(op.getOutputs());
    SmallVector<AffineMap> maps = getMaps(op);
    outputs.push_back(tensor::EmptyOp::create(
        b, op.getLoc(), tensor::getMixedSizes(b, op.getLoc(), outputs[number]),
        getElementTypeOrSelf(result.getType())));
    maps.push_back(op.getOutputMap(number));
    auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
    yield.getValuesMutable().append(yield.getValues()[number]);
    op = rebuild(op, SmallVector<Value>(op.getInputs()), outputs, maps);
    operand.set(op.getResults().back());
    seen.insert(operand.get());
    ++count;
  }
}

//===----------------------------------------------------------------------===//
// Single numbers
//===----------------------------------------------------------------------===//

/// Merges an elementwise operation on the tensor of rank 0 that a kernel makes
/// into the kernel, if nothing else needs that tensor.
static void mergeIntoKernel(linalg::GenericOp op, Pass::Statistic &count) {
  if (op.getNumLoops() != 0 || op.getNumDpsInputs() != 1 ||
      op.getNumDpsInits() != 1 || !op.hasPureTensorSemantics() ||
      !op.getRegionOutputArgs().front().use_empty())
    return;
  auto result = dyn_cast<OpResult>(op.getDpsInputs().front());
  auto kernel =
      result ? dyn_cast<RowKernelOp>(result.getOwner()) : RowKernelOp();
  Value init = op.getOutputs().front();
  if (!kernel || !result.hasOneUse() || !init.getDefiningOp<tensor::EmptyOp>())
    return;
  unsigned number = result.getResultNumber();
  auto yield = cast<YieldOp>(kernel.getBody().front().getTerminator());
  OpBuilder b(yield);
  IRMapping mapping;
  mapping.map(op.getBody()->getArgument(0), yield.getValues()[number]);
  for (Operation &nested : op.getBody()->without_terminator()) {
    if (nested.getNumRegions() != 0 || !isMemoryEffectFree(&nested))
      return;
    for (Value value : nested.getOperands())
      if (value.getParentBlock() != op.getBody())
        return;
  }
  for (Operation &nested : op.getBody()->without_terminator())
    b.clone(nested, mapping);
  Value merged =
      mapping.lookupOrDefault(op.getBody()->getTerminator()->getOperand(0));
  yield.getValuesMutable()[number].set(merged);
  b.setInsertionPoint(kernel);
  SmallVector<Value> outputs(kernel.getOutputs());
  outputs[number] = tensor::EmptyOp::create(b, op.getLoc(), ArrayRef<int64_t>(),
                                            getElementTypeOrSelf(init));
  kernel = rebuild(kernel, SmallVector<Value>(kernel.getInputs()), outputs,
                   getMaps(kernel));
  op.getResult(0).replaceAllUsesWith(kernel.getResult(number));
  op.erase();
  ++count;
}

namespace {
struct PrepareLaunches
    : mlir::rmsnorm::impl::PrepareLaunchesBase<PrepareLaunches> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    Block &block = function.getBody().front();
    for (Operation &op : llvm::make_early_inc_range(block))
      if (auto kernel = dyn_cast<RowKernelOp>(op))
        countInside(kernel, numCounts);
      else if (auto generic = dyn_cast<linalg::GenericOp>(op))
        mergeIntoKernel(generic, numMerged);
    if (auto ret = dyn_cast<func::ReturnOp>(block.getTerminator()))
      separateResults(ret, numRepeated);
    // Numbers that only kernels needed.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};
} // namespace
