/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* The public headers in one translation unit, compiled with every warning an
 * error; public_headers.cpp is the same in C++. */

#include "rmsnorm_runtime/blas_plugin.h"
#include "rmsnorm_runtime/blob_abi.h"
#include "rmsnorm_runtime/compiler_abi.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"
#include "rmsnorm_runtime/status.h"
