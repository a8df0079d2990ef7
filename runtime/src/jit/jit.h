// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compilation at run time, through two caches.

#ifndef RMSNORM_RUNTIME_JIT_JIT_H
#define RMSNORM_RUNTIME_JIT_JIT_H

#include "core/context.h"
#include "jit/cache.h"
#include "jit/compiler_library.h"

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace rmsn {

class Jit {
public:
  explicit Jit(rmsn_context &context);
  ~Jit();

  rmsn_status compile(const char *text, size_t length,
                      const rmsn_jit_options &options,
                      rmsn_artifact **artifact);
  void clearMemory();
  void stats(rmsn_jit_stats_t &stats);
  const char *diagnostics();

  const std::string &cachePath() const { return cache.path(); }
  const CompilerLibrary &compilerLibrary() const { return compiler; }

private:
  std::string makeKey(const char *text, size_t length,
                      const char *const *targets, size_t numTargets,
                      const char *options) const;
  bool fromMemory(const std::string &key, rmsn_artifact **artifact);
  bool fromDisk(const std::string &key, rmsn_artifact **artifact);
  rmsn_status fromCompiler(const char *text, size_t length,
                           const char *const *targets, size_t numTargets,
                           const char *options, const std::string &diskKey,
                           rmsn_artifact **artifact);
  void remember(const std::string &key, rmsn_artifact *artifact);

  rmsn_context &context;
  DiskCache cache;
  std::mutex compileMutex; // one compilation at a time
  CompilerLibrary compiler;
  std::mutex mutex; // for what follows
  std::map<std::string, rmsn_artifact *> artifacts;
  std::deque<std::string> order; // oldest first
  std::map<std::thread::id, std::string> messages;
  uint64_t memoryHits = 0, diskHits = 0, misses = 0, damaged = 0;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_JIT_H
