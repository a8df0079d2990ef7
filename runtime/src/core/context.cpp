// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "core/context.h"

#include "core/structs.h"
#include "cuda/driver.h"
#include "jit/jit.h"
#include "matmul/backend.h"

#include <cstdarg>
#include <cstdio>
#include <new>

using namespace rmsn;

static constexpr uint64_t kDefaultCacheLimit = uint64_t(256) << 20;

rmsn_context::rmsn_context(const rmsn_context_options &options)
    : allocator(std::make_shared<Allocator>(options.allocator)),
      cpuFeatureText(cpu.list()),
      nontemporalThreshold(rmsn::nontemporalThreshold()),
      cacheLimit(options.cache_limit ? options.cache_limit
                                     : kDefaultCacheLimit),
      logFn(options.log), logUser(options.log_user),
      customFor(options.parallel_for), customForUser(options.parallel_for_user),
      maxParallelism(options.max_parallelism), ownThreads(options.num_threads) {
  auto take = [](const char *given, std::string &text, bool &isGiven) {
    if (!given)
      return;
    text = given;
    isGiven = true;
  };
  take(options.cache_directory, cacheDirectory, cacheDirectoryGiven);
  take(options.blas_plugin, blasPlugin, blasPluginGiven);
  take(options.compiler_library, compilerLibrary, compilerLibraryGiven);
  if (options.thread_pool)
    currentPool = &options.thread_pool->pool;
}

rmsn_context::~rmsn_context() {
  delete currentJit.load();
  delete currentMatmul.load();
  delete currentCuda.load();
}

void rmsn_context::log(rmsn_log_level level, const char *format, ...) {
  if (!logFn)
    return;
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  logFn(logUser, level, text);
}

ThreadPool &rmsn_context::pool() {
  if (ThreadPool *pool = currentPool.load(std::memory_order_acquire))
    return *pool;
  std::lock_guard<std::mutex> lock(mutex);
  if (!currentPool.load(std::memory_order_acquire)) {
    ownPool = std::make_unique<rmsn_thread_pool>(ownThreads);
    currentPool.store(&ownPool->pool, std::memory_order_release);
  }
  return *currentPool.load(std::memory_order_acquire);
}

// Threads that an application brings are not marked as being in a loop, so this
// does it around every range.
namespace {
struct MarkedBody {
  rmsn_range_fn body;
  void *closure;
  static int32_t run(void *marked, int64_t begin, int64_t end) {
    ParallelRegion region;
    auto &self = *static_cast<MarkedBody *>(marked);
    return self.body(self.closure, begin, end);
  }
};
} // namespace

int32_t rmsn_context::parallelFor(int64_t count, int64_t grain,
                                  rmsn_range_fn body, void *closure) {
  if (!customFor)
    return pool().parallelFor(count, grain, body, closure);
  if (count <= 0)
    return 0;
  if (count <= grain || inParallelLoop() || maxParallelism == 1)
    return body(closure, 0, count);
  MarkedBody marked{body, closure};
  return customFor(customForUser, count, grain, MarkedBody::run, &marked);
}

uint32_t rmsn_context::numThreads() {
  if (!customFor)
    return pool().size();
  return maxParallelism ? maxParallelism : usableCpus();
}

template <typename T, typename Make>
static T &lazily(std::atomic<T *> &place, std::mutex &mutex, Make make) {
  if (T *ready = place.load(std::memory_order_acquire))
    return *ready;
  std::lock_guard<std::mutex> lock(mutex);
  if (!place.load(std::memory_order_acquire))
    place.store(make(), std::memory_order_release);
  return *place.load(std::memory_order_acquire);
}

MatmulBackend &rmsn_context::matmul() {
  return lazily(currentMatmul, mutex, [&] { return new MatmulBackend(*this); });
}

Jit &rmsn_context::jit() {
  return lazily(currentJit, mutex, [&] { return new Jit(*this); });
}

CudaDriver &rmsn_context::cuda() {
  return lazily(currentCuda, mutex, [&] { return new CudaDriver(*this); });
}

extern "C" {

rmsn_status rmsn_context_create(const rmsn_context_options *given,
                                rmsn_context **context) {
  if (!context)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_context_create: context is "
                                          "null, expected a place for it");
  *context = nullptr;
  rmsn_context_options options;
  RMSN_TRY(readStruct(given, options, "rmsn_context_options"));
  rmsn_allocator allocator;
  if (options.allocator) {
    RMSN_TRY(readStruct(options.allocator, allocator, "rmsn_allocator"));
    if (!allocator.alloc || !allocator.free)
      return fail(RMSN_STATUS_NULL_POINTER, "rmsn_allocator.%s is null",
                  allocator.alloc ? "free" : "alloc");
    options.allocator = &allocator;
  }
  if (options.num_threads > 4096)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_context_options.num_threads is %u, expected at most 4096",
                options.num_threads);
  *context = new (std::nothrow) rmsn_context(options);
  if (!*context)
    return fail(RMSN_STATUS_OUT_OF_MEMORY, "no memory for a context");
  return RMSN_STATUS_OK;
}

void rmsn_context_destroy(rmsn_context *context) { delete context; }

uint32_t rmsn_context_num_threads(rmsn_context *context) {
  return context ? context->numThreads() : 0;
}

const char *rmsn_context_cpu_features(rmsn_context *context) {
  return context ? context->cpuFeatureText.c_str() : "";
}
}
