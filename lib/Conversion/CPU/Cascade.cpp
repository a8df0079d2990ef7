//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Cascade.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "rmsnorm/Conversion/Compensated/Compensated.h"

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
  SmallVector<Value> result = emitLevel(b, lo, hi, blocks);
  return compensate && !blocks.empty() ? finish(b, result) : result;
}

/// `accumulators` are the sums and then what they lack; `partial` are sums,
/// and then what they lack if they come from an upper level themselves.
SmallVector<Value> Cascade::addCompensated(ImplicitLocOpBuilder &b,
                                           ValueRange accumulators,
                                           ValueRange partial) {
  size_t count = neutral.size();
  SmallVector<Value> sums, errors;
  for (size_t index = 0; index < count; ++index) {
    Value partialLost =
        partial.size() > count ? partial[count + index] : Value();
    Compensated next =
        add(b, {accumulators[index], accumulators[count + index]},
            {partial[index], partialLost});
    sums.push_back(next.value);
    errors.push_back(next.lost);
  }
  llvm::append_range(sums, errors);
  return sums;
}

SmallVector<Value> Cascade::finish(ImplicitLocOpBuilder &b,
                                   ValueRange accumulators) {
  size_t count = neutral.size();
  SmallVector<Value> results;
  for (size_t index = 0; index < count; ++index)
    results.push_back(roundCompensated(
        b, {accumulators[index], accumulators[count + index]}));
  return results;
}

SmallVector<Value> Cascade::emitLevel(ImplicitLocOpBuilder &b, Value lo,
                                      Value hi, ArrayRef<int64_t> blocks) {
  Value increment =
      arith::ConstantIndexOp::create(b, blocks.empty() ? step : blocks.back());
  bool upper = !blocks.empty();
  SmallVector<Value> init(neutral);
  if (compensate && upper)
    llvm::append_range(init, neutral);
  auto loop = scf::ForOp::create(
      b, lo, hi, increment, init,
      [&](OpBuilder &nested, Location loc, Value iv, ValueRange accumulators) {
        ImplicitLocOpBuilder nb(loc, nested);
        SmallVector<Value> next;
        if (!upper) {
          next = body(nb, iv, accumulators);
        } else {
          Value end = arith::AddIOp::create(nb, iv, increment);
          end = arith::MinSIOp::create(nb, end, hi);
          SmallVector<Value> partial =
              emitLevel(nb, iv, end, blocks.drop_back());
          next = compensate ? addCompensated(nb, accumulators, partial)
                            : combine(nb, accumulators, partial);
        }
        scf::YieldOp::create(nb, next);
      });
  return SmallVector<Value>(loop.getResults());
}
