// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <stdint.h>
__attribute__((visibility("default"))) const uint32_t rmsn_blob_abi_version = 1;
int puts(const char *);
__attribute__((visibility("default"))) int variant(void) { return puts("x"); }
