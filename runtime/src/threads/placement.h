// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// On which CPUs the workers of a pool may run.
//
// In a virtual machine Linux does not take a halted virtual CPU for an idle
// one, and often wakes a worker on the CPU of the thread that woke it, behind
// that thread: the loop then runs on one CPU while another is free (measured: 3
// of 4 loops after a pause, on two CPUs). So workers are kept off the CPU on
// which a loop begins. They may use all others.

#ifndef RMSNORM_RUNTIME_THREADS_PLACEMENT_H
#define RMSNORM_RUNTIME_THREADS_PLACEMENT_H

#include <atomic>
#include <pthread.h>
#include <sched.h>
#include <sys/types.h>
#include <vector>

namespace rmsn {

class WorkerPlacement {
public:
  /// Called by the thread that creates the workers: they inherit its mask.
  WorkerPlacement();

  /// Keeps `workers` off the CPU of the calling thread, and gives back the one
  /// that they were kept off before. Does nothing when there are not enough
  /// CPUs for it. Cheap when the caller has not moved; at most once a
  /// millisecond otherwise, as callers on several CPUs would contradict each
  /// other. A worker whose mask somebody else has set is left alone.
  void avoidCallersCpu(const std::vector<pthread_t> &workers);

private:
  void update(const std::vector<pthread_t> &workers, int cpu);

  cpu_set_t usable;
  bool known;
  pid_t owner;
  std::atomic<int> avoided{-1};
  std::atomic<long> nextUpdate{0};
  std::atomic<bool> updating{false};
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_THREADS_PLACEMENT_H
