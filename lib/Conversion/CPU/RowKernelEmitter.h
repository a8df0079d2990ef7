//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Emits the code of one row kernel as vector and scf operations on memrefs.

#ifndef RMSNORM_LIB_CONVERSION_CPU_ROWKERNELEMITTER_H
#define RMSNORM_LIB_CONVERSION_CPU_ROWKERNELEMITTER_H

#include "RowKernelSchedule.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "rmsnorm/Conversion/Compensated/Compensated.h"

namespace mlir::rmsnorm {

class RowKernelEmitter {
public:
  /// `operands` are the kernel's operands as seen where the code is emitted.
  RowKernelEmitter(const RowKernelAnalysis &analysis,
                   const RowKernelSchedule &schedule, ValueRange operands);

  /// The number of work items into which the kernel can be divided: rows, or
  /// tiles across rows.
  static Value emitItemCount(ImplicitLocOpBuilder &b, RowKernelOp op,
                             const RowKernelSchedule &schedule);

  /// Emits the loop over the work items [begin, end).
  void emitItems(ImplicitLocOpBuilder &b, Value begin, Value end);

private:
  /// One vector's position: its number within the unrolled group, which lanes
  /// are inside the iteration space (null: all), and how many (an index).
  /// Paired: the chunks 2n and 2n + 1 have the even and the odd elements of
  /// what they both lie on.
  struct Point {
    int64_t chunk = 0;
    bool paired = false;
    Value mask;
    Value numLanes;
  };
  using Accumulators = SmallVector<Value>;

  void emitItem(ImplicitLocOpBuilder &b, Value item);
  static Value emitProduct(ImplicitLocOpBuilder &b, ValueRange extents,
                           ArrayRef<int64_t> dims);
  /// Writes the indices of `dims` that `linear` stands for, the last dimension
  /// varying fastest, into `ivs`.
  static void emitDelinearize(ImplicitLocOpBuilder &b, Value linear,
                              ValueRange extents, ArrayRef<int64_t> dims,
                              MutableArrayRef<Value> ivs);
  void emitTilePoints(ImplicitLocOpBuilder &b);
  void emitInvariants(ImplicitLocOpBuilder &b, unsigned phase);
  void emitRowOutputs(ImplicitLocOpBuilder &b);

  // Passes over the row (RowKernelPasses.cpp): each returns one value per
  // reduction of the phase.
  Accumulators emitPassAlongRow(ImplicitLocOpBuilder &b, unsigned phase);
  Accumulators emitPassInRegisters(ImplicitLocOpBuilder &b, unsigned phase);
  Accumulators emitPassAcrossRows(ImplicitLocOpBuilder &b, unsigned phase);
  Accumulators emitVectorLoop(ImplicitLocOpBuilder &b, unsigned phase);
  Accumulators emitOuterReductions(
      ImplicitLocOpBuilder &b, unsigned phase, ArrayRef<Value> neutral,
      llvm::function_ref<Accumulators(ImplicitLocOpBuilder &, ValueRange)>
          body);

  // One point of a pass, accumulators (RowKernelReductions.cpp).
  Accumulators emitPoint(ImplicitLocOpBuilder &b, unsigned phase,
                         const Point &point, ValueRange accumulators);
  /// The same on the accumulators at `position` of `count` per column.
  void emitPoint(ImplicitLocOpBuilder &b, unsigned phase, const Point &point,
                 int64_t position, int64_t count,
                 MutableArrayRef<Value> accumulators);
  Accumulators accumulate(ImplicitLocOpBuilder &b, ReduceOp reduce,
                          ValueRange columns, const Point &point);
  void emitStores(ImplicitLocOpBuilder &b, const Point &point);

  // Values of the body.
  Value getValue(ImplicitLocOpBuilder &b, Value value, const Point &point);
  Value computeValue(ImplicitLocOpBuilder &b, Value value, const Point &point);
  Value cloneOperation(ImplicitLocOpBuilder &b, Operation *op,
                       const Point &point);
  Value load(ImplicitLocOpBuilder &b, unsigned operand, const Point &point);
  void store(ImplicitLocOpBuilder &b, unsigned output, Value value,
             const Point &point);
  void storeMasked(ImplicitLocOpBuilder &b, Value buffer, ValueRange indices,
                   Value value, const Point &point);
  Value loadBooleans(ImplicitLocOpBuilder &b, Value buffer, ValueRange indices,
                     const Point &point);
  void storeBooleans(ImplicitLocOpBuilder &b, Value buffer, ValueRange indices,
                     Value value, Value mask);
  SmallVector<Value> getIndices(ImplicitLocOpBuilder &b, unsigned operand,
                                const Point &point);

  // Even and odd elements (RowKernelPairs.cpp); `indices` are the pair's.
  Value loadHalf(ImplicitLocOpBuilder &b, Value buffer, ValueRange indices,
                 const Point &point);
  /// Stores with the second of the pair.
  void storeHalf(ImplicitLocOpBuilder &b, Value buffer, ValueRange indices,
                 Value value, const Point &point);
  /// Number of vectors between the first one's and the point's first element.
  static int64_t firstVector(const Point &point) {
    return point.paired ? point.chunk - point.chunk % 2 : point.chunk;
  }

  // Values kept between the passes over a row (RowKernelKept.cpp).
  /// Allocates a row for each; to be called once, outside of the loops.
  void allocateKept(ImplicitLocOpBuilder &b);
  /// What an earlier pass has kept, or null.
  Value loadKept(ImplicitLocOpBuilder &b, Value value, const Point &point);
  void storeKept(ImplicitLocOpBuilder &b, Value value, Value computed,
                 const Point &point);
  Value getIndexInRow(ImplicitLocOpBuilder &b, const Point &point);
  /// Only bf16 is kept in the row's order, which takes fewer instructions;
  /// anything else lies there vector by vector.
  static Point asKept(Value value, Point point);

  // The statistic of a row of f32 or f64 (RowKernelStatistic.cpp).
  bool accumulatesWide(ReduceOp reduce) const;
  bool accumulatesPairs(ReduceOp reduce) const;
  bool isRefined(Value value) const;
  Value finishSum(ImplicitLocOpBuilder &b, ReduceOp reduce, ValueRange columns,
                  int64_t chunk);
  Compensated getStatistic(ImplicitLocOpBuilder &b, Value value,
                           const Point &point);

  // Checks while the code runs (RowKernelChecks.cpp).
  Value getGatheredIndex(ImplicitLocOpBuilder &b, unsigned operand,
                         unsigned position, const Point &point);
  void emitInvariantIndices(ImplicitLocOpBuilder &b);
  Value checkDivisor(ImplicitLocOpBuilder &b, Operation *source, Value divisor,
                     const Point &point);

  // Masks, types and constants.
  void setMask(ImplicitLocOpBuilder &b, Point &point, Value numLanes) const;
  /// Whether the lanes of a vector, or without vectors the chunks of an
  /// unrolled loop, have values of their own.
  bool variesInVector(Value value) const {
    return analysis.getDims(value).test(schedule.vectorDim);
  }
  Type vectorOf(Type element) const;
  Value splat(ImplicitLocOpBuilder &b, Value scalar);
  Value getNeutral(ImplicitLocOpBuilder &b, ReduceOp reduce);
  Value combine(ImplicitLocOpBuilder &b, ReduceOp reduce, Value lhs, Value rhs);
  Accumulators combineAll(ImplicitLocOpBuilder &b, unsigned phase,
                          ValueRange lhs, ValueRange rhs);
  Accumulators combineTree(ImplicitLocOpBuilder &b, unsigned phase,
                           ValueRange accumulators, int64_t count);
  Value reduceLanes(ImplicitLocOpBuilder &b, ReduceOp reduce,
                    ValueRange columns);
  /// Values per accumulator of a reduction: two where it keeps what it lost.
  size_t getNumColumns(ReduceOp reduce) const {
    return accumulatesPairs(reduce) ? 2 : 1;
  }
  size_t getNumColumns(unsigned phase) const;
  Accumulators getNeutrals(ImplicitLocOpBuilder &b, unsigned phase,
                           int64_t count);
  Value constantIndex(ImplicitLocOpBuilder &b, int64_t value);

  /// Forgets what is known of the current point.
  void clearPoint() {
    pointValues.clear();
    pointIndices.clear();
    loadedPairs.clear();
    evenHalves.clear();
  }
  bool isLastPhase(unsigned phase) const {
    return phase + 1 == analysis.getNumPhases();
  }
  bool hasVaryingOutputs();
  /// Whether a phase has sums whose error would grow with the row.
  bool needsTree(unsigned phase) const;
  /// Whether all reductions of a phase are sums that can be compensated.
  bool canCompensate(unsigned phase) const;

  RowKernelOp op;
  /// Rows of f32 or f64 are written: sums are taken in a wider type or keep
  /// what they lose. Narrower results are rounded so coarsely that f32 does.
  bool precise;
  const RowKernelAnalysis &analysis;
  const RowKernelSchedule &schedule;
  SmallVector<Value> operands;
  SmallVector<int64_t> staticExtents;
  SmallVector<Value> extents;
  /// Current index of each loop dimension; that of the vector dimension is
  /// the index of lane 0 of chunk 0.
  SmallVector<Value> ivs;
  /// The pass over the row that is being emitted.
  unsigned currentPhase = 0;
  /// Rows of kept values, and the pass that has stored each, once one has.
  llvm::DenseMap<Value, Value> keptRows;
  llvm::DenseMap<Value, unsigned> keptSince;
  /// Pairs that are loaded, and of those to be stored the first half.
  llvm::DenseMap<std::pair<Value, int64_t>, std::pair<Value, Value>>
      loadedPairs;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> evenHalves;
  /// The points of a tile across rows.
  SmallVector<Point> tile;
  /// Values known for the whole row, and those of the current point.
  llvm::DenseMap<std::pair<Value, int64_t>, Value> rowValues;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> pointValues;
  /// Sums, and what is made of them, with what they lack; by value and chunk.
  llvm::DenseMap<std::pair<Value, int64_t>, Compensated> statistics;
  /// Checked indices, likewise: by operand, its dimension, and chunk.
  using GatherKey = std::tuple<unsigned, unsigned, int64_t>;
  llvm::DenseMap<GatherKey, Value> rowIndices, pointIndices;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_ROWKERNELEMITTER_H
