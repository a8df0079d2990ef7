// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "call/strided_copy.h"

#include "artifact/model.h"

#include <cstring>

using namespace rmsn;

namespace {

struct Dim {
  int64_t extent, to, from;
};

// Elements may lie anywhere, so they are moved as bytes of a known size.
template <size_t Size>
void copyRow(char *to, int64_t toStride, const char *from, int64_t fromStride,
             int64_t count) {
  if (toStride == 1 && fromStride == 1) {
    std::memcpy(to, from, size_t(count) * Size);
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * toStride * int64_t(Size),
                from + i * fromStride * int64_t(Size), Size);
}

template <size_t Size>
void copyDims(char *to, const char *from, const Dim *dims, int rank) {
  if (rank == 1) {
    copyRow<Size>(to, dims->to, from, dims->from, dims->extent);
    return;
  }
  for (int64_t i = 0; i < dims->extent; ++i)
    copyDims<Size>(to + i * dims->to * int64_t(Size),
                   from + i * dims->from * int64_t(Size), dims + 1, rank - 1);
}

// Drops dims of extent 1 and joins neighbours that are contiguous in both.
int simplify(Dim *dims, const int64_t *toStrides, const int64_t *fromStrides,
             const int64_t *shape, int rank) {
  int n = 0;
  for (int i = 0; i < rank; ++i) {
    if (shape[i] == 1)
      continue;
    Dim dim{shape[i], toStrides[i], fromStrides[i]};
    if (n && dims[n - 1].to == dim.to * dim.extent &&
        dims[n - 1].from == dim.from * dim.extent) {
      dims[n - 1] = {dims[n - 1].extent * dim.extent, dim.to, dim.from};
      continue;
    }
    dims[n++] = dim;
  }
  if (n == 0)
    dims[n++] = {1, 1, 1};
  return n;
}

} // namespace

void rmsn::stridedCopy(void *to, const int64_t *toStrides, const void *from,
                       const int64_t *fromStrides, const int64_t *shape,
                       int rank, size_t elementSize) {
  for (int i = 0; i < rank; ++i)
    if (shape[i] <= 0)
      return;
  Dim dims[kMaxRank + 1];
  int n = simplify(dims, toStrides, fromStrides, shape, rank);
  char *t = static_cast<char *>(to);
  const char *f = static_cast<const char *>(from);
  switch (elementSize) {
  case 1:
    return copyDims<1>(t, f, dims, n);
  case 2:
    return copyDims<2>(t, f, dims, n);
  case 4:
    return copyDims<4>(t, f, dims, n);
  default:
    return copyDims<8>(t, f, dims, n);
  }
}
