// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a context uses, for people who look for the reason of something.

#include "core/context.h"
#include "jit/jit.h"
#include "matmul/backend.h"

using namespace rmsn;

// Of the process, and the same for every context.
static const std::string &runtimeLibraryPath() {
  static const std::string path = runtimeLibraryFile();
  return path;
}

extern "C" const char *rmsn_context_info(rmsn_context *context,
                                         rmsn_context_item item) {
  if (!context)
    return "";
  switch (item) {
  case RMSN_CONTEXT_RUNTIME_LIBRARY:
    return runtimeLibraryPath().c_str();
  case RMSN_CONTEXT_CACHE_DIRECTORY:
    return context->jit().cachePath().c_str();
  case RMSN_CONTEXT_COMPILER_LIBRARY:
    return context->jit().compilerLibrary().file().c_str();
  case RMSN_CONTEXT_COMPILER_ID:
    return context->jit().compilerLibrary().identityText().c_str();
  case RMSN_CONTEXT_MATMUL:
    return context->matmul().description.c_str();
  }
  return "";
}
