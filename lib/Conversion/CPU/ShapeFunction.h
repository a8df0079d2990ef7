//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Companion functions that compute the extents of a function's results.

#ifndef RMSNORM_LIB_CONVERSION_CPU_SHAPEFUNCTION_H
#define RMSNORM_LIB_CONVERSION_CPU_SHAPEFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::rmsnorm {

/// Adds `rmsn_shape_<name>(arg_dims, result_dims)` (see rmsn_shape_entry in
/// blob_abi.h) for `results`, values of `function` that it is to return.
/// Returns its name, or "" if all extents are static. Fails, with an error that
/// names the result, if an extent depends on more than the extents of the
/// arguments.
FailureOr<std::string> emitShapeFunction(func::FuncOp function,
                                         ValueRange results);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_SHAPEFUNCTION_H
