//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The passes over a row: in registers, vector by vector, or across rows.

#include "RowKernelEmitter.h"

#include "Cascade.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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
  Accumulators accumulators = getNeutrals(b, phase, used);
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    Point point;
    point.chunk = chunk;
    point.paired =
        schedule.pairs && (chunk / 2 + 1) * 2 * schedule.lanes <= extent;
    int64_t left = extent - chunk * schedule.lanes;
    if (left < schedule.lanes)
      setMask(b, point, constantIndex(b, left));
    emitPoint(b, phase, point, chunk % used, used, accumulators);
  }
  return combineTree(b, phase, accumulators, used);
}

Accumulators RowKernelEmitter::emitVectorLoop(ImplicitLocOpBuilder &b,
                                              unsigned phase) {
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
      point.paired = schedule.pairs;
      emitPoint(nb, phase, point, chunk, unroll, next);
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
  size_t numPoints = tile.size();
  Accumulators results = emitOuterReductions(
      b, phase, getNeutrals(b, phase, numPoints),
      [&](ImplicitLocOpBuilder &nb, ValueRange accumulators) {
        clearPoint();
        Accumulators next(accumulators);
        for (auto [chunk, point] : llvm::enumerate(tile))
          emitPoint(nb, phase, point, chunk, numPoints, next);
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
