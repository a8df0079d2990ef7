// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Tensors that differ in extents of 1 alone have the same elements in the same
// places: a GPU kernel may be launched with one of them for the other.

#ifndef RMSNORM_RUNTIME_FORMAT_UNITDIMS_H
#define RMSNORM_RUNTIME_FORMAT_UNITDIMS_H

#include <cstdint>
#include <vector>

namespace rmsn {

/// Dimensions of `from` for those of `to`, -1 for an extent of 1 that `from`
/// has not. Only extents that are known to be 1 (in both by their declared
/// shapes, -1 is unknown) are left out or added. False if they do not match so.
/// Equal ranks with as many known ones match dimension by dimension.
inline bool matchUnitDims(const std::vector<int64_t> &from,
                          const std::vector<int64_t> &to,
                          std::vector<int32_t> &dims) {
  dims.clear();
  size_t next = 0;
  for (int64_t extent : to) {
    if (extent == 1) {
      dims.push_back(-1);
      continue;
    }
    while (next < from.size() && from[next] == 1)
      ++next;
    if (next == from.size())
      break;
    dims.push_back(int32_t(next++));
  }
  while (next < from.size() && from[next] == 1)
    ++next;
  if (dims.size() == to.size() && next == from.size())
    return true;
  // An extent that one knows to be 1 and the other does not.
  dims.clear();
  if (from.size() != to.size())
    return false;
  for (size_t dim = 0; dim < to.size(); ++dim)
    dims.push_back(int32_t(dim));
  return true;
}

} // namespace rmsn

#endif // RMSNORM_RUNTIME_FORMAT_UNITDIMS_H
