// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The part of the CUDA driver's interface that the runtime uses, declared by
// hand so that no CUDA toolkit is needed to build it. Checked against cuda.h by
// static assertions where there is one (check_cuda_h.cpp).

#ifndef RMSNORM_RUNTIME_CUDA_DRIVERAPI_H
#define RMSNORM_RUNTIME_CUDA_DRIVERAPI_H

#include <cstddef>
#include <cstdint>

namespace rmsn {
namespace cuda {

using Result = int;
using Device = int;
using DevicePtr = unsigned long long;
using Context = struct ContextHandle *;
using Module = struct ModuleHandle *;
using Function = struct FunctionHandle *;
using Stream = struct StreamHandle *;

constexpr Result kSuccess = 0;

// CUdevice_attribute
constexpr int kComputeMajor = 75;
constexpr int kComputeMinor = 76;
constexpr int kMaxGridX = 5;
constexpr int kMemoryPools = 115;

// CUfunction_attribute
constexpr int kMaxDynamicShared = 8;
constexpr int kNonPortableCluster = 14;

// CUjit_option
constexpr int kJitErrorLog = 5;
constexpr int kJitErrorLogSize = 6;

// CUlaunchAttributeID
constexpr int kLaunchClusterDimension = 4;

struct LaunchAttribute {
  int id;
  char pad[4];
  union {
    char bytes[64];
    struct {
      unsigned x, y, z;
    } clusterDim;
  } value;
};

struct LaunchConfig {
  unsigned gridX, gridY, gridZ;
  unsigned blockX, blockY, blockZ;
  unsigned sharedBytes;
  Stream stream;
  LaunchAttribute *attributes;
  unsigned numAttributes;
};

/// name, symbol in the driver, parameters. The last ones may be missing.
#define RMSN_CUDA_FUNCTIONS(REQUIRED, OPTIONAL)                                \
  REQUIRED(init, "cuInit", (unsigned flags))                                   \
  REQUIRED(deviceGetCount, "cuDeviceGetCount", (int *count))                   \
  REQUIRED(deviceGet, "cuDeviceGet", (Device * device, int ordinal))           \
  REQUIRED(deviceGetName, "cuDeviceGetName",                                   \
           (char *name, int length, Device device))                            \
  REQUIRED(deviceGetAttribute, "cuDeviceGetAttribute",                         \
           (int *value, int attribute, Device device))                         \
  REQUIRED(primaryRetain, "cuDevicePrimaryCtxRetain",                          \
           (Context * context, Device device))                                 \
  REQUIRED(primaryRelease, "cuDevicePrimaryCtxRelease_v2", (Device device))    \
  REQUIRED(push, "cuCtxPushCurrent_v2", (Context context))                     \
  REQUIRED(pop, "cuCtxPopCurrent_v2", (Context * context))                     \
  REQUIRED(moduleLoad, "cuModuleLoadDataEx",                                   \
           (Module * module, const void *image, unsigned count, int *options,  \
            void **values))                                                    \
  REQUIRED(moduleUnload, "cuModuleUnload", (Module module))                    \
  REQUIRED(getFunction, "cuModuleGetFunction",                                 \
           (Function * function, Module module, const char *name))             \
  REQUIRED(setAttribute, "cuFuncSetAttribute",                                 \
           (Function function, int attribute, int value))                      \
  REQUIRED(launch, "cuLaunchKernel",                                           \
           (Function function, unsigned gridX, unsigned gridY, unsigned gridZ, \
            unsigned blockX, unsigned blockY, unsigned blockZ,                 \
            unsigned sharedBytes, Stream stream, void **parameters,            \
            void **extra))                                                     \
  REQUIRED(memAlloc, "cuMemAlloc_v2", (DevicePtr * pointer, size_t bytes))     \
  REQUIRED(memFree, "cuMemFree_v2", (DevicePtr pointer))                       \
  REQUIRED(memcpyAsync, "cuMemcpyAsync",                                       \
           (DevicePtr to, DevicePtr from, size_t bytes, Stream stream))        \
  REQUIRED(streamSynchronize, "cuStreamSynchronize", (Stream stream))          \
  REQUIRED(getErrorName, "cuGetErrorName", (Result error, const char **text))  \
  REQUIRED(getErrorString, "cuGetErrorString",                                 \
           (Result error, const char **text))                                  \
  OPTIONAL(launchEx, "cuLaunchKernelEx",                                       \
           (const LaunchConfig *config, Function function, void **parameters,  \
            void **extra))                                                     \
  OPTIONAL(memAllocAsync, "cuMemAllocAsync",                                   \
           (DevicePtr * pointer, size_t bytes, Stream stream))                 \
  OPTIONAL(memFreeAsync, "cuMemFreeAsync", (DevicePtr pointer, Stream stream))

struct Api {
#define RMSN_DECLARE(name, symbol, parameters)                                 \
  Result(*name) parameters = nullptr;
  RMSN_CUDA_FUNCTIONS(RMSN_DECLARE, RMSN_DECLARE)
#undef RMSN_DECLARE
};

} // namespace cuda
} // namespace rmsn

#endif // RMSNORM_RUNTIME_CUDA_DRIVERAPI_H
