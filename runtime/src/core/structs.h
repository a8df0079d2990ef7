// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Versioned structs of the C API: both sides may know fewer fields than the
// other.

#ifndef RMSNORM_RUNTIME_CORE_STRUCTS_H
#define RMSNORM_RUNTIME_CORE_STRUCTS_H

#include "core/error.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace rmsn {

/// Copies an options struct of the caller into ours; fields that the caller's
/// version does not have become zero. A null pointer gives all zeros.
template <typename T>
rmsn_status readStruct(const T *given, T &ours, const char *name) {
  std::memset(static_cast<void *>(&ours), 0, sizeof(T));
  ours.struct_size = sizeof(T);
  if (!given)
    return RMSN_STATUS_OK;
  uint32_t size = given->struct_size;
  if (size < sizeof(uint32_t) || size > 65536)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "%s.struct_size is %u, expected sizeof(%s), which is %zu here",
                name, size, name, sizeof(T));
  std::memcpy(static_cast<void *>(&ours), given,
              std::min<size_t>(size, sizeof(T)));
  ours.struct_size = sizeof(T);
  return RMSN_STATUS_OK;
}

/// Gives the caller as many fields as the caller's struct has.
template <typename T>
rmsn_status writeStruct(T *wanted, T &ours, const char *name) {
  if (!wanted)
    return fail(RMSN_STATUS_NULL_POINTER, "%s is null", name);
  uint32_t size = wanted->struct_size;
  if (size < sizeof(uint32_t) || size > 65536)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "%s.struct_size is %u, expected sizeof(%s), which is %zu here",
                name, size, name, sizeof(T));
  ours.struct_size = size;
  std::memcpy(static_cast<void *>(wanted), &ours,
              std::min<size_t>(size, sizeof(T)));
  return RMSN_STATUS_OK;
}

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CORE_STRUCTS_H
