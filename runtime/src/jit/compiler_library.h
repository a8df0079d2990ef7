// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The compiler, loaded when it is needed.

#ifndef RMSNORM_RUNTIME_JIT_COMPILERLIBRARY_H
#define RMSNORM_RUNTIME_JIT_COMPILERLIBRARY_H

#include "core/context.h"
#include "rmsnorm_runtime/compiler_abi.h"

#include <string>

namespace rmsn {

class CompilerLibrary {
public:
  explicit CompilerLibrary(rmsn_context &context);

  /// What tells this build of the compiler from others, without loading it:
  /// the library's build id, or else what the file system says about the file.
  /// "" if there is no such file.
  const std::string &identity() const { return identityBytes; }
  /// The same to read.
  const std::string &identityText() const { return readableIdentity; }

  const std::string &file() const { return path; }

  bool loaded() const { return compileFn != nullptr; }

  rmsn_status load();

  /// Only after load succeeded.
  int32_t compile(const char *text, size_t length, const char *const *targets,
                  size_t numTargets, const char *options,
                  rmsn_compiler_result *result) {
    return compileFn(text, length, targets, numTargets, options, result);
  }
  void release(rmsn_compiler_result *result) { freeFn(result); }

private:
  std::string path, identityBytes, readableIdentity;
  void *library = nullptr;
  decltype(&rmsn_compiler_compile) compileFn = nullptr;
  decltype(&rmsn_compiler_free) freeFn = nullptr;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_COMPILERLIBRARY_H
