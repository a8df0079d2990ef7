//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Pairs of vectors: of twice as many neighbouring elements as a vector has
/// lanes, one has those at even places and the other those at odd ones. Of
/// bf16, which are the upper halves of f32, that takes an instruction a vector
/// (a shift, a mask), and as few to put them back, where vectors of neighbours
/// have to be widened and narrowed, which crosses lanes. Which elements share a
/// vector is nothing to a pass along a row.

#include "RowKernelEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

Value RowKernelEmitter::loadHalf(ImplicitLocOpBuilder &b, Value buffer,
                                 ValueRange indices, const Point &point) {
  auto &pair = loadedPairs[{buffer, point.chunk / 2}];
  if (!pair.first) {
    auto type =
        VectorType::get(2 * schedule.lanes, getElementTypeOrSelf(buffer));
    Value both = vector::LoadOp::create(b, type, buffer, indices);
    auto halves = vector::DeinterleaveOp::create(b, both);
    pair = {halves.getRes1(), halves.getRes2()};
  }
  return point.chunk % 2 ? pair.second : pair.first;
}

void RowKernelEmitter::storeHalf(ImplicitLocOpBuilder &b, Value buffer,
                                 ValueRange indices, Value value,
                                 const Point &point) {
  std::pair<Value, int64_t> key(buffer, point.chunk / 2);
  if (point.chunk % 2 == 0) {
    evenHalves[key] = value;
    return;
  }
  Value even = evenHalves.lookup(key);
  assert(even && "points of a pair come in order");
  Value both = vector::InterleaveOp::create(b, even, value);
  vector::StoreOp::create(b, both, buffer, indices);
}
