// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A CUDA driver for machines without a GPU: device memory is host memory, and
// the one kernel that it knows runs on the CPU with the parameters it was
// launched with. What the runtime hands over can so be checked by numbers.

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef unsigned long long DevicePtr;

// Counters for the tests.
EXPORT int fake_live_allocations, fake_modules, fake_contexts, fake_pushed,
    fake_launches, fake_clusters;
EXPORT unsigned fake_grid, fake_block, fake_shared;
EXPORT void *fake_stream;
EXPORT char fake_image[64];
EXPORT int fake_fail_alloc = -1; // allocations until one fails

EXPORT int cuInit(unsigned flags) { return flags ? 1 : 0; }
EXPORT int cuDeviceGetCount(int *count) {
  *count = 1;
  return 0;
}
EXPORT int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? 0 : 101;
}
EXPORT int cuDeviceGetName(char *name, int length, int device) {
  (void)device;
  snprintf(name, (size_t)length, "Fake GPU");
  return 0;
}
EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  *value = attribute == 75   ? 9
           : attribute == 76 ? 0
           : attribute == 5  ? 1000
                             : 1;
  return 0;
}
EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  (void)device;
  ++fake_contexts;
  *context = &fake_contexts;
  return 0;
}
EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  (void)device;
  --fake_contexts;
  return 0;
}
EXPORT int cuCtxPushCurrent_v2(void *context) {
  ++fake_pushed;
  return context == &fake_contexts ? 0 : 201;
}
EXPORT int cuCtxPopCurrent_v2(void **context) {
  --fake_pushed;
  *context = &fake_contexts;
  return 0;
}
EXPORT int cuModuleLoadDataEx(void **module, const void *image, unsigned count,
                              int *options, void **values) {
  for (unsigned i = 0; i < count; ++i)
    if (options[i] == 5)
      strcpy(values[i], "ptxas says no");
  if (strstr(image, "broken"))
    return 218;
  ++fake_modules;
  snprintf(fake_image, sizeof(fake_image), "%s", (const char *)image);
  *module = fake_image;
  return 0;
}
EXPORT int cuModuleUnload(void *module) {
  --fake_modules;
  return module == fake_image ? 0 : 400;
}
EXPORT int cuModuleGetFunction(void **function, void *module,
                               const char *name) {
  (void)module;
  if (strcmp(name, "norm_kernel_sym") != 0)
    return 500;
  *function = (void *)name;
  return 0;
}
EXPORT int cuFuncSetAttribute(void *function, int attribute, int value) {
  (void)function, (void)attribute, (void)value;
  return 0;
}

// x, 2 strides, weight, 1 stride, scalar eps, y, 2 strides, rows, n
static void norm(void **p) {
  const float *x = *(float **)p[0], *weight = *(float **)p[3];
  const int64_t *xs[2] = {p[1], p[2]}, *ws = p[4];
  float eps = *(float *)p[5];
  float *y = *(float **)p[6];
  const int64_t *ys[2] = {p[7], p[8]};
  int64_t rows = *(int64_t *)p[9], n = *(int64_t *)p[10];
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < n; ++j)
      sum += (double)x[i * *xs[0] + j * *xs[1]] * x[i * *xs[0] + j * *xs[1]];
    for (int64_t j = 0; j < n; ++j)
      y[i * *ys[0] + j * *ys[1]] =
          (float)(x[i * *xs[0] + j * *xs[1]] / sqrt(sum / (double)n + eps) *
                  weight[j * *ws]);
  }
}

EXPORT int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz,
                          unsigned bx, unsigned by, unsigned bz,
                          unsigned shared, void *stream, void **parameters,
                          void **extra) {
  if (gy != 1 || gz != 1 || by != 1 || bz != 1 || extra || fake_pushed < 1 ||
      strcmp(function, "norm_kernel_sym") != 0)
    return 1;
  ++fake_launches;
  fake_grid = gx;
  fake_block = bx;
  fake_shared = shared;
  fake_stream = stream;
  norm(parameters);
  return 0;
}

struct attribute {
  int id;
  char pad[4];
  unsigned x, y, z;
  char rest[52];
};
struct config {
  unsigned gx, gy, gz, bx, by, bz, shared;
  void *stream;
  struct attribute *attributes;
  unsigned count;
};
EXPORT int cuLaunchKernelEx(const struct config *c, void *function,
                            void **parameters, void **extra) {
  if (c->count != 1 || c->attributes[0].id != 4)
    return 1;
  fake_clusters = (int)c->attributes[0].x;
  return cuLaunchKernel(function, c->gx, c->gy, c->gz, c->bx, c->by, c->bz,
                        c->shared, c->stream, parameters, extra);
}

EXPORT int cuMemAlloc_v2(DevicePtr *pointer, size_t bytes) {
  if (fake_fail_alloc >= 0 && fake_fail_alloc-- == 0)
    return 2;
  if (bytes == 0 || fake_pushed < 1)
    return 1;
  *pointer = (DevicePtr)(uintptr_t)calloc(1, bytes);
  ++fake_live_allocations;
  return 0;
}
EXPORT int cuMemFree_v2(DevicePtr pointer) {
  free((void *)(uintptr_t)pointer);
  --fake_live_allocations;
  return fake_pushed < 1;
}
EXPORT int cuMemAllocAsync(DevicePtr *pointer, size_t bytes, void *stream) {
  (void)stream;
  return cuMemAlloc_v2(pointer, bytes);
}
EXPORT int cuMemFreeAsync(DevicePtr pointer, void *stream) {
  (void)stream;
  return cuMemFree_v2(pointer);
}
EXPORT int cuMemcpyAsync(DevicePtr to, DevicePtr from, size_t bytes,
                         void *stream) {
  (void)stream;
  memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes);
  return 0;
}
EXPORT int cuStreamSynchronize(void *stream) {
  (void)stream;
  return 0;
}
EXPORT int cuGetErrorName(int error, const char **text) {
  (void)error;
  *text = "CUDA_ERROR_FAKE";
  return 0;
}
EXPORT int cuGetErrorString(int error, const char **text) {
  *text = error == 2 ? "out of memory" : "fake error";
  return 0;
}
