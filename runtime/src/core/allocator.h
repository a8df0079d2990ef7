// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Where the runtime's and compiled code's memory comes from.

#ifndef RMSNORM_RUNTIME_CORE_ALLOCATOR_H
#define RMSNORM_RUNTIME_CORE_ALLOCATOR_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <memory>
#include <mutex>
#include <vector>

namespace rmsn {

/// Thread safe. Shared by a context and by the results that it gave away.
class Allocator {
public:
  explicit Allocator(const rmsn_allocator *custom);
  ~Allocator();
  Allocator(const Allocator &) = delete;
  Allocator &operator=(const Allocator &) = delete;

  /// Null when there is no memory. `alignment` is a power of two.
  void *allocate(size_t bytes, size_t alignment);
  void release(void *pointer, size_t bytes, size_t alignment);

private:
  struct Kept {
    void *pointer;
    size_t size;
  };

  rmsn_allocator custom = {};
  // Large blocks that were freed, newest last. Models allocate the same sizes
  // in every call; getting those from the system anew costs a page fault for
  // every 4 KiB.
  std::mutex mutex;
  std::vector<Kept> kept;
  size_t keptBytes = 0;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CORE_ALLOCATOR_H
