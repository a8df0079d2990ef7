//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/Dialects.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"
#include "rmsnorm/Registration.h"

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(RMSNorm, rmsnorm,
                                      mlir::rmsnorm::RMSNormDialect)

void rmsnormRegisterDialect(MlirDialectRegistry registry) {
  mlir::rmsnorm::registerDialect(*unwrap(registry));
}

void rmsnormRegisterEverything(MlirDialectRegistry registry) {
  mlir::rmsnorm::registerEverything(*unwrap(registry));
}

void rmsnormRegisterPasses(void) { mlir::rmsnorm::registerPasses(); }
