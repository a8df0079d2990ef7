// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/jit.h"

#include "artifact/artifact.h"
#include "core/structs.h"
#include "format/file_header.h"
#include "jit/sha256.h"
#include "jit/spec_text.h"

#include <cstring>

using namespace rmsn;

// Entries of the cache in memory; code of a kernel is some tens of kilobytes.
static constexpr size_t kMostArtifacts = 1024;

static std::string cacheDirectory(const rmsn_context &context) {
  return context.cacheDirectoryGiven ? context.cacheDirectory
                                     : defaultCacheDirectory();
}

Jit::Jit(rmsn_context &context)
    : context(context),
      cache(context, cacheDirectory(context), context.cacheLimit),
      compiler(context) {}

Jit::~Jit() { clearMemory(); }

std::string Jit::makeKey(const char *text, size_t length,
                         const char *const *targets, size_t numTargets,
                         const char *options) const {
  Sha256 hash;
  hash.updateField("rmsnorm-jit-1");
  hash.updateField(std::to_string(kFormatMajor) + "." +
                   std::to_string(kFormatMinor) + "." +
                   std::to_string(RMSN_BLOB_ABI_VERSION));
  hash.updateField(compiler.identity());
  hash.updateField(std::to_string(numTargets));
  for (size_t i = 0; i < numTargets; ++i) {
    hash.updateField(targets[i]);
    // "cpu" means this machine, and a home directory may be shared by several.
    if (std::strcmp(targets[i], "cpu") == 0)
      hash.updateField(std::string(hostArch()) + ":" + context.cpuFeatureText);
  }
  hash.updateField(options ? options : "");
  hash.updateField(text, length);
  return hash.hexDigest();
}

bool Jit::fromMemory(const std::string &key, rmsn_artifact **artifact) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = artifacts.find(key);
  if (found == artifacts.end())
    return false;
  *artifact = found->second;
  found->second->references.fetch_add(1, std::memory_order_relaxed);
  ++memoryHits;
  return true;
}

bool Jit::fromDisk(const std::string &key, rmsn_artifact **out) {
  Bytes bytes;
  if (!cache.read(key, bytes))
    return false;
  auto artifact = std::make_unique<rmsn_artifact>(context);
  if (artifact->open(std::move(bytes))) {
    context.log(RMSN_LOG_WARNING, "removed a damaged cache entry: %s",
                lastError());
    cache.remove(key);
    std::lock_guard<std::mutex> lock(mutex);
    ++damaged;
    return false;
  }
  *out = artifact.release();
  std::lock_guard<std::mutex> lock(mutex);
  ++diskHits;
  return true;
}

rmsn_status Jit::fromCompiler(const char *text, size_t length,
                              const char *const *targets, size_t numTargets,
                              const char *options, const std::string &diskKey,
                              rmsn_artifact **out) {
  RMSN_TRY(compiler.load());
  rmsn_compiler_result result = {};
  result.struct_size = sizeof(result);
  int32_t status =
      compiler.compile(text, length, targets, numTargets, options, &result);
  std::string diagnostics = result.diagnostics ? result.diagnostics : "";
  {
    std::lock_guard<std::mutex> lock(mutex);
    ++misses;
    messages[std::this_thread::get_id()] = diagnostics;
  }
  rmsn_status outcome = RMSN_STATUS_OK;
  if (status != 0 || !result.artifact) {
    outcome = fail(status ? rmsn_status(status) : RMSN_STATUS_COMPILE_ERROR,
                   "cannot compile: %s",
                   diagnostics.empty() ? "the compiler gave no reason"
                                       : diagnostics.c_str());
  } else {
    Bytes bytes;
    auto artifact = std::make_unique<rmsn_artifact>(context);
    outcome = bytes.copy(result.artifact, result.artifact_size);
    if (!outcome)
      outcome = artifact->open(std::move(bytes));
    if (!outcome) {
      if (!diskKey.empty())
        cache.write(diskKey, result.artifact, result.artifact_size);
      *out = artifact.release();
    }
  }
  compiler.release(&result);
  return outcome;
}

void Jit::remember(const std::string &key, rmsn_artifact *artifact) {
  rmsn_artifact *old = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!artifacts.emplace(key, artifact).second)
      return;
    artifact->references.fetch_add(1, std::memory_order_relaxed);
    order.push_back(key);
    if (order.size() > kMostArtifacts) {
      auto oldest = artifacts.find(order.front());
      old = oldest->second;
      artifacts.erase(oldest);
      order.pop_front();
    }
  }
  rmsn_artifact_close(old);
}

rmsn_status Jit::compile(const char *text, size_t length,
                         const rmsn_jit_options &options,
                         rmsn_artifact **artifact) {
  static const char *const thisCpu[] = {"cpu"};
  const char *const *targets = options.num_targets ? options.targets : thisCpu;
  size_t numTargets = options.num_targets ? options.num_targets : 1;
  for (size_t i = 0; i < numTargets; ++i)
    if (!targets || !targets[i])
      return fail(RMSN_STATUS_NULL_POINTER,
                  "rmsn_jit_options.targets has a null entry");
  bool useMemory = !(options.flags & RMSN_JIT_NO_MEMORY_CACHE);
  bool useDisk = !(options.flags & RMSN_JIT_NO_DISK_CACHE) && cache.enabled();
  std::string key = makeKey(text, length, targets, numTargets, options.options);
  if (useMemory && fromMemory(key, artifact))
    return RMSN_STATUS_OK;
  // Whoever wants the same meanwhile waits and then finds it in memory.
  std::lock_guard<std::mutex> lock(compileMutex);
  if (useMemory && fromMemory(key, artifact))
    return RMSN_STATUS_OK;
  if (!useDisk || !fromDisk(key, artifact))
    RMSN_TRY(fromCompiler(text, length, targets, numTargets, options.options,
                          useDisk ? key : std::string(), artifact));
  if (useMemory)
    remember(key, *artifact);
  return RMSN_STATUS_OK;
}

void Jit::clearMemory() {
  std::map<std::string, rmsn_artifact *> taken;
  {
    std::lock_guard<std::mutex> lock(mutex);
    taken.swap(artifacts);
    order.clear();
  }
  for (auto &entry : taken)
    rmsn_artifact_close(entry.second);
}

void Jit::stats(rmsn_jit_stats_t &stats) {
  std::lock_guard<std::mutex> compiling(compileMutex);
  std::lock_guard<std::mutex> lock(mutex);
  stats.compiler_loaded = compiler.loaded();
  stats.memory_hits = memoryHits;
  stats.disk_hits = diskHits;
  stats.misses = misses;
  stats.damaged = damaged;
}

const char *Jit::diagnostics() {
  std::lock_guard<std::mutex> lock(mutex);
  return messages[std::this_thread::get_id()].c_str();
}

static rmsn_status checkOptions(const rmsn_jit_options *given,
                                rmsn_jit_options &options) {
  RMSN_TRY(readStruct(given, options, "rmsn_jit_options"));
  constexpr uint32_t known = RMSN_JIT_NO_DISK_CACHE | RMSN_JIT_NO_MEMORY_CACHE;
  if (options.flags & ~known)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_jit_options.flags is 0x%x, expected a combination of "
                "rmsn_jit_flags",
                options.flags);
  return RMSN_STATUS_OK;
}

extern "C" {

rmsn_status rmsn_jit_compile_text(rmsn_context *context, const char *mlir,
                                  size_t length, const rmsn_jit_options *given,
                                  rmsn_artifact **artifact) {
  if (!context || !mlir || !artifact)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_jit_compile_text: %s is null",
                !context ? "context"
                : !mlir  ? "mlir"
                         : "artifact");
  *artifact = nullptr;
  rmsn_jit_options options;
  RMSN_TRY(checkOptions(given, options));
  return context->jit().compile(mlir, length, options, artifact);
}

rmsn_status rmsn_jit_spec_text(const rmsn_norm_spec *given, char *buffer,
                               size_t capacity, size_t *length) {
  if (!given || (!buffer && capacity))
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_jit_spec_text: %s is null",
                given ? "buffer" : "spec");
  rmsn_norm_spec spec;
  RMSN_TRY(readStruct(given, spec, "rmsn_norm_spec"));
  std::string text;
  RMSN_TRY(specText(spec, text));
  if (length)
    *length = text.size();
  if (capacity) {
    size_t size = std::min(capacity - 1, text.size());
    std::memcpy(buffer, text.data(), size);
    buffer[size] = 0;
  }
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_jit_compile_spec(rmsn_context *context,
                                  const rmsn_norm_spec *given,
                                  const rmsn_jit_options *jitOptions,
                                  rmsn_artifact **artifact) {
  if (!context || !given || !artifact)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_jit_compile_spec: %s is null",
                !context ? "context"
                : !given ? "spec"
                         : "artifact");
  *artifact = nullptr;
  rmsn_jit_options options;
  RMSN_TRY(checkOptions(jitOptions, options));
  rmsn_norm_spec spec;
  RMSN_TRY(readStruct(given, spec, "rmsn_norm_spec"));
  std::string text;
  RMSN_TRY(specText(spec, text));
  return context->jit().compile(text.data(), text.size(), options, artifact);
}

rmsn_status rmsn_jit_stats(rmsn_context *context, rmsn_jit_stats_t *stats) {
  if (!context)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_jit_stats: context is null");
  rmsn_jit_stats_t ours = {};
  context->jit().stats(ours);
  return writeStruct(stats, ours, "rmsn_jit_stats_t");
}

void rmsn_jit_clear_memory(rmsn_context *context) {
  if (context)
    context->jit().clearMemory();
}

const char *rmsn_jit_diagnostics(rmsn_context *context) {
  return context ? context->jit().diagnostics() : "";
}
}
