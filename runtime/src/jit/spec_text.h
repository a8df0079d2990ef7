// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A norm's specification as MLIR text.

#ifndef RMSNORM_RUNTIME_JIT_SPECTEXT_H
#define RMSNORM_RUNTIME_JIT_SPECTEXT_H

#include "core/error.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <string>

namespace rmsn {

rmsn_status specText(const rmsn_norm_spec &spec, std::string &text);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_SPECTEXT_H
