//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The loops of a row kernel: work items, passes over the row, accumulators.

#include "RowKernelEmitter.h"

#include "Cascade.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

using Accumulators = SmallVector<Value>;

/// Product of the static extents of `dims`, or kDynamic.
static int64_t staticProduct(ArrayRef<int64_t> extents,
                             ArrayRef<int64_t> dims) {
  int64_t product = 1;
  for (int64_t dim : dims) {
    if (ShapedType::isDynamic(extents[dim]))
      return ShapedType::kDynamic;
    product *= extents[dim];
  }
  return product;
}

static Value emitExtent(ImplicitLocOpBuilder &b, RowKernelOp op,
                        ValueRange operands, int64_t dim) {
  auto [operand, position] = op.getExtentSource(dim);
  auto type = cast<MemRefType>(op.getOperand(operand).getType());
  if (!type.isDynamicDim(position))
    return arith::ConstantIndexOp::create(b, type.getDimSize(position));
  return memref::DimOp::create(b, operands[operand], position);
}

static Value emitProduct(ImplicitLocOpBuilder &b, ValueRange extents,
                         ArrayRef<int64_t> dims) {
  Value product = arith::ConstantIndexOp::create(b, 1);
  for (int64_t dim : dims)
    product = arith::MulIOp::create(b, product, extents[dim]);
  return product;
}

/// Writes the indices of `dims` that `linear` stands for, the last dimension
/// varying fastest, into `ivs`.
static void emitDelinearize(ImplicitLocOpBuilder &b, Value linear,
                            ValueRange extents, ArrayRef<int64_t> dims,
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

//===----------------------------------------------------------------------===//
// Passes over the row
//===----------------------------------------------------------------------===//

bool RowKernelEmitter::needsTree(unsigned phase) const {
  return llvm::any_of(analysis.getReductions(phase), [&](ReduceOp reduce) {
    return reduce.getKind() == ReduceKind::Add && !accumulatesWide(reduce) &&
           !accumulatesPairs(reduce);
  });
}

bool RowKernelEmitter::canCompensate(unsigned phase) const {
  return llvm::all_of(analysis.getReductions(phase), [&](ReduceOp reduce) {
    return reduce.getKind() == ReduceKind::Add && !precise &&
           (reduce.getType().isF32() || reduce.getType().isF64());
  });
}

Accumulators RowKernelEmitter::emitOuterReductions(
    ImplicitLocOpBuilder &b, unsigned phase, ArrayRef<Value> neutral,
    llvm::function_ref<Accumulators(ImplicitLocOpBuilder &, ValueRange)> body) {
  Cascade cascade;
  cascade.extent = needsTree(phase) ? staticProduct(staticExtents,
                                                    schedule.outerReductionDims)
                                    : 0;
  cascade.neutral = SmallVector<Value>(neutral);
  cascade.compensate = canCompensate(phase);
  auto step = [&](ImplicitLocOpBuilder &nb, Value linear,
                  ValueRange accumulators) {
    emitDelinearize(nb, linear, extents, schedule.outerReductionDims, ivs);
    return body(nb, accumulators);
  };
  auto combine = [&](ImplicitLocOpBuilder &nb, ValueRange lhs, ValueRange rhs) {
    return combineAll(nb, phase, lhs, rhs);
  };
  cascade.body = step;
  cascade.combine = combine;
  return cascade.emit(b, constantIndex(b, 0),
                      emitProduct(b, extents, schedule.outerReductionDims));
}

Accumulators RowKernelEmitter::emitPassAlongRow(ImplicitLocOpBuilder &b,
                                                unsigned phase) {
  Accumulators vectors;
  if (schedule.keepInRegisters)
    vectors = emitPassInRegisters(b, phase);
  else if (schedule.outerReductionDims.empty())
    vectors = emitVectorLoop(b, phase);
  else
    vectors = emitOuterReductions(
        b, phase, getNeutrals(b, phase, 1),
        [&](ImplicitLocOpBuilder &nb, ValueRange accumulators) {
          return combineAll(nb, phase, accumulators, emitVectorLoop(nb, phase));
        });
  Accumulators results;
  ValueRange columns(vectors);
  for (ReduceOp reduce : analysis.getReductions(phase)) {
    size_t count = getNumColumns(reduce);
    results.push_back(reduceLanes(b, reduce, columns.take_front(count)));
    columns = columns.drop_front(count);
  }
  return results;
}

Accumulators RowKernelEmitter::emitPassInRegisters(ImplicitLocOpBuilder &b,
                                                   unsigned phase) {
  int64_t extent = staticExtents[schedule.vectorDim];
  int64_t chunks = llvm::divideCeil(extent, schedule.lanes);
  int64_t used = std::min(chunks, schedule.unroll);
  size_t numColumns = getNumColumns(phase);
  Accumulators accumulators = getNeutrals(b, phase, used);
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    Point point;
    point.chunk = chunk;
    int64_t left = extent - chunk * schedule.lanes;
    if (left < schedule.lanes)
      setMask(b, point, constantIndex(b, left));
    Accumulators current;
    for (size_t index = 0; index < numColumns; ++index)
      current.push_back(accumulators[index * used + chunk % used]);
    current = emitPoint(b, phase, point, current);
    for (size_t index = 0; index < numColumns; ++index)
      accumulators[index * used + chunk % used] = current[index];
  }
  return combineTree(b, phase, accumulators, used);
}

Accumulators RowKernelEmitter::emitVectorLoop(ImplicitLocOpBuilder &b,
                                              unsigned phase) {
  size_t numColumns = getNumColumns(phase);
  int64_t unroll = schedule.unroll;
  int64_t step = unroll * schedule.lanes;
  int64_t extent = staticExtents[schedule.vectorDim];
  Value hi = extents[schedule.vectorDim];
  Value mainEnd =
      ShapedType::isDynamic(extent)
          ? arith::SubIOp::create(
                b, hi, arith::RemUIOp::create(b, hi, constantIndex(b, step)))
                .getResult()
          : constantIndex(b, extent - extent % step);

  // Whole groups of vectors.
  Cascade cascade;
  cascade.step = step;
  cascade.extent = needsTree(phase) ? extent : 0;
  cascade.neutral = getNeutrals(b, phase, unroll);
  cascade.compensate = canCompensate(phase);
  auto body = [&](ImplicitLocOpBuilder &nb, Value iv, ValueRange accumulators) {
    clearPoint();
    ivs[schedule.vectorDim] = iv;
    Accumulators next(accumulators);
    for (int64_t chunk = 0; chunk < unroll; ++chunk) {
      Point point;
      point.chunk = chunk;
      Accumulators current;
      for (size_t index = 0; index < numColumns; ++index)
        current.push_back(next[index * unroll + chunk]);
      current = emitPoint(nb, phase, point, current);
      for (size_t index = 0; index < numColumns; ++index)
        next[index * unroll + chunk] = current[index];
    }
    clearPoint();
    return next;
  };
  auto combine = [&](ImplicitLocOpBuilder &nb, ValueRange lhs, ValueRange rhs) {
    return combineAll(nb, phase, lhs, rhs);
  };
  cascade.body = body;
  cascade.combine = combine;
  Accumulators result = combineTree(
      b, phase, cascade.emit(b, constantIndex(b, 0), mainEnd), unroll);
  if (!ShapedType::isDynamic(extent) && extent % step == 0)
    return result;

  // What is left, vector by vector.
  auto rest = scf::ForOp::create(
      b, mainEnd, hi, constantIndex(b, schedule.lanes),
      getNeutrals(b, phase, 1),
      [&](OpBuilder &nested, Location loc, Value iv, ValueRange accumulators) {
        ImplicitLocOpBuilder nb(loc, nested);
        clearPoint();
        ivs[schedule.vectorDim] = iv;
        Point point;
        if (schedule.lanes > 1 &&
            (ShapedType::isDynamic(extent) || extent % schedule.lanes != 0))
          setMask(nb, point, arith::SubIOp::create(nb, hi, iv));
        Accumulators next =
            emitPoint(nb, phase, point, Accumulators(accumulators));
        clearPoint();
        scf::YieldOp::create(nb, next);
      });
  return combineAll(b, phase, result, rest.getResults());
}

Accumulators RowKernelEmitter::emitPassAcrossRows(ImplicitLocOpBuilder &b,
                                                  unsigned phase) {
  size_t numColumns = getNumColumns(phase);
  size_t numPoints = tile.size();
  Accumulators results = emitOuterReductions(
      b, phase, getNeutrals(b, phase, numPoints),
      [&](ImplicitLocOpBuilder &nb, ValueRange accumulators) {
        clearPoint();
        Accumulators next(accumulators);
        for (auto [chunk, point] : llvm::enumerate(tile)) {
          Accumulators current;
          for (size_t index = 0; index < numColumns; ++index)
            current.push_back(next[index * numPoints + chunk]);
          current = emitPoint(nb, phase, point, current);
          for (size_t index = 0; index < numColumns; ++index)
            next[index * numPoints + chunk] = current[index];
        }
        clearPoint();
        return next;
      });
  size_t column = 0;
  for (ReduceOp reduce : analysis.getReductions(phase)) {
    size_t count = getNumColumns(reduce);
    bool varies = variesInVector(reduce.getResult());
    for (size_t chunk = 0; chunk < (varies ? numPoints : 1); ++chunk) {
      Accumulators columns;
      for (size_t index = column; index < column + count; ++index) {
        Value value = results[index * numPoints + chunk];
        // The same for every row of the tile: any lane has it.
        if (!varies && schedule.lanes > 1)
          value = vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0});
        columns.push_back(value);
      }
      int64_t key = varies ? int64_t(chunk) : -1;
      rowValues[{reduce.getResult(), key}] = finishSum(b, reduce, columns, key);
    }
    column += count;
  }
  return results;
}
