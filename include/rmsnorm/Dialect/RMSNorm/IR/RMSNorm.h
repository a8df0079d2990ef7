//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The rmsnorm dialect: its operations, enums and registration.

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORM_H
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORM_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/IndexingMapOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormDialect.h.inc"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormEnums.h.inc"

#define GET_OP_CLASSES
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNormOps.h.inc"

namespace mlir::rmsnorm {

/// How many norms a row kernel holds (a discardable attribute, i64).
constexpr llvm::StringLiteral kNormsAttr = "rmsnorm.norms";

/// The names of the operations that became a row kernel, in order (a
/// discardable attribute, an array of strings).
constexpr llvm::StringLiteral kFusedAttr = "rmsnorm.fused";

} // namespace mlir::rmsnorm

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORM_H
