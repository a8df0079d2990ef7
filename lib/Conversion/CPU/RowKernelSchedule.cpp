//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "RowKernelSchedule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Whether the innermost dimension of a buffer is contiguous.
static bool hasUnitInnerStride(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return type.getRank() > 0 &&
         succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides.back() == 1;
}

/// Whether an operand can be read or written by vectors along `dim`: it is
/// contiguous there, or the same for the whole vector.
static bool isVectorizable(RowKernelOp op, unsigned operand, int64_t dim) {
  AffineMap map = op.getMap(operand);
  // Another index in every lane would take a gathering load.
  for (unsigned position = 0; position < map.getNumResults(); ++position)
    if (std::optional<unsigned> index = op.getGatherIndex(operand, position))
      if (op.getMap(*index).isFunctionOfDim(dim))
        return false;
  if (!map.isFunctionOfDim(dim))
    return true;
  auto type = cast<MemRefType>(op.getOperand(operand).getType());
  auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
  return last && int64_t(last.getPosition()) == dim && hasUnitInnerStride(type);
}

/// The dimension along which most operands are contiguous.
static int64_t chooseVectorDim(RowKernelOp op) {
  SmallVector<int64_t> votes(op.getNumLoops(), 0);
  for (unsigned operand = 0; operand < op.getNumOperands(); ++operand) {
    AffineMap map = op.getMap(operand);
    if (map.getNumResults() == 0)
      continue;
    auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
    if (last && isVectorizable(op, operand, last.getPosition()))
      // Operands of higher rank move more data.
      votes[last.getPosition()] += map.getNumResults();
  }
  int64_t best = op.getNumLoops() - 1;
  for (int64_t dim = op.getNumLoops() - 1; dim >= 0; --dim)
    if (votes[dim] > votes[best])
      best = dim;
  return best;
}

/// Whether a value is one for the whole kernel: a constant, or made of such.
static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && !isa<ReduceOp>(op) &&
         llvm::all_of(op->getOperands(), isConstant);
}

/// Bits of the widest value of which there is a vector: along a row not what is
/// the same for all of it, and never a constant (an epsilon in f64, say, which
/// would halve the lanes of a kernel that computes in f32).
static unsigned widestElement(const RowKernelAnalysis &analysis,
                              bool alongRow) {
  RowKernelOp op = analysis.getOp();
  unsigned widest = 8;
  auto visit = [&](Value value) {
    if (isConstant(value) || (alongRow && analysis.isRowInvariant(value)))
      return;
    if (value.getType().isIntOrFloat())
      widest = std::max(widest, value.getType().getIntOrFloatBitWidth());
  };
  Block &body = op.getBody().front();
  // Indices are scalars.
  for (BlockArgument argument : body.getArguments())
    if (!argument.use_empty())
      visit(argument);
  for (Operation &nested : body)
    llvm::for_each(nested.getResults(), visit);
  return widest;
}

/// Whether even and odd elements are easier to come by than neighbours: for
/// bf16, where an f32 has as many bits as a lane. Of other types, pairs take
/// shuffles, and booleans are none.
static bool prefersPairs(RowKernelOp op, const RowKernelSchedule &schedule,
                         int64_t vectorBits) {
  if (!schedule.alongRow || schedule.lanes * 32 != vectorBits)
    return false;
  int64_t votes = 0;
  for (unsigned operand = 0; operand < op.getNumOperands(); ++operand) {
    if (!op.getMap(operand).isFunctionOfDim(schedule.vectorDim))
      continue;
    Type element = getElementTypeOrSelf(op.getOperand(operand));
    if (element.isInteger(1))
      return false;
    votes += element.isBF16() ? 1 : -1;
  }
  return votes > 0;
}

/// Measured roughly: picoseconds per element of one vectorised operation.
static int64_t costOf(Operation &op) {
  if (isa<arith::ConstantOp, YieldOp>(op))
    return 0;
  if (isa<math::MathDialect>(op.getDialect()) &&
      !isa<math::FmaOp, math::AbsFOp>(op))
    return 400;
  if (isa<arith::DivFOp>(op))
    return 100;
  return 20;
}

RowKernelSchedule rmsnorm::scheduleRowKernel(const RowKernelAnalysis &analysis,
                                             int64_t vectorBits) {
  RowKernelOp op = analysis.getOp();
  RowKernelSchedule schedule;
  schedule.vectorDim = chooseVectorDim(op);
  schedule.alongRow = op.isReductionDim(schedule.vectorDim);
  bool vectorizable = true;
  for (unsigned operand = 0; operand < op.getNumOperands(); ++operand)
    vectorizable &= isVectorizable(op, operand, schedule.vectorDim);
  schedule.lanes = vectorizable
                       ? vectorBits / widestElement(analysis, schedule.alongRow)
                       : 1;

  for (int64_t dim = 0; dim < op.getNumLoops(); ++dim) {
    if (dim == schedule.vectorDim)
      continue;
    (op.isReductionDim(dim) ? schedule.outerReductionDims
                            : schedule.outerRowDims)
        .push_back(dim);
  }

  schedule.pairs = prefersPairs(op, schedule, vectorBits);
  schedule.unroll = schedule.alongRow || schedule.lanes > 1 ? 4 : 1;

  // A short row stays in registers: of 32 (AVX-512) or 16 leave room for
  // accumulators and parameters.
  int64_t extent = op.getStaticLoopExtents()[schedule.vectorDim];
  if (schedule.alongRow && schedule.outerReductionDims.empty() &&
      !ShapedType::isDynamic(extent) && extent > 0) {
    int64_t chunks = llvm::divideCeil(extent, schedule.lanes);
    int64_t rows = 0;
    for (unsigned operand = 0; operand < op.getInputs().size(); ++operand)
      rows += op.getMap(operand).getNumResults() > 1 &&
              op.getMap(operand).isFunctionOfDim(schedule.vectorDim);
    int64_t budget = vectorBits >= 512 ? 20 : 10;
    schedule.keepInRegisters = chunks * std::max<int64_t>(rows, 1) <= budget;
    if (!schedule.keepInRegisters)
      schedule.kept =
          chooseKeptValues(analysis, llvm::alignTo(extent, schedule.lanes));
  }

  Block &body = op.getBody().front();
  for (Operation &nested : body)
    if (llvm::any_of(
            nested.getResults(),
            [&](Value result) { return !analysis.isRowInvariant(result); }) ||
        isa<ReduceOp>(nested) || analysis.getReductionDims().none())
      schedule.costPerPoint += costOf(nested);
  schedule.costPerPoint += 20 * op.getNumOperands();
  return schedule;
}
