// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a context holds. Parts that cost something are made at first use.

#ifndef RMSNORM_RUNTIME_CORE_CONTEXT_H
#define RMSNORM_RUNTIME_CORE_CONTEXT_H

#include "core/allocator.h"
#include "core/cpu.h"
#include "core/error.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"
#include "threads/pool.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace rmsn {
class MatmulBackend;
class Jit;
class CudaDriver;
} // namespace rmsn

struct rmsn_context {
  explicit rmsn_context(const rmsn_context_options &options);
  ~rmsn_context();

  /// Runs a loop on the caller's threads or the pool.
  int32_t parallelFor(int64_t count, int64_t grain, rmsn_range_fn body,
                      void *closure);
  uint32_t numThreads();

  rmsn::MatmulBackend &matmul();
  rmsn::Jit &jit();
  rmsn::CudaDriver &cuda();

  void log(rmsn_log_level level, const char *format, ...)
      __attribute__((format(printf, 3, 4)));

  std::shared_ptr<rmsn::Allocator> allocator;
  rmsn::CpuFeatures cpu;
  std::string cpuFeatureText;
  uint64_t nontemporalThreshold;

  std::string cacheDirectory; // as given in the options
  bool cacheDirectoryGiven = false;
  uint64_t cacheLimit;
  std::string blasPlugin, compilerLibrary;
  bool blasPluginGiven = false, compilerLibraryGiven = false;

private:
  rmsn::ThreadPool &pool();

  rmsn_log_fn logFn;
  void *logUser;
  rmsn_parallel_for_fn customFor;
  void *customForUser;
  uint32_t maxParallelism;
  uint32_t ownThreads;

  std::mutex mutex;
  std::atomic<rmsn::ThreadPool *> currentPool{nullptr};
  std::unique_ptr<rmsn_thread_pool> ownPool;
  std::atomic<rmsn::MatmulBackend *> currentMatmul{nullptr};
  std::atomic<rmsn::Jit *> currentJit{nullptr};
  std::atomic<rmsn::CudaDriver *> currentCuda{nullptr};
};

#endif // RMSNORM_RUNTIME_CORE_CONTEXT_H
