// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A compiler library for the tests: the "compiled" artifact is a file that
// RMSNORM_TEST_ARTIFACT names; what it was called with goes to diagnostics.

#include "rmsnorm_runtime/compiler_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT uint32_t rmsn_compiler_abi_version(void) {
  return RMSN_COMPILER_ABI_VERSION;
}
EXPORT const char *rmsn_compiler_build_id(void) { return "fake-1"; }

EXPORT int32_t rmsn_compiler_compile(const char *mlir_text, size_t length,
                                     const char *const *targets,
                                     size_t num_targets, const char *options,
                                     rmsn_compiler_result *result) {
  char text[256];
  snprintf(text, sizeof(text), "%zu bytes for %s (%zu) with '%s'", length,
           targets[0], num_targets, options ? options : "");
  result->diagnostics = strdup(text);
  if (length >= 5 && memcmp(mlir_text, "wrong", 5) == 0)
    return RMSN_STATUS_COMPILE_ERROR;
  if (length >= 7 && memcmp(mlir_text, "garbage", 7) == 0) {
    result->artifact = strdup("this is no artifact");
    result->artifact_size = 19;
    return 0;
  }
  const char *path = getenv("RMSNORM_TEST_ARTIFACT");
  FILE *file = path ? fopen(path, "rb") : NULL;
  if (!file)
    return RMSN_STATUS_INTERNAL;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  result->artifact = malloc((size_t)size);
  result->artifact_size = fread(result->artifact, 1, (size_t)size, file);
  fclose(file);
  return 0;
}

EXPORT void rmsn_compiler_free(rmsn_compiler_result *result) {
  free(result->artifact);
  free(result->diagnostics);
}
