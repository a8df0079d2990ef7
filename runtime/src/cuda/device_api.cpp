// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cuda/driver.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <cstdio>
#include <cstring>

using namespace rmsn;

namespace {

bool isCpu(DLDevice device) {
  return device.device_type == kDLCPU || device.device_type == kDLCUDAHost;
}

rmsn_status find(rmsn_context *context, DLDevice device,
                 CudaDriver::DeviceState *&state) {
  state = nullptr;
  if (!context)
    return fail(RMSN_STATUS_NULL_POINTER, "context is null");
  if (isCpu(device))
    return RMSN_STATUS_OK;
  if (device.device_type != kDLCUDA)
    return fail(RMSN_STATUS_NO_DEVICE,
                "devices of DLPack type %d are not supported, expected CPU (1) "
                "or CUDA (2)",
                int(device.device_type));
  return context->cuda().device(device.device_id, state);
}

} // namespace

extern "C" {

rmsn_status rmsn_device_check(rmsn_context *context, DLDevice device) {
  CudaDriver::DeviceState *state;
  return find(context, device, state);
}

rmsn_status rmsn_device_name(rmsn_context *context, DLDevice device,
                             char *buffer, size_t capacity) {
  CudaDriver::DeviceState *state;
  RMSN_TRY(find(context, device, state));
  if (!buffer || !capacity)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_device_name: no buffer");
  if (state)
    snprintf(buffer, capacity, "%s, sm_%d%d", state->name.c_str(), state->major,
             state->minor);
  else
    snprintf(buffer, capacity, "CPU, %s", hostArch());
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_device_alloc(rmsn_context *context, DLDevice device,
                              size_t bytes, void **pointer) {
  if (!pointer)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_device_alloc: pointer is null");
  *pointer = nullptr;
  CudaDriver::DeviceState *state;
  RMSN_TRY(find(context, device, state));
  if (!state) {
    size_t rounded = (bytes + 63) & ~size_t(63);
    if (rounded >= bytes)
      *pointer = aligned_alloc(64, rounded ? rounded : 64);
    if (!*pointer)
      return fail(RMSN_STATUS_OUT_OF_MEMORY, "no memory for %zu bytes", bytes);
    return RMSN_STATUS_OK;
  }
  CudaDriver &driver = context->cuda();
  CurrentDevice current(driver, *state);
  cuda::DevicePtr address;
  RMSN_TRY(driver.check(driver.api.memAlloc(&address, bytes ? bytes : 1),
                        "allocate memory on the GPU"));
  *pointer = reinterpret_cast<void *>(uintptr_t(address));
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_device_free(rmsn_context *context, DLDevice device,
                             void *pointer) {
  CudaDriver::DeviceState *state;
  RMSN_TRY(find(context, device, state));
  if (!state) {
    free(pointer);
    return RMSN_STATUS_OK;
  }
  if (!pointer)
    return RMSN_STATUS_OK;
  CudaDriver &driver = context->cuda();
  CurrentDevice current(driver, *state);
  return driver.check(driver.api.memFree(reinterpret_cast<uintptr_t>(pointer)),
                      "free memory on the GPU");
}

rmsn_status rmsn_device_copy(rmsn_context *context, void *to,
                             DLDevice to_device, const void *from,
                             DLDevice from_device, size_t bytes, void *stream) {
  CudaDriver::DeviceState *target, *source;
  RMSN_TRY(find(context, to_device, target));
  RMSN_TRY(find(context, from_device, source));
  if (bytes == 0)
    return RMSN_STATUS_OK;
  if (!to || !from)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_device_copy: %s is null",
                to ? "from" : "to");
  if (!target && !source) {
    std::memmove(to, from, bytes);
    return RMSN_STATUS_OK;
  }
  CudaDriver &driver = context->cuda();
  CurrentDevice current(driver, target ? *target : *source);
  auto *queue = static_cast<cuda::Stream>(stream);
  RMSN_TRY(driver.check(
      driver.api.memcpyAsync(reinterpret_cast<uintptr_t>(to),
                             reinterpret_cast<uintptr_t>(from), bytes, queue),
      "copy to or from the GPU"));
  return driver.check(driver.api.streamSynchronize(queue), "wait for the GPU");
}

rmsn_status rmsn_device_synchronize(rmsn_context *context, DLDevice device,
                                    void *stream) {
  CudaDriver::DeviceState *state;
  RMSN_TRY(find(context, device, state));
  if (!state)
    return RMSN_STATUS_OK;
  CudaDriver &driver = context->cuda();
  CurrentDevice current(driver, *state);
  return driver.check(
      driver.api.streamSynchronize(static_cast<cuda::Stream>(stream)),
      "wait for the GPU");
}
}
