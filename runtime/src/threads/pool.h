// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Threads that help with parallel loops.
//
// The thread that runs a loop claims ranges itself and never waits for a worker
// that has not begun: on a machine whose CPUs are busy with something else a
// loop then takes as long as on one thread, not until the workers are
// scheduled. It waits only for ranges that a worker is in the middle of.

#ifndef RMSNORM_RUNTIME_THREADS_POOL_H
#define RMSNORM_RUNTIME_THREADS_POOL_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include "threads/placement.h"

#include <atomic>
#include <pthread.h>
#include <sys/types.h>
#include <vector>

namespace rmsn {

class ThreadPool {
public:
  /// `numThreads` counts the caller; 0 means one per usable CPU.
  explicit ThreadPool(unsigned numThreads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// As rmsn_thread_pool_for.
  int32_t parallelFor(int64_t count, int64_t grain, rmsn_range_fn body,
                      void *closure);

  unsigned size() const { return unsigned(workers.size()) + 1; }

private:
  struct Loop {
    int64_t count, chunk;
    rmsn_range_fn body;
    void *closure;
    std::atomic<int64_t> next{0};
    std::atomic<int32_t> status{0};
  };

  // A place where one running loop is offered to the workers. `state` is
  // kOpen plus the number of workers inside; a worker enters by adding one
  // while the slot is open, so that a loop ends only when nobody uses it. Loops
  // live on their callers' stacks, slots as long as the pool.
  struct alignas(64) Slot {
    std::atomic<uint32_t> taken{0};
    std::atomic<uint32_t> state{0};
    Loop *loop = nullptr;
  };
  static constexpr uint32_t kOpen = 0x80000000u;
  static constexpr int kSlots = 8;

  static void *workerMain(void *pool);
  static void work(Loop &loop);
  bool helpOnce();
  void waitForLoops(uint32_t seen);
  void announce(int64_t helpersWanted);

  Slot slots[kSlots];
  alignas(64) std::atomic<uint32_t> epoch{0};
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};
  WorkerPlacement placement;
  std::vector<pthread_t> workers;
  pid_t owner;
};

/// Is this thread in a parallel loop's body? (Then loops run inline.)
bool inParallelLoop();

/// Marks this thread as being in a loop's body, for loops run by others.
class ParallelRegion {
public:
  ParallelRegion();
  ~ParallelRegion();

private:
  bool outer;
};

} // namespace rmsn

struct rmsn_thread_pool {
  rmsn::ThreadPool pool;
  explicit rmsn_thread_pool(unsigned numThreads) : pool(numThreads) {}
};

#endif // RMSNORM_RUNTIME_THREADS_POOL_H
