// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cuda/driver.h"

#include <cstdlib>
#include <dlfcn.h>

using namespace rmsn;

CudaDriver::CudaDriver(rmsn_context &) { load(); }

CudaDriver::~CudaDriver() {
  for (auto &state : devices)
    if (state && state->context)
      api.primaryRelease(state->device);
  // The library stays: the process may have other users of the driver, which
  // does not take being unloaded.
}

void CudaDriver::load() {
  library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    problem = std::string("no CUDA driver: ") + (why ? why : "unknown reason");
    return;
  }
#define RMSN_FIND(name, symbol, parameters)                                    \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, symbol));
#define RMSN_REQUIRE(name, symbol, parameters)                                 \
  RMSN_FIND(name, symbol, parameters)                                          \
  if (!api.name && problem.empty())                                            \
    problem = "the CUDA driver is too old: it has no " symbol;
  RMSN_CUDA_FUNCTIONS(RMSN_REQUIRE, RMSN_FIND)
#undef RMSN_REQUIRE
#undef RMSN_FIND
  if (!problem.empty())
    return;
  if (cuda::Result result = api.init(0)) {
    const char *text = nullptr;
    api.getErrorString(result, &text);
    problem = std::string("the CUDA driver cannot be used: ") +
              (text ? text : "unknown error");
    return;
  }
  int count = 0;
  if (api.deviceGetCount(&count) == cuda::kSuccess && count > 0)
    devices.resize(size_t(count));
  else
    problem = "the CUDA driver finds no device";
}

rmsn_status CudaDriver::check(cuda::Result result, const char *what) {
  if (result == cuda::kSuccess)
    return RMSN_STATUS_OK;
  const char *name = nullptr, *text = nullptr;
  api.getErrorName(result, &name);
  api.getErrorString(result, &text);
  constexpr cuda::Result kOutOfMemory = 2;
  return fail(result == kOutOfMemory ? RMSN_STATUS_OUT_OF_MEMORY
                                     : RMSN_STATUS_DEVICE_ERROR,
              "cannot %s: %s (%s)", what, text ? text : "unknown error",
              name ? name : "?");
}

rmsn_status CudaDriver::device(int ordinal, DeviceState *&state) {
  state = nullptr;
  if (!problem.empty())
    return fail(RMSN_STATUS_NO_DEVICE, "cuda:%d is not there: %s", ordinal,
                problem.c_str());
  if (ordinal < 0 || size_t(ordinal) >= devices.size())
    return fail(RMSN_STATUS_NO_DEVICE,
                "cuda:%d is not there: the machine has %zu CUDA device(s)",
                ordinal, devices.size());
  std::lock_guard<std::mutex> lock(mutex);
  auto &place = devices[size_t(ordinal)];
  if (!place) {
    auto made = std::make_unique<DeviceState>();
    RMSN_TRY(check(api.deviceGet(&made->device, ordinal), "get CUDA device"));
    char name[128] = {};
    api.deviceGetName(name, sizeof(name) - 1, made->device);
    made->name = name;
    auto attribute = [&](int which, int &value) {
      return check(api.deviceGetAttribute(&value, which, made->device),
                   "ask for a CUDA device's abilities");
    };
    int pools = 0;
    RMSN_TRY(attribute(cuda::kComputeMajor, made->major));
    RMSN_TRY(attribute(cuda::kComputeMinor, made->minor));
    RMSN_TRY(attribute(cuda::kMaxGridX, made->maxGridX));
    if (api.memAllocAsync && api.memFreeAsync &&
        api.deviceGetAttribute(&pools, cuda::kMemoryPools, made->device) == 0)
      made->memoryPools = pools != 0;
    RMSN_TRY(check(api.primaryRetain(&made->context, made->device),
                   "use the CUDA device's primary context"));
    place = std::move(made);
  }
  state = place.get();
  return RMSN_STATUS_OK;
}
