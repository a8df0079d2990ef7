// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "call/state.h"

#include "matmul/backend.h"

#include <cstring>

using namespace rmsn;

namespace {

// Loops whose whole work takes less than this are not worth waking anybody.
constexpr int64_t kInlineBelowNanoseconds = 10000;

class SpinLock {
public:
  explicit SpinLock(std::atomic_flag &flag) : flag(flag) {
    while (flag.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~SpinLock() { flag.clear(std::memory_order_release); }

private:
  std::atomic_flag &flag;
};

CallState &stateOf(const rmsn_host *host) {
  return *static_cast<CallState *>(host->state);
}

void *hostAlloc(const rmsn_host *host, uint64_t bytes, uint64_t alignment) {
  return stateOf(host).allocate(bytes, alignment);
}

void hostFree(const rmsn_host *host, void *pointer) {
  stateOf(host).release(pointer);
}

struct HostLoop {
  const rmsn_host *host;
  rmsn_parallel_body body;
  void *closure;

  static int32_t run(void *loop, int64_t begin, int64_t end) {
    auto &self = *static_cast<HostLoop *>(loop);
    return self.body(self.host, self.closure, begin, end);
  }
};

int32_t hostParallelFor(const rmsn_host *host, int64_t count, int64_t grain,
                        int64_t work, rmsn_parallel_body body, void *closure) {
  if (count <= 0)
    return 0;
  if (count <= grain || work < kInlineBelowNanoseconds)
    return body(host, closure, 0, count);
  HostLoop loop{host, body, closure};
  return stateOf(host).context.parallelFor(count, grain, HostLoop::run, &loop);
}

int32_t hostMatmul(const rmsn_host *host, const rmsn_matmul_args *args) {
  CallState &state = stateOf(host);
  rmsn_status status = state.context.matmul().run(*args);
  if (status)
    return state.recordFailure(status, lastError(), std::strlen(lastError()));
  return 0;
}

int32_t hostFail(const rmsn_host *host, int32_t status, const char *message,
                 uint64_t length) {
  return stateOf(host).recordFailure(status, message, length);
}

} // namespace

CallState::CallState(rmsn_context &context) : context(context) {
  table.struct_size = sizeof(table);
  table.abi_version = RMSN_BLOB_ABI_VERSION;
  table.alloc = hostAlloc;
  table.free = hostFree;
  table.parallel_for = hostParallelFor;
  table.matmul = hostMatmul;
  table.fail = hostFail;
  table.nontemporal_threshold = context.nontemporalThreshold;
  table.state = this;
}

void *CallState::allocate(uint64_t bytes, uint64_t alignment) {
  BlockHeader shape;
  shape.alignment = alignment;
  if (alignment == 0 || (alignment & (alignment - 1)) ||
      alignment > (1u << 20)) {
    static const char text[] = "compiled code asked for an alignment that is "
                               "no power of two";
    recordFailure(RMSN_STATUS_INTERNAL, text, sizeof(text) - 1);
    return nullptr;
  }
  uint64_t prefix = shape.prefix(), total;
  void *base = nullptr;
  if (!__builtin_add_overflow(bytes, prefix, &total) && total <= SIZE_MAX)
    base = context.allocator->allocate(size_t(total), size_t(prefix));
  if (!base) {
    char text[96];
    int length =
        snprintf(text, sizeof(text), "no memory for a temporary of %llu bytes",
                 (unsigned long long)bytes);
    recordFailure(RMSN_STATUS_OUT_OF_MEMORY, text, uint64_t(length));
    return nullptr;
  }
  char *payload = static_cast<char *>(base) + prefix;
  auto *block = reinterpret_cast<BlockHeader *>(payload - sizeof(BlockHeader));
  block->size = total;
  block->alignment = alignment;
  block->owner = this;
  block->previous = nullptr;
  SpinLock guard(lock);
  block->next = blocks;
  if (blocks)
    blocks->previous = block;
  blocks = block;
  return payload;
}

void CallState::unlink(BlockHeader *block) {
  if (block->previous)
    block->previous->next = block->next;
  else
    blocks = block->next;
  if (block->next)
    block->next->previous = block->previous;
  block->owner = nullptr;
}

void CallState::freeBlock(Allocator &allocator, BlockHeader *block) {
  allocator.release(block->base(), size_t(block->size),
                    size_t(block->prefix()));
}

void CallState::release(void *pointer) {
  if (!pointer)
    return;
  auto *block = reinterpret_cast<BlockHeader *>(static_cast<char *>(pointer) -
                                                sizeof(BlockHeader));
  if (block->owner != this) {
    static const char text[] =
        "compiled code freed memory that it had not allocated";
    recordFailure(RMSN_STATUS_INTERNAL, text, sizeof(text) - 1);
    return;
  }
  {
    SpinLock guard(lock);
    unlink(block);
  }
  freeBlock(*context.allocator, block);
}

BlockHeader *CallState::detach(void *pointer) {
  SpinLock guard(lock);
  for (BlockHeader *block = blocks; block; block = block->next)
    if (block + 1 == pointer) {
      unlink(block);
      return block;
    }
  return nullptr;
}

void CallState::releaseAll() {
  while (BlockHeader *block = blocks) {
    blocks = block->next;
    freeBlock(*context.allocator, block);
  }
}

int32_t CallState::recordFailure(int32_t failure, const char *text,
                                 uint64_t length) {
  if (failure == 0)
    failure = RMSN_STATUS_INTERNAL;
  SpinLock guard(lock);
  if (status == 0) {
    status = failure;
    messageLength =
        uint32_t(length < sizeof(message) ? length : sizeof(message));
    if (messageLength)
      std::memcpy(message, text, messageLength);
  }
  return failure;
}

rmsn_status CallState::finish(int32_t returned) {
  if (__builtin_expect(returned == 0 && status == 0, 1))
    return RMSN_STATUS_OK;
  if (status != 0)
    return failWith(rmsn_status(status), message, messageLength);
  return fail(RMSN_STATUS_INTERNAL,
              "compiled code failed with %d and said nothing", returned);
}
