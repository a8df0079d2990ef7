//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// C API of the compiler: the rmsnorm dialect and its passes, next to MLIR's
/// own C API (mlir-c/). The runtime has an API of its own, without LLVM.

#ifndef RMSNORM_C_DIALECTS_H
#define RMSNORM_C_DIALECTS_H

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The dialect `rmsnorm`, to be inserted into a registry or loaded into a
/// context: mlirGetDialectHandle__rmsnorm__(). The dialect alone: without the
/// models of interfaces that live outside it (bufferisation, value bounds).
MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(RMSNorm, rmsnorm);

/// Adds the dialect with all its models to `registry`.
MLIR_CAPI_EXPORTED void rmsnormRegisterDialect(MlirDialectRegistry registry);

/// Adds all dialects and extensions of MLIR, and ours, to `registry`, and
/// registers all passes. Call once per process.
MLIR_CAPI_EXPORTED void rmsnormRegisterEverything(MlirDialectRegistry registry);

/// Registers our passes and pipelines, by name, for textual pipelines. Call
/// once per process, and not after rmsnormRegisterEverything.
MLIR_CAPI_EXPORTED void rmsnormRegisterPasses(void);

#ifdef __cplusplus
}
#endif

#endif // RMSNORM_C_DIALECTS_H
