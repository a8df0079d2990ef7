// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "norm_call.h"

#include <dlfcn.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>

using namespace rmsnorm_torch;

namespace {

std::atomic<ContextSource> theSource{nullptr};

struct Hash {
  size_t operator()(const std::vector<int64_t> &words) const {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int64_t word : words)
      hash = (hash ^ uint64_t(word)) * 0x100000001b3u;
    return size_t(hash ^ hash >> 32);
  }
};

// Artifacts are never closed: their functions are used without a lock.
struct Functions {
  std::shared_mutex mutex;
  std::unordered_map<std::vector<int64_t>, rmsn_function *, Hash> known;
};

Functions &functions() {
  static Functions *all = new Functions; // outlives static destructors
  return *all;
}

// A model calls few norms in turn: each thread keeps some of the last ones.
struct Recent {
  static constexpr size_t kEntries = 16;
  struct Entry {
    std::vector<int64_t> words;
    rmsn_function *function = nullptr;
  };
  Entry entries[kEntries];
};

size_t slot(const Key &key) {
  uint64_t mixed = 0;
  for (size_t i = 0; i < key.size(); ++i)
    mixed = mixed * 31 + uint64_t(key.data()[i]);
  return size_t((mixed * 0x9e3779b97f4a7c15u) >> 60) % Recent::kEntries;
}

} // namespace

void Key::add(double value) {
  int64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  add(bits);
}

static std::string describe(rmsn_status status) {
  return std::string("rmsnorm: ") + rmsn_status_name(status) + ": " +
         rmsn_last_error();
}

void rmsnorm_torch::setContextSource(ContextSource source) {
  theSource = source;
}

static rmsn_context *makeContext() {
  rmsn_context *made = nullptr;
  if (ContextSource source = theSource)
    made = static_cast<rmsn_context *>(source());
  else // a process without the package, which runs an exported model
    check(rmsn_context_create(nullptr, &made));
  if (!made)
    throw std::runtime_error("rmsnorm: the package could not make a context");
  return made;
}

static rmsn_context *context() {
  static rmsn_context *made = makeContext(); // again if that raised
  return made;
}

void rmsnorm_torch::check(rmsn_status status) {
  if (status == RMSN_STATUS_OK)
    return;
  throw std::runtime_error(describe(status));
}

// "nvptx:sm_90" for a CUDA device.
static std::string targetOf(const DLDevice &device) {
  char name[256];
  check(rmsn_device_name(context(), device, name, sizeof name));
  std::string text(name);
  size_t at = text.rfind("sm_");
  if (at == std::string::npos)
    throw std::runtime_error("rmsnorm: no architecture in the name of the "
                             "device, \"" +
                             text + "\"");
  return "nvptx:" +
         text.substr(at, text.find_first_not_of("0123456789a", at + 3) - at);
}

rmsn_function *rmsnorm_torch::lookup(const Key &key, const rmsn_norm_spec &spec,
                                     const DLDevice &device) {
  if (!key.usable())
    invalid("x", "too many dimensions in all", "fewer");
  thread_local Recent recent;
  Recent::Entry &entry = recent.entries[slot(key)];
  if (entry.function && entry.words.size() == key.size() &&
      !std::memcmp(entry.words.data(), key.data(),
                   key.size() * sizeof(int64_t)))
    return entry.function;
  std::vector<int64_t> words(key.data(), key.data() + key.size());
  Functions &all = functions();
  rmsn_function *function = nullptr;
  {
    std::shared_lock<std::shared_mutex> lock(all.mutex);
    auto found = all.known.find(words);
    if (found != all.known.end())
      function = found->second;
  }
  if (!function) {
    // Two threads may both compile it; the runtime's cache gives them the same.
    rmsn_jit_options jit{};
    jit.struct_size = sizeof jit;
    std::string target;
    const char *targets[1];
    if (device.device_type != kDLCPU) {
      target = targetOf(device);
      targets[0] = target.c_str();
      jit.targets = targets;
      jit.num_targets = 1;
    }
    rmsn_artifact *artifact = nullptr;
    rmsn_status status =
        rmsn_jit_compile_spec(context(), &spec, &jit, &artifact);
    if (status == RMSN_STATUS_NO_COMPILER)
      throw NoCompiler(describe(status));
    check(status);
    check(rmsn_function_lookup(artifact, "main", &function));
    std::unique_lock<std::shared_mutex> lock(all.mutex);
    function = all.known.emplace(words, function).first->second;
  }
  entry.words = std::move(words);
  entry.function = function;
  return function;
}

void *rmsnorm_torch::currentStream(const DLDevice &device) {
  if (device.device_type == kDLCPU)
    return nullptr;
  // Only a torch with CUDA has the function, and then it is loaded.
  using Get = AOTITorchError (*)(int32_t, void **);
  static const Get get = [] {
    void *library = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
    return library ? reinterpret_cast<Get>(
                         dlsym(library, "aoti_torch_get_current_cuda_stream"))
                   : nullptr;
  }();
  void *stream = nullptr;
  if (!get || get(device.device_id, &stream) != AOTI_TORCH_SUCCESS)
    throw std::runtime_error("rmsnorm: this build of torch gives no CUDA "
                             "stream to launch on");
  return stream;
}
