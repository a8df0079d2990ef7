// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "threads/pool.h"

#include "core/cpu.h"
#include "core/error.h"

#include <algorithm>
#include <climits>
#include <csignal>
#include <ctime>
#include <linux/futex.h>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>

using namespace rmsn;

namespace {

thread_local bool insideLoop = false;

// How long an idle worker looks for the next loop before it sleeps. Operations
// of a model follow each other more closely than this, most of the time.
constexpr int64_t kSpinNanoseconds = 20000;

void relaxCpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE,
          expected, nullptr, nullptr, 0);
}

void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE,
          count, nullptr, nullptr, 0);
}

// Runs the whole loop here; a body that runs a loop itself finds it inline too.
int32_t runInline(int64_t count, rmsn_range_fn body, void *closure) {
  return count > 0 ? body(closure, 0, count) : 0;
}

} // namespace

bool rmsn::inParallelLoop() { return insideLoop; }

ParallelRegion::ParallelRegion() : outer(insideLoop) { insideLoop = true; }
ParallelRegion::~ParallelRegion() { insideLoop = outer; }

ThreadPool::ThreadPool(unsigned numThreads) : owner(getpid()) {
  if (numThreads == 0)
    numThreads = usableCpus();
  workers.reserve(numThreads - 1);
  // Signals are the application's: no handler of it should run on a worker.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned i = 1; i < numThreads; ++i) {
    pthread_t thread;
    // Fewer threads than asked for are slower, not wrong.
    if (pthread_create(&thread, nullptr, workerMain, this) != 0)
      break;
    workers.push_back(thread);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadPool::~ThreadPool() {
  // In a forked child there are no workers to end.
  if (getpid() != owner)
    return;
  stopping.store(true, std::memory_order_seq_cst);
  epoch.fetch_add(1, std::memory_order_seq_cst);
  futexWake(epoch, INT_MAX);
  for (pthread_t thread : workers)
    pthread_join(thread, nullptr);
}

void ThreadPool::work(Loop &loop) {
  for (;;) {
    int64_t begin = loop.next.fetch_add(loop.chunk, std::memory_order_relaxed);
    if (begin >= loop.count)
      return;
    int64_t end = std::min(loop.count, begin + loop.chunk);
    if (int32_t status = loop.body(loop.closure, begin, end)) {
      int32_t none = 0;
      loop.status.compare_exchange_strong(none, status,
                                          std::memory_order_relaxed);
      // What has not begun need not begin any more.
      loop.next.store(loop.count, std::memory_order_relaxed);
      return;
    }
  }
}

int32_t ThreadPool::parallelFor(int64_t count, int64_t grain,
                                rmsn_range_fn body, void *closure) {
  grain = std::max<int64_t>(grain, 1);
  if (count <= grain || workers.empty() || insideLoop)
    return runInline(count, body, closure);

  Slot *slot = nullptr;
  for (Slot &candidate : slots) {
    uint32_t isFree = 0;
    if (candidate.taken.compare_exchange_strong(isFree, 1,
                                                std::memory_order_acquire)) {
      slot = &candidate;
      break;
    }
  }
  // More loops at once than slots: the machine is busy enough.
  if (!slot)
    return runInline(count, body, closure);

  // About four claims per thread even out what differs between ranges.
  int64_t claims = int64_t(size()) * 4;
  int64_t chunk = (count / claims + grain - 1) / grain * grain;
  Loop loop;
  loop.count = count;
  loop.chunk = std::max(chunk, grain);
  loop.body = body;
  loop.closure = closure;
  // fetch_add beyond the end must not wrap around.
  if (count > INT64_MAX - (int64_t(size()) + 1) * loop.chunk) {
    slot->taken.store(0, std::memory_order_release);
    return runInline(count, body, closure);
  }

  slot->loop = &loop;
  slot->state.store(kOpen, std::memory_order_release);
  announce((count + loop.chunk - 1) / loop.chunk - 1);
  {
    ParallelRegion region;
    work(loop);
  }
  // Close, then wait for those inside. They run; nobody else can enter.
  uint32_t state =
      slot->state.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  int64_t deadline = 0;
  while (state != 0) {
    for (int i = 0; i < 64 && state != 0; ++i) {
      relaxCpu();
      state = slot->state.load(std::memory_order_acquire);
    }
    if (state == 0)
      break;
    int64_t time = now();
    if (deadline == 0)
      deadline = time + kSpinNanoseconds;
    if (time > deadline)
      futexWait(slot->state, state);
    state = slot->state.load(std::memory_order_acquire);
  }
  slot->taken.store(0, std::memory_order_release);
  return loop.status.load(std::memory_order_relaxed);
}

void ThreadPool::announce(int64_t helpersWanted) {
  epoch.fetch_add(1, std::memory_order_seq_cst);
  uint32_t asleep = sleepers.load(std::memory_order_seq_cst);
  if (asleep == 0 || helpersWanted <= 0)
    return;
  placement.avoidCallersCpu(workers);
  futexWake(epoch, int(std::min<int64_t>(helpersWanted, asleep)));
}

bool ThreadPool::helpOnce() {
  bool helped = false;
  for (Slot &slot : slots) {
    uint32_t state = slot.state.load(std::memory_order_relaxed);
    bool entered = false;
    while ((state & kOpen) && !entered)
      entered = slot.state.compare_exchange_weak(state, state + 1,
                                                 std::memory_order_acquire);
    if (!entered)
      continue;
    Loop &loop = *slot.loop;
    if (loop.next.load(std::memory_order_relaxed) < loop.count) {
      helped = true;
      work(loop);
    }
    // The last one out wakes a caller that may have gone to sleep. After this
    // the loop may be gone.
    if (slot.state.fetch_sub(1, std::memory_order_acq_rel) == 1)
      futexWake(slot.state, 1);
  }
  return helped;
}

void ThreadPool::waitForLoops(uint32_t seen) {
  int64_t deadline = now() + kSpinNanoseconds;
  do {
    for (int i = 0; i < 128; ++i) {
      if (epoch.load(std::memory_order_relaxed) != seen)
        return;
      relaxCpu();
    }
  } while (now() < deadline);
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  if (epoch.load(std::memory_order_seq_cst) == seen)
    futexWait(epoch, seen);
  sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

void *ThreadPool::workerMain(void *argument) {
  auto &pool = *static_cast<ThreadPool *>(argument);
  pthread_setname_np(pthread_self(), "rmsn-worker");
  insideLoop = true;
  for (;;) {
    uint32_t seen = pool.epoch.load(std::memory_order_seq_cst);
    if (pool.stopping.load(std::memory_order_seq_cst))
      return nullptr;
    if (!pool.helpOnce())
      pool.waitForLoops(seen);
  }
}

extern "C" {

rmsn_status rmsn_thread_pool_create(uint32_t num_threads,
                                    rmsn_thread_pool **pool) {
  if (!pool)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_thread_pool_create: pool is "
                                          "null, expected a place for it");
  *pool = nullptr;
  constexpr uint32_t kMost = 4096;
  if (num_threads > kMost)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_thread_pool_create: num_threads is %u, expected at most "
                "%u",
                num_threads, kMost);
  *pool = new (std::nothrow) rmsn_thread_pool(num_threads);
  if (!*pool)
    return fail(RMSN_STATUS_OUT_OF_MEMORY, "no memory for a thread pool");
  return RMSN_STATUS_OK;
}

void rmsn_thread_pool_destroy(rmsn_thread_pool *pool) { delete pool; }

uint32_t rmsn_thread_pool_size(const rmsn_thread_pool *pool) {
  return pool ? pool->pool.size() : 0;
}

int32_t rmsn_thread_pool_for(rmsn_thread_pool *pool, int64_t count,
                             int64_t grain, rmsn_range_fn body, void *closure) {
  if (!pool || !body)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_thread_pool_for: %s is null",
                pool ? "body" : "pool");
  return pool->pool.parallelFor(count, grain, body, closure);
}
}
