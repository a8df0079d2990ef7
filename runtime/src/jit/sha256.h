// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// SHA-256 (FIPS 180-4), for cache keys.

#ifndef RMSNORM_RUNTIME_JIT_SHA256_H
#define RMSNORM_RUNTIME_JIT_SHA256_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace rmsn {

class Sha256 {
public:
  void update(const void *data, size_t size);

  /// Length, then content: so that the parts of a key cannot run into each
  /// other.
  void updateField(const void *data, size_t size);
  void updateField(const std::string &text) {
    updateField(text.data(), text.size());
  }

  /// 64 hexadecimal digits. The object is used up.
  std::string hexDigest();

private:
  void block(const unsigned char *data);

  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint64_t total = 0;
  unsigned char pending[64];
  size_t pendingSize = 0;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_SHA256_H
