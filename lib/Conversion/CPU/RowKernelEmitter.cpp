//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The frame of a row kernel: work items, tiles, what is the same along a row.

#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

static Value emitExtent(ImplicitLocOpBuilder &b, RowKernelOp op,
                        ValueRange operands, int64_t dim) {
  auto [operand, position] = op.getExtentSource(dim);
  auto type = cast<MemRefType>(op.getOperand(operand).getType());
  if (!type.isDynamicDim(position))
    return arith::ConstantIndexOp::create(b, type.getDimSize(position));
  return memref::DimOp::create(b, operands[operand], position);
}

Value RowKernelEmitter::emitProduct(ImplicitLocOpBuilder &b, ValueRange extents,
                                    ArrayRef<int64_t> dims) {
  Value product = arith::ConstantIndexOp::create(b, 1);
  for (int64_t dim : dims)
    product = arith::MulIOp::create(b, product, extents[dim]);
  return product;
}

void RowKernelEmitter::emitDelinearize(ImplicitLocOpBuilder &b, Value linear,
                                       ValueRange extents,
                                       ArrayRef<int64_t> dims,
                                       MutableArrayRef<Value> ivs) {
  for (int64_t position = dims.size() - 1; position > 0; --position) {
    Value extent = extents[dims[position]];
    ivs[dims[position]] = arith::RemUIOp::create(b, linear, extent);
    linear = arith::DivUIOp::create(b, linear, extent);
  }
  if (!dims.empty())
    ivs[dims.front()] = linear;
}

/// Elements across rows that one work item covers.
static int64_t tileSize(const RowKernelSchedule &schedule) {
  return schedule.lanes * schedule.unroll;
}

RowKernelEmitter::RowKernelEmitter(const RowKernelAnalysis &analysis,
                                   const RowKernelSchedule &schedule,
                                   ValueRange operands)
    : op(analysis.getOp()), precise(writesWideRows(op)), analysis(analysis),
      schedule(schedule), operands(operands),
      staticExtents(op.getStaticLoopExtents()), ivs(op.getNumLoops()) {}

//===----------------------------------------------------------------------===//
// Work items
//===----------------------------------------------------------------------===//

Value RowKernelEmitter::emitItemCount(ImplicitLocOpBuilder &b, RowKernelOp op,
                                      const RowKernelSchedule &schedule) {
  SmallVector<Value> extents;
  for (int64_t dim = 0; dim < op.getNumLoops(); ++dim)
    extents.push_back(emitExtent(b, op, op.getOperands(), dim));
  Value count = emitProduct(b, extents, schedule.outerRowDims);
  if (schedule.alongRow)
    return count;
  Value tile = arith::ConstantIndexOp::create(b, tileSize(schedule));
  Value tiles =
      arith::CeilDivUIOp::create(b, extents[schedule.vectorDim], tile);
  return arith::MulIOp::create(b, count, tiles);
}

void RowKernelEmitter::emitItems(ImplicitLocOpBuilder &b, Value begin,
                                 Value end) {
  for (int64_t dim = 0; dim < op.getNumLoops(); ++dim)
    extents.push_back(emitExtent(b, op, operands, dim));
  allocateKept(b);
  Value one = constantIndex(b, 1);
  auto loop = scf::ForOp::create(b, begin, end, one);
  ImplicitLocOpBuilder body(b.getLoc(),
                            OpBuilder::atBlockBegin(loop.getBody()));
  emitItem(body, loop.getInductionVar());
}

void RowKernelEmitter::emitItem(ImplicitLocOpBuilder &b, Value item) {
  rowValues.clear();
  statistics.clear();
  rowIndices.clear();
  clearPoint();
  tile.clear();
  if (schedule.alongRow) {
    emitDelinearize(b, item, extents, schedule.outerRowDims, ivs);
    ivs[schedule.vectorDim] = constantIndex(b, 0);
    tile.push_back(Point());
  } else {
    Value size = constantIndex(b, tileSize(schedule));
    Value tiles =
        arith::CeilDivUIOp::create(b, extents[schedule.vectorDim], size);
    Value outer = arith::DivUIOp::create(b, item, tiles);
    Value tileIndex = arith::RemUIOp::create(b, item, tiles);
    emitDelinearize(b, outer, extents, schedule.outerRowDims, ivs);
    ivs[schedule.vectorDim] = arith::MulIOp::create(b, tileIndex, size);
    emitTilePoints(b);
  }
  for (unsigned phase = 0; phase < analysis.getNumPhases(); ++phase) {
    currentPhase = phase;
    emitInvariants(b, phase);
    ArrayRef<ReduceOp> reductions = analysis.getReductions(phase);
    if (reductions.empty() && !(isLastPhase(phase) && hasVaryingOutputs()))
      continue;
    Accumulators results = schedule.alongRow ? emitPassAlongRow(b, phase)
                                             : emitPassAcrossRows(b, phase);
    if (schedule.alongRow)
      for (auto [index, result] : llvm::enumerate(results))
        rowValues[{Value(ReduceOp(reductions[index]).getResult()), -1}] =
            result;
  }
  emitRowOutputs(b);
}

void RowKernelEmitter::emitTilePoints(ImplicitLocOpBuilder &b) {
  int64_t extent = staticExtents[schedule.vectorDim];
  bool exact = schedule.lanes == 1 || (!ShapedType::isDynamic(extent) &&
                                       extent % tileSize(schedule) == 0);
  for (int64_t chunk = 0; chunk < schedule.unroll; ++chunk) {
    Point point;
    point.chunk = chunk;
    if (!exact) {
      Value start = arith::AddIOp::create(
          b, ivs[schedule.vectorDim], constantIndex(b, chunk * schedule.lanes));
      Value left = arith::SubIOp::create(b, extents[schedule.vectorDim], start);
      setMask(b, point, left);
    }
    tile.push_back(point);
  }
}

void RowKernelEmitter::emitInvariants(ImplicitLocOpBuilder &b, unsigned phase) {
  if (phase == 0)
    emitInvariantIndices(b);
  auto visit = [&](Value value) {
    if (analysis.getPhase(value) != phase || !analysis.isRowInvariant(value) ||
        value.use_empty() || value.getDefiningOp<arith::ConstantOp>() ||
        value.getDefiningOp<ReduceOp>())
      return;
    for (const Point &point : tile) {
      getValue(b, value, point);
      if (!variesInVector(value))
        break;
    }
  };
  Block &body = op.getBody().front();
  for (BlockArgument argument : body.getArguments())
    visit(argument);
  for (Operation &nested : body)
    for (Value result : nested.getResults())
      visit(result);
}

bool RowKernelEmitter::hasVaryingOutputs() {
  return analysis.getReductionDims().any() &&
         llvm::any_of(llvm::seq<int64_t>(0, op.getOutputs().size()),
                      [&](int64_t output) {
                        return op.getOutputMap(output).getNumResults() ==
                               op.getNumLoops();
                      });
}

void RowKernelEmitter::emitRowOutputs(ImplicitLocOpBuilder &b) {
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  for (auto [index, value] : llvm::enumerate(yield.getValues())) {
    AffineMap map = op.getOutputMap(index);
    if (analysis.getReductionDims().any() &&
        map.getNumResults() == op.getNumLoops())
      continue;
    for (const Point &point : tile) {
      store(b, index, getValue(b, value, point), point);
      if (!map.isFunctionOfDim(schedule.vectorDim))
        break;
    }
  }
}
