// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <stdint.h>
__attribute__((visibility("default"))) const uint32_t rmsn_blob_abi_version = 1;
static volatile int ran;
__attribute__((constructor)) static void run(void) { ran = 1; }
__attribute__((visibility("default"))) int variant(void) { return ran; }
