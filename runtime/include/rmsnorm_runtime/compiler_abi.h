/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* What the runtime expects of the compiler library (`librmsnorm_compiler.so`),
 * which it opens with dlopen when the cache has no compiled code. The compiler
 * library exports these functions; the runtime calls them under one lock. */

#ifndef RMSNORM_RUNTIME_COMPILER_ABI_H
#define RMSNORM_RUNTIME_COMPILER_ABI_H

#include "rmsnorm_runtime/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RMSN_COMPILER_ABI_VERSION 1u

typedef struct rmsn_compiler_result {
  uint32_t struct_size; /* set by the runtime */
  uint32_t reserved;
  void *artifact; /* the bytes of a `.rmsn` file; null on failure */
  size_t artifact_size;
  /* Errors, or warnings and remarks, as text ending in 0; may be null. */
  char *diagnostics;
} rmsn_compiler_result;

/* RMSN_COMPILER_ABI_VERSION of the library. */
uint32_t rmsn_compiler_abi_version(void);

/* Identifies the build: changes whenever the library's output may change. */
const char *rmsn_compiler_build_id(void);

/* Compiles a module for the targets (as in rmsnorm-compile --target) into one
 * artifact. `options` are those of rmsnorm-compile other than --target and
 * --emit, blank separated; may be null. Returns 0 or an rmsn_status
 * (RMSN_STATUS_COMPILE_ERROR, RMSN_STATUS_INVALID_ARGUMENT, ...). */
int32_t rmsn_compiler_compile(const char *mlir_text, size_t length,
                              const char *const *targets, size_t num_targets,
                              const char *options,
                              rmsn_compiler_result *result);

/* Frees what compile put into the result (not the struct itself). */
void rmsn_compiler_free(rmsn_compiler_result *result);

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_RUNTIME_COMPILER_ABI_H */
