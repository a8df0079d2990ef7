//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "driver.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

template <typename Function>
static bool find(void *library, const char *name, Function &function,
                 std::string &error) {
  void *symbol = dlsym(library, name);
  if (!symbol)
    error = std::string("the CUDA driver lacks ") + name;
  function = reinterpret_cast<Function>(symbol);
  return symbol != nullptr;
}

bool CudaDriver::load(std::string &error) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) {
    error = dlerror();
    return false;
  }
  return find(library, "cuInit", init, error) &&
         find(library, "cuDeviceGet", deviceGet, error) &&
         find(library, "cuDeviceGetName", deviceGetName, error) &&
         find(library, "cuDeviceGetAttribute", deviceGetAttribute, error) &&
         find(library, "cuDevicePrimaryCtxRetain", primaryContextRetain,
              error) &&
         find(library, "cuCtxSetCurrent", contextSetCurrent, error) &&
         find(library, "cuModuleLoadData", moduleLoadData, error) &&
         find(library, "cuModuleGetFunction", moduleGetFunction, error) &&
         find(library, "cuMemAlloc_v2", memAlloc, error) &&
         find(library, "cuMemFree_v2", memFree, error) &&
         find(library, "cuMemcpyHtoD_v2", memcpyHtoD, error) &&
         find(library, "cuMemcpyDtoH_v2", memcpyDtoH, error) &&
         find(library, "cuMemcpyDtoDAsync_v2", memcpyDtoDAsync, error) &&
         find(library, "cuMemsetD32Async", memsetD32Async, error) &&
         find(library, "cuStreamCreate", streamCreate, error) &&
         find(library, "cuStreamSynchronize", streamSynchronize, error) &&
         find(library, "cuEventCreate", eventCreate, error) &&
         find(library, "cuEventRecord", eventRecord, error) &&
         find(library, "cuEventSynchronize", eventSynchronize, error) &&
         find(library, "cuEventElapsedTime", eventElapsedTime, error) &&
         find(library, "cuLaunchKernel", launchKernel, error) &&
         find(library, "cuGetErrorString", getErrorString, error);
}

void CudaDriver::check(Result result, const char *what) const {
  if (result == 0)
    return;
  const char *message = "unknown error";
  getErrorString(result, &message);
  std::fprintf(stderr, "%s failed with %d: %s\n", what, result, message);
  std::exit(2);
}
