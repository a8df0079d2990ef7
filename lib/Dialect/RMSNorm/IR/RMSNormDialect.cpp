//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "RowOpInterfaces.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace mlir::rmsnorm;

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormDialect.cpp.inc"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormEnums.cpp.inc"

void RMSNormDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormOps.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormOps.cpp.inc"
