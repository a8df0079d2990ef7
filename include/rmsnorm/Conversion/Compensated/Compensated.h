//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Floating-point arithmetic that keeps what it rounds away. Used for the sum
/// of squares of a row and for what a norm makes of it: 1/d multiplies every
/// element of the row, so that each rounding on the way to it is an error of
/// all of them.

#ifndef RMSNORM_CONVERSION_COMPENSATED_COMPENSATED_H
#define RMSNORM_CONVERSION_COMPENSATED_COMPENSATED_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm {

/// The number value + lost, `value` being what plain arithmetic gives. Scalars
/// or vectors of one floating-point type; a null `lost` is zero.
struct Compensated {
  Value value;
  Value lost;
};

/// a * b (T. J. Dekker's product, with a fused multiply-add): exact, unless
/// what is lost is subnormal.
Compensated multiplyExact(ImplicitLocOpBuilder &b, Value lhs, Value rhs);

/// a + b, up to a rounding of what is lost (D. E. Knuth's two-sum).
Compensated add(ImplicitLocOpBuilder &b, Compensated lhs, Compensated rhs);

/// value + lost, rounded once; `value` where that is not a number, as beside
/// infinities.
Value roundCompensated(ImplicitLocOpBuilder &b, Compensated number);

/// Whether the kernel writes rows of f32 or f64. Narrower results are rounded
/// so coarsely that plain sums are good enough.
bool writesWideRows(RowKernelOp op);

/// Whether `value` is marked as the statistic of a norm (kStatisticAttrName),
/// by an operation that evaluateStatistic knows.
bool isStatistic(Value value);

/// The reduction that a statistic is made of, or null.
ReduceOp findSum(Value statistic);

/// The result of the operation that defines the statistic `value`, on these
/// operands. What is lost is right to first order.
Compensated evaluateStatistic(ImplicitLocOpBuilder &b, Value value,
                              ArrayRef<Compensated> operands);

/// The statistic rounded once, where `sum`, of which it is made, is a normal
/// number; elsewhere what plain arithmetic gives, as the op promises.
Value refineStatistic(ImplicitLocOpBuilder &b, Compensated statistic,
                      Value sum);

} // namespace mlir::rmsnorm

#endif // RMSNORM_CONVERSION_COMPENSATED_COMPENSATED_H
