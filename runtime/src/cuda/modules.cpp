// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cuda/modules.h"

#include <cctype>
#include <cstdlib>
#include <cstring>

using namespace rmsn;

bool rmsn::gpuArchRuns(rmsn_variant_kind kind, const std::string &arch,
                       int major, int minor, int &rank) {
  size_t underscore = arch.find('_');
  if (kind == RMSN_VARIANT_ELF || underscore == std::string::npos)
    return false;
  const char *digits = arch.c_str() + underscore + 1;
  char *end = nullptr;
  long number = std::strtol(digits, &end, 10);
  if (!std::isdigit(static_cast<unsigned char>(*digits)) || number < 10 ||
      number > 9999)
    return false;
  int archMajor = int(number / 10), archMinor = int(number % 10);
  bool exact = archMajor == major && archMinor == minor;
  bool family = archMajor == major && archMinor <= minor;
  bool runs;
  if (*end == 'a')
    runs = exact;
  else if (*end == 'f' || kind == RMSN_VARIANT_CUBIN)
    runs = family;
  else
    runs = number <= major * 10 + minor;
  if (*end && std::strcmp(end, "a") != 0 && std::strcmp(end, "f") != 0)
    runs = false;
  rank = int(number) * 4 + (*end ? 1 : 0) +
         (kind == RMSN_VARIANT_CUBIN ? 100000 : 0);
  return runs;
}

GpuModules::~GpuModules() {
  if (modules.empty() && constants.empty())
    return;
  CudaDriver &driver = artifact.context.cuda();
  auto on = [&](int ordinal, auto &&action) {
    CudaDriver::DeviceState *device;
    if (driver.device(ordinal, device))
      return;
    CurrentDevice current(driver, *device);
    action();
  };
  for (auto &entry : constants)
    on(entry.first.first, [&] { driver.api.memFree(entry.second); });
  for (auto &entry : modules)
    on(entry.first.first, [&] { driver.api.moduleUnload(entry.second); });
}

rmsn_status GpuModules::loadBlob(int ordinal, uint32_t index,
                                 cuda::Module &module) {
  auto found = modules.find({ordinal, index});
  if (found != modules.end()) {
    module = found->second;
    return RMSN_STATUS_OK;
  }
  CudaDriver &driver = artifact.context.cuda();
  const BlobDef &blob = artifact.model.blobs[index];
  // PTX is text, and the driver wants it to end in a zero byte.
  std::string image(reinterpret_cast<const char *>(blob.data),
                    size_t(blob.size));
  char log[1024] = {};
  int options[] = {cuda::kJitErrorLog, cuda::kJitErrorLogSize};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
  cuda::Result result =
      driver.api.moduleLoad(&module, image.c_str(), 2, options, values);
  if (result != cuda::kSuccess) {
    rmsn_status status = driver.check(result, "load GPU code");
    std::string why = lastError();
    return fail(status, "%s; variant '%s' (%s) on cuda:%d%s%s", why.c_str(),
                blob.target.c_str(), blob.arch.c_str(), ordinal,
                *log ? ": " : "", log);
  }
  modules[{ordinal, index}] = module;
  return RMSN_STATUS_OK;
}

rmsn_status GpuModules::function(int ordinal,
                                 const CudaDriver::DeviceState &device,
                                 uint32_t index, cuda::Function &function) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = functions.find({ordinal, index});
  if (found != functions.end()) {
    function = found->second;
    return RMSN_STATUS_OK;
  }
  const GpuKernelDef &kernel = artifact.model.gpuKernels[index];
  int64_t chosen = -1;
  int bestRank = 0;
  std::string have;
  for (uint32_t candidate : kernel.blobs) {
    const BlobDef &blob = artifact.model.blobs[candidate];
    int rank;
    have += (have.empty() ? "" : ", ") + blob.arch;
    if (gpuArchRuns(blob.kind, blob.arch, device.major, device.minor, rank) &&
        (chosen < 0 || rank > bestRank)) {
      chosen = candidate;
      bestRank = rank;
    }
  }
  if (chosen < 0)
    return fail(RMSN_STATUS_NO_VARIANT,
                "GPU kernel '%s' has no code for cuda:%d (%s, sm_%d%d); it has "
                "%s",
                kernel.name.c_str(), ordinal, device.name.c_str(), device.major,
                device.minor, have.empty() ? "none" : have.c_str());
  cuda::Module module;
  RMSN_TRY(loadBlob(ordinal, uint32_t(chosen), module));
  CudaDriver &driver = artifact.context.cuda();
  RMSN_TRY(driver.check(
      driver.api.getFunction(&function, module, kernel.symbol.c_str()),
      "find a GPU kernel in its code"));
  constexpr uint32_t kAlwaysAllowed = 48 << 10;
  if (kernel.sharedBytes > kAlwaysAllowed)
    RMSN_TRY(
        driver.check(driver.api.setAttribute(function, cuda::kMaxDynamicShared,
                                             int(kernel.sharedBytes)),
                     "give a GPU kernel its shared memory"));
  if (kernel.clusterX > 8)
    RMSN_TRY(driver.check(
        driver.api.setAttribute(function, cuda::kNonPortableCluster, 1),
        "give a GPU kernel its cluster size"));
  functions[{ordinal, index}] = function;
  return RMSN_STATUS_OK;
}

rmsn_status GpuModules::constant(int ordinal,
                                 const CudaDriver::DeviceState &device,
                                 uint32_t index, cuda::DevicePtr &pointer) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = constants.find({ordinal, index});
  if (found != constants.end()) {
    pointer = found->second;
    return RMSN_STATUS_OK;
  }
  CudaDriver &driver = artifact.context.cuda();
  const ConstantDef &constant = artifact.model.constants[index];
  RMSN_TRY(driver.check(
      driver.api.memAlloc(&pointer, constant.size ? size_t(constant.size) : 1),
      "allocate a constant on the GPU"));
  cuda::Result result = cuda::kSuccess;
  if (constant.size)
    result = driver.api.memcpyAsync(pointer,
                                    reinterpret_cast<uintptr_t>(constant.data),
                                    size_t(constant.size), nullptr);
  if (result == cuda::kSuccess)
    result = driver.api.streamSynchronize(nullptr);
  if (result != cuda::kSuccess) {
    driver.api.memFree(pointer);
    return driver.check(result, "copy a constant to the GPU");
  }
  constants[{ordinal, index}] = pointer;
  return RMSN_STATUS_OK;
}
