// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// XXH64 (Yann Collet's hash, seed 0): fast enough to check gigabytes of
// constants whenever an artifact is opened. Detects damage, not forgery.

#ifndef RMSNORM_RUNTIME_FORMAT_XXHASH64_H
#define RMSNORM_RUNTIME_FORMAT_XXHASH64_H

#include <cstddef>
#include <cstdint>

namespace rmsn {

class XxHash64 {
public:
  XxHash64();
  void update(const void *data, size_t size);
  uint64_t digest() const;

private:
  uint64_t lanes[4];
  uint64_t total = 0;
  unsigned char pending[32];
  size_t pendingSize = 0;
};

uint64_t xxHash64(const void *data, size_t size);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_FORMAT_XXHASH64_H
