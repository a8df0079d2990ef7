//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Parts of a decomposition into linalg that rms_norm and rms_norm_backward
/// have in common.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMDECOMPOSITION_H
#define RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMDECOMPOSITION_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm::detail {

/// Sums scalars of the floating-point type `type` over the dimensions of a
/// space that `resultMap` lacks. `extents` are those of the space; `element`
/// builds the scalar from elements of the inputs.
Value buildSum(OpBuilder &b, Location loc, ArrayRef<OpFoldResult> extents,
               Type type, ValueRange inputs, ArrayRef<AffineMap> inputMaps,
               AffineMap resultMap,
               function_ref<Value(OpBuilder &, ValueRange)> element);

/// Sum of the squares of each slice of `input`, in the compute type.
Value buildSumOfSquares(OpBuilder &b, Location loc, Value input,
                        AffineMap rowMap, Type compute);

/// The number of elements of a slice along `axes`, in the compute type.
Value buildCount(OpBuilder &b, Location loc, Value input,
                 ArrayRef<int64_t> axes, Type compute);

template <typename OpTy>
Value buildSumOfSquares(OpBuilder &b, OpTy op) {
  return buildSumOfSquares(b, op.getLoc(), op.getInput(), op.getRstdMap(),
                           op.getComputeFloatType());
}

template <typename OpTy>
Value buildCount(OpBuilder &b, OpTy op) {
  return buildCount(b, op.getLoc(), op.getInput(), op.getAxes(),
                    op.getComputeFloatType());
}

} // namespace mlir::rmsnorm::detail

#endif // RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMDECOMPOSITION_H
