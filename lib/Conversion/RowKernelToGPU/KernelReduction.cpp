//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Combining the values of lanes: pairwise within a thread, by butterfly
/// shuffles within a warp, through shared memory across warps.

#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::rmsnorm;

static constexpr unsigned warpSize = 32;

/// Partial results per row that go through shared memory.
static unsigned getSharedPartials(const KernelConfig &config) {
  if (config.rowsInner)
    return config.lanesPerRow;
  return llvm::divideCeil(config.lanesPerRow, warpSize);
}

SmallVector<Type>
KernelEmitter::getWorkgroupTypes(const RowKernelAnalysis &analysis,
                                 const KernelConfig &config) {
  SmallVector<Type> types;
  unsigned partials = getSharedPartials(config);
  if (partials <= 1)
    return types;
  for (unsigned phase = 0; phase < analysis.getNumPhases(); ++phase)
    for (ReduceOp reduce : analysis.getReductions(phase)) {
      auto space = gpu::AddressSpaceAttr::get(reduce.getContext(),
                                              gpu::AddressSpace::Workgroup);
      int64_t extent = int64_t(partials) * config.rowsPerBlock;
      if (keepsLost(reduce))
        extent *= 2;
      types.push_back(MemRefType::get({extent}, reduce.getType(),
                                      MemRefLayoutAttrInterface(), space));
    }
  return types;
}

Value KernelEmitter::identity(ReduceOp reduce) {
  auto type = cast<FloatType>(reduce.getType());
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  APFloat value = APFloat::getZero(semantics);
  if (reduce.getKind() != ReduceKind::Add)
    value = APFloat::getInf(semantics, reduce.getKind() == ReduceKind::Maximum);
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

bool KernelEmitter::keepsLost(ReduceOp reduce) {
  Type type = reduce.getType();
  return reduce.getKind() == ReduceKind::Add &&
         (type.isF32() || type.isF64()) &&
         writesWideRows(reduce->getParentOfType<RowKernelOp>());
}

Compensated KernelEmitter::combine(ReduceOp reduce, Compensated lhs,
                                   Compensated rhs) {
  switch (reduce.getKind()) {
  case ReduceKind::Add:
    if (lhs.lost || rhs.lost)
      return add(b, lhs, rhs);
    return {arith::AddFOp::create(b, lhs.value, rhs.value), Value()};
  case ReduceKind::Maximum:
    return {arith::MaximumFOp::create(b, lhs.value, rhs.value), Value()};
  case ReduceKind::Minimum:
    return {arith::MinimumFOp::create(b, lhs.value, rhs.value), Value()};
  }
  llvm_unreachable("unknown kind of reduction");
}

Compensated KernelEmitter::combineTree(ReduceOp reduce,
                                       SmallVector<Compensated> values) {
  while (values.size() > 1) {
    SmallVector<Compensated> next;
    for (size_t i = 0; i + 1 < values.size(); i += 2)
      next.push_back(combine(reduce, values[i], values[i + 1]));
    if (values.size() % 2 != 0)
      next.push_back(values.back());
    values = std::move(next);
  }
  return values.front();
}

/// What a slot adds to a reduction: the identity outside the row. Where the sum
/// keeps what it loses, products do, too.
Compensated KernelEmitter::contribution(ReduceOp reduce, KernelSlot &slot) {
  Type type = vectorOf(reduce.getType());
  auto spread = [&](Value value) -> Value {
    if (value.getType() == type)
      return value;
    return vector::BroadcastOp::create(b, type, value);
  };
  Compensated addend;
  auto product = reduce.getValue().getDefiningOp<arith::MulFOp>();
  if (!keepsLost(reduce)) {
    addend.value = spread(evaluate(reduce.getValue(), slot));
  } else if (product) {
    addend = multiplyExact(b, spread(evaluate(product.getLhs(), slot)),
                           spread(evaluate(product.getRhs(), slot)));
  } else {
    addend = {spread(evaluate(reduce.getValue(), slot)),
              spread(identity(reduce))};
  }
  Value mask = slot.inside;
  if (!slot.elementInside.empty()) {
    mask = slot.elementInside.front();
    if (config.vectorSize > 1)
      mask = vector::FromElementsOp::create(
          b, VectorType::get(config.vectorSize, b.getI1Type()),
          slot.elementInside);
  }
  if (!mask)
    return addend;
  Value neutral = spread(identity(reduce));
  addend.value = arith::SelectOp::create(b, mask, addend.value, neutral);
  if (addend.lost)
    addend.lost = arith::SelectOp::create(b, mask, addend.lost, neutral);
  return addend;
}

Compensated KernelEmitter::horizontal(ReduceOp reduce, Compensated vector) {
  if (config.vectorSize == 1)
    return vector;
  auto extract = [&](Value value, int64_t position) -> Value {
    return value ? vector::ExtractOp::create(b, value, position).getResult()
                 : Value();
  };
  SmallVector<Compensated> elements;
  for (int64_t i = 0; i < int64_t(config.vectorSize); ++i)
    elements.push_back({extract(vector.value, i), extract(vector.lost, i)});
  return combineTree(reduce, elements);
}

Value KernelEmitter::shuffleXor(Value value, unsigned distance) {
  auto shuffle = [&](Value word) -> Value {
    Value offset = arith::ConstantOp::create(b, b.getI32IntegerAttr(distance));
    Value width = arith::ConstantOp::create(b, b.getI32IntegerAttr(warpSize));
    return gpu::ShuffleOp::create(b, word, offset, width, gpu::ShuffleMode::XOR)
        .getShuffleResult();
  };
  Type type = value.getType();
  unsigned bits = type.getIntOrFloatBitWidth();
  if (bits == 32)
    return shuffle(value);
  Type integer = b.getIntegerType(bits);
  Value raw = arith::BitcastOp::create(b, integer, value);
  if (bits == 16) {
    Value word = arith::ExtUIOp::create(b, b.getI32Type(), raw);
    raw = arith::TruncIOp::create(b, integer, shuffle(word));
    return arith::BitcastOp::create(b, type, raw);
  }
  Value half = arith::ConstantOp::create(b, b.getI64IntegerAttr(32));
  Value low = shuffle(arith::TruncIOp::create(b, b.getI32Type(), raw));
  Value high = shuffle(arith::TruncIOp::create(
      b, b.getI32Type(), arith::ShRUIOp::create(b, raw, half)));
  high =
      arith::ShLIOp::create(b, arith::ExtUIOp::create(b, integer, high), half);
  low = arith::ExtUIOp::create(b, integer, low);
  return arith::BitcastOp::create(b, type, arith::OrIOp::create(b, high, low));
}

/// Each thread's partial results become the results of its row, in every one
/// of its lanes.
void KernelEmitter::combineLanes(ArrayRef<ReduceOp> reductions,
                                 MutableArrayRef<Compensated> partials) {
  if (!config.rowsInner) {
    unsigned lanes = std::min(config.lanesPerRow, warpSize);
    for (unsigned distance = lanes / 2; distance > 0; distance /= 2)
      for (auto [reduce, partial] : llvm::zip(reductions, partials))
        partial = combine(
            reduce, partial,
            {shuffleXor(partial.value, distance),
             partial.lost ? shuffleXor(partial.lost, distance) : Value()});
  }
  if (getSharedPartials(config) > 1)
    combineThroughShared(reductions, partials);
}

void KernelEmitter::combineThroughShared(
    ArrayRef<ReduceOp> reductions, MutableArrayRef<Compensated> partials) {
  unsigned count = getSharedPartials(config);
  auto toIndex = [&](Value value) -> Value {
    return arith::IndexCastOp::create(b, b.getIndexType(), value);
  };
  // Every reduction has its own buffer, so one barrier is enough. Rows of a
  // block lie next to one another, so that threads touch different banks.
  // What sums have lost stands behind the sums.
  Value lostBegin = ix.constant(int64_t(count) * config.rowsPerBlock);
  auto write = [&](Value position) {
    for (auto [reduce, partial] : llvm::zip(reductions, partials)) {
      Value buffer = sharedBuffers.lookup(reduce);
      memref::StoreOp::create(b, partial.value, buffer, toIndex(position));
      if (partial.lost)
        memref::StoreOp::create(b, partial.lost, buffer,
                                toIndex(ix.add(position, lostBegin)));
    }
  };
  Value rows = ix.constant(config.rowsPerBlock);
  if (config.rowsInner) {
    write(ix.add(ix.mul(lane, rows), rowLane));
  } else {
    Value width = ix.constant(warpSize);
    Value first = ix.equal(ix.rem(lane, width), ix.constant(0));
    auto guard = scf::IfOp::create(b, first);
    OpBuilder::InsertionGuard insertion(b);
    b.setInsertionPointToStart(guard.thenBlock());
    write(ix.div(lane, width));
  }
  gpu::BarrierOp::create(b);
  for (auto [reduce, partial] : llvm::zip(reductions, partials)) {
    SmallVector<Compensated> values;
    Value buffer = sharedBuffers.lookup(reduce);
    for (unsigned i = 0; i < count; ++i) {
      Value position = ix.constant(int64_t(i) * config.rowsPerBlock);
      if (config.rowsInner)
        position = ix.add(position, rowLane);
      Compensated value;
      value.value = memref::LoadOp::create(b, buffer, toIndex(position));
      if (partial.lost)
        value.lost = memref::LoadOp::create(
            b, buffer, toIndex(ix.add(position, lostBegin)));
      values.push_back(value);
    }
    partial = combineTree(reduce, values);
  }
}

void KernelEmitter::finishReductions(ArrayRef<ReduceOp> reductions,
                                     ArrayRef<Compensated> partials) {
  for (auto [reduce, partial] : llvm::zip(reductions, partials)) {
    Value result = ReduceOp(reduce).getResult();
    if (!partial.lost) {
      rowValues.map(result, partial.value);
      continue;
    }
    Value sum = roundCompensated(b, partial);
    Value moved = arith::SubFOp::create(b, sum, partial.value);
    statistics[result] = {sum, arith::SubFOp::create(b, partial.lost, moved)};
    rowValues.map(result, sum);
  }
}
