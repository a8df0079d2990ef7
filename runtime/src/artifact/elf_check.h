// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Checks a code blob before the dynamic linker sees it.

#ifndef RMSNORM_RUNTIME_ARTIFACT_ELFCHECK_H
#define RMSNORM_RUNTIME_ARTIFACT_ELFCHECK_H

#include "core/error.h"

#include <cstddef>
#include <cstdint>

namespace rmsn {

/// Refuses anything but a 64-bit shared object for `machine` whose headers lie
/// inside of the bytes and which imports nothing and runs nothing when loaded.
/// This keeps damage and mistakes from crashing the loader; it is no sandbox.
rmsn_status checkElf(const unsigned char *data, size_t size, uint16_t machine);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_ARTIFACT_ELFCHECK_H
