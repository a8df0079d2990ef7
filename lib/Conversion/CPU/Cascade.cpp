//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Cascade.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Steps of one level before its partial result moves up.
static constexpr int64_t kStepsPerLevel = 16;
/// Levels for rows whose length is known only at run time: 16^4 steps.
static constexpr int64_t kDynamicLevels = 3;

SmallVector<Value> Cascade::emit(ImplicitLocOpBuilder &b, Value lo, Value hi) {
  SmallVector<int64_t> blocks;
  int64_t block = step * kStepsPerLevel;
  if (ShapedType::isDynamic(extent)) {
    for (int64_t level = 0; level < kDynamicLevels; ++level) {
      blocks.push_back(block);
      block *= kStepsPerLevel;
    }
  } else {
    for (; block < extent; block *= kStepsPerLevel)
      blocks.push_back(block);
  }
  return emitLevel(b, lo, hi, blocks);
}

SmallVector<Value> Cascade::emitLevel(ImplicitLocOpBuilder &b, Value lo,
                                      Value hi, ArrayRef<int64_t> blocks) {
  Value increment =
      arith::ConstantIndexOp::create(b, blocks.empty() ? step : blocks.back());
  auto loop = scf::ForOp::create(
      b, lo, hi, increment, neutral,
      [&](OpBuilder &nested, Location loc, Value iv, ValueRange accumulators) {
        ImplicitLocOpBuilder nb(loc, nested);
        SmallVector<Value> next;
        if (blocks.empty()) {
          next = body(nb, iv, accumulators);
        } else {
          Value end = arith::AddIOp::create(nb, iv, increment);
          end = arith::MinSIOp::create(nb, end, hi);
          SmallVector<Value> partial =
              emitLevel(nb, iv, end, blocks.drop_back());
          next = combine(nb, accumulators, partial);
        }
        scf::YieldOp::create(nb, next);
      });
  return SmallVector<Value>(loop.getResults());
}
