// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "format/xxhash64.h"

#include <cstring>

using namespace rmsn;

namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87ull;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4Full;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9ull;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63ull;
constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5ull;

uint64_t rotate(uint64_t value, int bits) {
  return (value << bits) | (value >> (64 - bits));
}

template <typename T>
T load(const unsigned char *p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

uint64_t round(uint64_t lane, uint64_t input) {
  return rotate(lane + input * kPrime2, 31) * kPrime1;
}

uint64_t merge(uint64_t hash, uint64_t lane) {
  return (hash ^ round(0, lane)) * kPrime1 + kPrime4;
}

} // namespace

XxHash64::XxHash64()
    : lanes{kPrime1 + kPrime2, kPrime2, 0, uint64_t(0) - kPrime1} {}

void XxHash64::update(const void *data, size_t size) {
  const auto *p = static_cast<const unsigned char *>(data);
  total += size;
  if (pendingSize + size < 32) {
    if (size)
      std::memcpy(pending + pendingSize, p, size);
    pendingSize += size;
    return;
  }
  if (pendingSize) {
    size_t fill = 32 - pendingSize;
    std::memcpy(pending + pendingSize, p, fill);
    for (int i = 0; i < 4; ++i)
      lanes[i] = round(lanes[i], load<uint64_t>(pending + 8 * i));
    p += fill;
    size -= fill;
    pendingSize = 0;
  }
  for (; size >= 32; p += 32, size -= 32)
    for (int i = 0; i < 4; ++i)
      lanes[i] = round(lanes[i], load<uint64_t>(p + 8 * i));
  if (size)
    std::memcpy(pending, p, size);
  pendingSize = size;
}

uint64_t XxHash64::digest() const {
  uint64_t hash;
  if (total >= 32) {
    hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) +
           rotate(lanes[3], 18);
    for (uint64_t lane : lanes)
      hash = merge(hash, lane);
  } else {
    hash = kPrime5;
  }
  hash += total;
  const unsigned char *p = pending, *end = pending + pendingSize;
  for (; end - p >= 8; p += 8)
    hash = rotate(hash ^ round(0, load<uint64_t>(p)), 27) * kPrime1 + kPrime4;
  if (end - p >= 4) {
    hash = rotate(hash ^ (load<uint32_t>(p) * kPrime1), 23) * kPrime2 + kPrime3;
    p += 4;
  }
  for (; p != end; ++p)
    hash = rotate(hash ^ (*p * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

uint64_t rmsn::xxHash64(const void *data, size_t size) {
  XxHash64 hash;
  hash.update(data, size);
  return hash.digest();
}
