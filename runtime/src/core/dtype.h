// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Element types and their counterparts in DLPack.

#ifndef RMSNORM_RUNTIME_CORE_DTYPE_H
#define RMSNORM_RUNTIME_CORE_DTYPE_H

#include "rmsnorm_runtime/blob_abi.h"
#include "rmsnorm_runtime/third_party/dlpack.h"

#include <cstddef>
#include <cstdint>

namespace rmsn {

inline constexpr int kNumDtypes = 16;

size_t dtypeSize(rmsn_dtype dtype);
const char *dtypeName(rmsn_dtype dtype);
DLDataType toDlpack(rmsn_dtype dtype);
rmsn_dtype fromDlpack(DLDataType type);

/// The three fields as one number, to compare them at once.
inline uint32_t packedType(DLDataType type) {
  return uint32_t(type.code) | uint32_t(type.bits) << 8 |
         uint32_t(type.lanes) << 16;
}

/// A readable name of any DLPack type, for messages.
class DlpackTypeName {
public:
  explicit DlpackTypeName(DLDataType type);
  const char *c_str() const { return text; }

private:
  char text[40];
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CORE_DTYPE_H
