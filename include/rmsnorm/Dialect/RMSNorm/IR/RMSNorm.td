//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORM_TD
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORM_TD

// The whole dialect, for TableGen.
include "rmsnorm/Dialect/RMSNorm/IR/HostOps.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormBackwardOp.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormOps.td"
include "rmsnorm/Dialect/RMSNorm/IR/RowKernelOps.td"

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORM_TD
