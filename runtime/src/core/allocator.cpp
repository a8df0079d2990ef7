// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "core/allocator.h"

#include <cstdlib>

using namespace rmsn;

// Smaller blocks the C library keeps by itself.
static constexpr size_t kKeepFrom = size_t(64) << 10;
static constexpr size_t kKeepBytes = size_t(256) << 20;
static constexpr size_t kKeepBlocks = 64;
static constexpr size_t kMinAlignment = 64;

// Sizes in eighths of a power of two, so that a slightly different size in the
// next call finds a kept block.
static size_t sizeClass(size_t bytes) {
  size_t step = kKeepFrom / 8;
  while (step * 16 < bytes)
    step *= 2;
  return (bytes + step - 1) / step * step;
}

Allocator::Allocator(const rmsn_allocator *allocator) {
  if (allocator)
    custom = *allocator;
}

Allocator::~Allocator() {
  for (const Kept &block : kept)
    ::free(block.pointer);
}

void *Allocator::allocate(size_t bytes, size_t alignment) {
  if (custom.alloc)
    return custom.alloc(custom.user, bytes, alignment);
  if (alignment < kMinAlignment)
    alignment = kMinAlignment;
  if (bytes > SIZE_MAX / 4)
    return nullptr;
  if (bytes >= kKeepFrom) {
    bytes = sizeClass(bytes);
    if (alignment == kMinAlignment) {
      std::lock_guard<std::mutex> lock(mutex);
      for (size_t i = kept.size(); i-- > 0;) {
        if (kept[i].size != bytes)
          continue;
        void *pointer = kept[i].pointer;
        kept.erase(kept.begin() + ptrdiff_t(i));
        keptBytes -= bytes;
        return pointer;
      }
    }
  }
  size_t rounded = (bytes + alignment - 1) & ~(alignment - 1);
  return aligned_alloc(alignment, rounded ? rounded : alignment);
}

void Allocator::release(void *pointer, size_t bytes, size_t alignment) {
  if (!pointer)
    return;
  if (custom.alloc) {
    custom.free(custom.user, pointer, bytes, alignment);
    return;
  }
  if (bytes >= kKeepFrom && alignment <= kMinAlignment) {
    bytes = sizeClass(bytes);
    std::lock_guard<std::mutex> lock(mutex);
    if (kept.capacity() == 0)
      kept.reserve(kKeepBlocks + 1);
    if (bytes <= kKeepBytes) {
      kept.push_back({pointer, bytes});
      keptBytes += bytes;
      pointer = nullptr;
      while (keptBytes > kKeepBytes || kept.size() > kKeepBlocks) {
        keptBytes -= kept.front().size;
        ::free(kept.front().pointer);
        kept.erase(kept.begin());
      }
    }
  }
  ::free(pointer);
}
