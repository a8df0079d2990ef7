// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Copies between tensors of any strides.

#ifndef RMSNORM_RUNTIME_CALL_STRIDEDCOPY_H
#define RMSNORM_RUNTIME_CALL_STRIDEDCOPY_H

#include <cstddef>
#include <cstdint>

namespace rmsn {

/// Copies `rank` <= kMaxRank dims of extents `shape`; strides in elements of
/// `elementSize` (1, 2, 4 or 8) bytes. The tensors do not overlap.
void stridedCopy(void *to, const int64_t *toStrides, const void *from,
                 const int64_t *fromStrides, const int64_t *shape, int rank,
                 size_t elementSize);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CALL_STRIDEDCOPY_H
