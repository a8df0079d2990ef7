// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One call in flight: the functions that compiled code reaches, the memory that
// it has taken, and what went wrong.

#ifndef RMSNORM_RUNTIME_CALL_STATE_H
#define RMSNORM_RUNTIME_CALL_STATE_H

#include "core/context.h"
#include "rmsnorm_runtime/blob_abi.h"

#include <atomic>

namespace rmsn {

/// In front of every block that compiled code has allocated.
struct alignas(64) BlockHeader {
  BlockHeader *previous, *next;
  uint64_t size; // of the block, header included
  uint64_t alignment;
  class CallState *owner;

  void *base() {
    return reinterpret_cast<char *>(this) + sizeof(BlockHeader) - prefix();
  }
  uint64_t prefix() const {
    return alignment > sizeof(BlockHeader) ? alignment : sizeof(BlockHeader);
  }
};
static_assert(sizeof(BlockHeader) == 64, "payloads are 64-byte aligned");

class CallState {
public:
  explicit CallState(rmsn_context &context);
  ~CallState() { releaseAll(); }
  CallState(const CallState &) = delete;
  CallState &operator=(const CallState &) = delete;

  const rmsn_host *host() const { return &table; }

  /// Turns what compiled code returned into the call's status.
  rmsn_status finish(int32_t returned);

  void *allocate(uint64_t bytes, uint64_t alignment);
  void release(void *pointer);

  /// Takes a block out of this call's responsibility; null if `pointer` is not
  /// one of its blocks (or was taken already).
  BlockHeader *detach(void *pointer);

  int32_t recordFailure(int32_t status, const char *message, uint64_t length);

  /// Makes the state ready for the next call of a plan.
  void reset() {
    releaseAll();
    status = 0;
  }

  static void freeBlock(Allocator &allocator, BlockHeader *block);

  rmsn_context &context;

private:
  void releaseAll();
  void unlink(BlockHeader *block);

  rmsn_host table;
  std::atomic_flag lock = ATOMIC_FLAG_INIT;
  BlockHeader *blocks = nullptr;
  int32_t status = 0;
  uint32_t messageLength = 0;
  char message[512]; // meaningful only when status is not 0
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CALL_STATE_H
