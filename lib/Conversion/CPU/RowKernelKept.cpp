//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Rows of values that later passes need again. They belong to the thread, and
/// have whole vectors: what lies behind the row's end is nobody's value.

#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

void RowKernelEmitter::allocateKept(ImplicitLocOpBuilder &b) {
  for (Value kept : schedule.kept) {
    int64_t extent =
        llvm::alignTo(staticExtents[schedule.vectorDim], schedule.lanes);
    auto type = MemRefType::get({extent}, kept.getType());
    keptRows[kept] = memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
  }
}

Value RowKernelEmitter::getIndexInRow(ImplicitLocOpBuilder &b,
                                      const Point &point) {
  Value index = ivs[schedule.vectorDim];
  int64_t vectors = firstVector(point);
  if (vectors == 0)
    return index;
  return arith::AddIOp::create(b, index,
                               constantIndex(b, vectors * schedule.lanes));
}

RowKernelEmitter::Point RowKernelEmitter::asKept(Value value, Point point) {
  point.paired &= value.getType().isBF16();
  return point;
}

Value RowKernelEmitter::loadKept(ImplicitLocOpBuilder &b, Value value,
                                 const Point &point) {
  auto since = keptSince.find(value);
  if (since == keptSince.end() || since->second == currentPhase)
    return Value();
  Value row = keptRows.lookup(value);
  Point where = asKept(value, point);
  Value index = getIndexInRow(b, where);
  if (schedule.lanes == 1)
    return memref::LoadOp::create(b, row, index);
  if (where.paired)
    return loadHalf(b, row, index, where);
  return vector::LoadOp::create(b, cast<VectorType>(vectorOf(value.getType())),
                                row, index);
}

void RowKernelEmitter::storeKept(ImplicitLocOpBuilder &b, Value value,
                                 Value computed, const Point &point) {
  Value row = keptRows.lookup(value);
  if (!row)
    return;
  // Later passes read it before they would compute it.
  keptSince.insert({value, currentPhase});
  assert(keptSince.lookup(value) == currentPhase && "kept values are read");
  Point where = asKept(value, point);
  Value index = getIndexInRow(b, where);
  if (schedule.lanes == 1)
    memref::StoreOp::create(b, computed, row, index);
  else if (where.paired)
    storeHalf(b, row, index, splat(b, computed), where);
  else
    vector::StoreOp::create(b, splat(b, computed), row, index);
}
