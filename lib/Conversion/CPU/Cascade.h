//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Loops over a row that accumulate in a tree fixed by the row's length.

#ifndef RMSNORM_LIB_CONVERSION_CPU_CASCADE_H
#define RMSNORM_LIB_CONVERSION_CPU_CASCADE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::rmsnorm {

/// Emits `for (iv = lo; iv < hi; iv += step) acc = body(iv, acc)` such that no
/// accumulator takes part in more than about 16 dependent additions: every 16
/// steps the partial result is handed to an accumulator one level up, which
/// does the same with its own, and so on. With `compensate`, for sums, the
/// upper levels also keep what their additions round away (Knuth's two-sum), so
/// that only the innermost 16 additions contribute to the error.
///
/// `extent` is the static number of elements of [lo, hi), or kDynamic; it
/// decides how many levels there are. `neutral` are the initial values of the
/// accumulators, `combine` adds partial results to them.
struct Cascade {
  int64_t step = 1;
  int64_t extent = 0;
  SmallVector<Value> neutral;
  bool compensate = false;
  llvm::function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, Value iv,
                                        ValueRange accumulators)>
      body;
  llvm::function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange,
                                        ValueRange)>
      combine;

  /// Returns the accumulators at the end.
  SmallVector<Value> emit(ImplicitLocOpBuilder &b, Value lo, Value hi);

private:
  SmallVector<Value> addCompensated(ImplicitLocOpBuilder &b,
                                    ValueRange accumulators,
                                    ValueRange partial);
  SmallVector<Value> finish(ImplicitLocOpBuilder &b, ValueRange accumulators);
  SmallVector<Value> emitLevel(ImplicitLocOpBuilder &b, Value lo, Value hi,
                               ArrayRef<int64_t> blocks);
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_CASCADE_H
