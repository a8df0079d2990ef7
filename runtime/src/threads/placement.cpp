// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "threads/placement.h"

#include <ctime>
#include <unistd.h>

using namespace rmsn;

namespace {

constexpr long kUpdateInterval = 1000000; // ns

long now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

} // namespace

WorkerPlacement::WorkerPlacement() : owner(getpid()) {
  CPU_ZERO(&usable);
  // Fails on machines with more CPUs than a cpu_set_t has places.
  known = sched_getaffinity(0, sizeof(usable), &usable) == 0;
}

void WorkerPlacement::avoidCallersCpu(const std::vector<pthread_t> &workers) {
  int cpu = sched_getcpu();
  if (cpu == avoided.load(std::memory_order_relaxed))
    return;
  if (!known || cpu < 0 || cpu >= CPU_SETSIZE ||
      workers.size() >= size_t(CPU_COUNT(&usable)))
    return;
  long time = now();
  if (time < nextUpdate.load(std::memory_order_relaxed) ||
      updating.exchange(true, std::memory_order_acquire))
    return;
  // In a forked child the workers are the parent's.
  if (getpid() != owner)
    return;
  nextUpdate.store(time + kUpdateInterval, std::memory_order_relaxed);
  update(workers, cpu);
  updating.store(false, std::memory_order_release);
}

void WorkerPlacement::update(const std::vector<pthread_t> &workers, int cpu) {
  cpu_set_t before = usable, after = usable;
  int last = avoided.load(std::memory_order_relaxed);
  if (last >= 0)
    CPU_CLR(last, &before);
  CPU_CLR(cpu, &after);
  for (pthread_t worker : workers) {
    cpu_set_t current;
    if (pthread_getaffinity_np(worker, sizeof(current), &current) == 0 &&
        CPU_EQUAL(&current, &before))
      pthread_setaffinity_np(worker, sizeof(after), &after);
  }
  avoided.store(cpu, std::memory_order_relaxed);
}
