// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The memory that a tensor covers, and whether two tensors share any.

#ifndef RMSNORM_RUNTIME_CALL_EXTENT_H
#define RMSNORM_RUNTIME_CALL_EXTENT_H

#include <cstdint>

namespace rmsn {

/// Shape and strides (in elements) of bound data.
struct View {
  const char *data; // element 0
  const int64_t *shape, *strides;
  int rank;
  uint32_t elementSize;
  // Bytes from element 0: [low, high). Empty if there are no elements.
  int64_t low, high;
};

/// Fills in low and high. False if the extent exceeds the address space.
bool computeExtent(View &view);

enum class Overlap { None, Exact, Partial };

/// Exact: the same elements at the same places, element by element. None is
/// also found for interleaved views, such as two halves of the columns of one
/// matrix; in doubt the answer is Partial.
Overlap overlap(const View &a, const View &b);

/// Do several indices mean the same element (a stride of zero, say)? In doubt
/// the answer is yes.
bool overlapsItself(const View &view);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CALL_EXTENT_H
