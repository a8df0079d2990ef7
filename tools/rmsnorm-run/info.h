// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef RMSNORM_TOOLS_RMSNORMRUN_INFO_H
#define RMSNORM_TOOLS_RMSNORMRUN_INFO_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <string>

namespace rmsnorm_run {

/// "tensor<?x4096xbf16>", or "bf16" for a scalar.
std::string typeText(rmsn_dtype dtype, const int64_t *shape, int rank,
                     bool scalar);

/// Prints all that --info promises.
rmsn_status printInfo(rmsn_artifact *artifact);

} // namespace rmsnorm_run

#endif // RMSNORM_TOOLS_RMSNORMRUN_INFO_H
