//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Emits one row kernel as a gpu.func. Internal to the conversion.
///
/// A block handles `rowsPerBlock` rows, `lanesPerRow` threads each. A thread
/// holds `slots` vectors: slot s of lane l begins at element (s*lanes + l)*V.
/// The body of the row kernel is evaluated on vectors of V elements (scalars
/// when V is 1), values that are the same along the row once per row.
///
/// The same assignment of elements to threads serves two ways to reach memory,
/// chosen by a branch that all threads of a launch take alike: `fast`, with
/// aligned accesses of contiguous rows, and a general one for every stride and
/// alignment. So results do not depend on how a tensor lies in memory.

#ifndef RMSNORM_LIB_CONVERSION_ROWKERNELTOGPU_KERNELEMITTER_H
#define RMSNORM_LIB_CONVERSION_ROWKERNELTOGPU_KERNELEMITTER_H

#include "rmsnorm/Conversion/Compensated/Compensated.h"
#include "rmsnorm/Conversion/RowKernelToGPU/KernelConfig.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::rmsnorm {

/// 64-bit integer arithmetic that folds constants.
class IndexBuilder {
public:
  explicit IndexBuilder(ImplicitLocOpBuilder &b) : b(b) {}
  Value constant(int64_t value);
  Value add(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  Value div(Value lhs, Value rhs);
  Value rem(Value lhs, Value rhs);
  Value min(Value lhs, Value rhs);
  Value less(Value lhs, Value rhs);
  Value equal(Value lhs, Value rhs);
  Value both(Value lhs, Value rhs);
  Value either(Value lhs, Value rhs);
  Value select(Value condition, Value onTrue, Value onFalse);

private:
  ImplicitLocOpBuilder &b;
};

/// A dimension of an operand that another operand's element is the index of.
struct KernelGather {
  Value stride;
  unsigned index; // the operand with the index
  int64_t extent; // or kDynamic
};

/// One operand of the row kernel as the kernel sees it.
struct KernelOperand {
  bool isScalar = false;
  Value scalar;               // scalar operands
  Value pointer;              // to element 0
  SmallVector<Value> strides; // by loop dimension; null where not used
  SmallVector<KernelGather> gathers;
  Type elementType;
  bool alongRow = false;      // changes along the row
  bool collapsible = false;   // fast: the row is one contiguous run
  bool usesInnermost = false; // the innermost dimension of the row
  bool readOnly = false;      // no output can be the same buffer
  Value rowPointer;           // to the first element of this thread's row
};

/// One vector of a thread.
struct KernelSlot {
  Value element;     // index in the row of its first element
  Value safeElement; // the same, or 0 where the slot is outside the row
  Value inside;      // null: always inside the row
  SmallVector<Value> elementInside; // general path, dynamic length: per element
  std::optional<int64_t> laneDistance; // element = lane * V + this constant
  IRMapping values;
};

class KernelEmitter {
public:
  KernelEmitter(ImplicitLocOpBuilder &b, const RowKernelAnalysis &analysis,
                const KernelConfig &config, gpu::GPUFuncOp func);
  LogicalResult emit();

  /// Types of the kernel's parameters and workgroup buffers.
  static SmallVector<Type> getParameterTypes(RowKernelOp op);
  static SmallVector<Type> getWorkgroupTypes(const RowKernelAnalysis &analysis,
                                             const KernelConfig &config);

private:
  // KernelEmitter.cpp: the kernel's skeleton.
  void readParameters();
  void emitRowPointers();
  void emitPaths();

  // KernelPasses.cpp: passes over the row.
  void emitInRegisters();
  void emitLoops();
  SmallVector<Compensated> emitReduceLoop(unsigned phase, unsigned level,
                                          Value begin, Value end);

  // KernelValues.cpp: values of the body and their stores.
  KernelSlot makeSlot(unsigned index, Value chunkBegin, bool maskAll);
  Value evaluate(Value value, KernelSlot &slot);
  void evaluateRow(unsigned phase);
  void emitStatistic(Value value);
  void storeRowOutputs();
  void storeSlot(KernelSlot &slot, std::optional<unsigned> phase);

  // KernelMemory.cpp: offsets, conditions, loads and stores.
  Value getExtent(int64_t dim);
  Value delinearizedOffset(const KernelOperand &operand, ArrayRef<int64_t> dims,
                           Value index);
  Value buildFastCondition();
  Value buildCollapsedRows();
  Value elementPointer(const KernelOperand &operand, Value offset);
  Value slotPointer(const KernelOperand &operand, const KernelSlot &slot);
  Value loadElement(const KernelOperand &operand, Value pointer);
  Value loadSlot(const KernelOperand &operand, const KernelSlot &slot);
  void storeElement(const KernelOperand &operand, Value value, Value pointer);
  void storeSlotValue(const KernelOperand &operand, const KernelSlot &slot,
                      Value value);
  unsigned getAlignment(const KernelOperand &operand) const;
  Value scaleOffset(Value offset, Value stride);

  // KernelReduction.cpp: combining values of lanes.
  Value identity(ReduceOp reduce);
  /// Whether the sum, of a kernel that writes rows of f32 or f64, keeps what it
  /// rounds away (Compensated.h).
  static bool keepsLost(ReduceOp reduce);
  Compensated combine(ReduceOp reduce, Compensated lhs, Compensated rhs);
  Compensated combineTree(ReduceOp reduce, SmallVector<Compensated> values);
  Compensated contribution(ReduceOp reduce, KernelSlot &slot);
  Compensated horizontal(ReduceOp reduce, Compensated vector);
  Value shuffleXor(Value value, unsigned distance);
  void combineLanes(ArrayRef<ReduceOp> reductions,
                    MutableArrayRef<Compensated> partials);
  void combineThroughShared(ArrayRef<ReduceOp> reductions,
                            MutableArrayRef<Compensated> partials);
  void finishReductions(ArrayRef<ReduceOp> reductions,
                        ArrayRef<Compensated> partials);

  Type vectorOf(Type elementType) const;

  ImplicitLocOpBuilder &b;
  IndexBuilder ix;
  const RowKernelAnalysis &analysis;
  RowKernelOp op;
  const KernelConfig &config;
  gpu::GPUFuncOp func;

  SmallVector<KernelOperand> operands;
  SmallVector<Value> extentArguments;         // row dims, then reduction dims
  SmallVector<int64_t> staticExtents;         // by loop dimension
  SmallVector<int64_t> rowDims, redDims;      // without unit extents
  DenseMap<Operation *, Value> sharedBuffers; // by reduce
  Value thread, lane, rowLane, row, rowCount, rowLength, active;
  int64_t staticRowLength = ShapedType::kDynamic;
  bool fast = false;
  IRMapping rowValues; // values that are the same along the row
  /// Of those, sums and what norms make of them, with what they lack.
  DenseMap<Value, Compensated> statistics;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_ROWKERNELTOGPU_KERNELEMITTER_H
