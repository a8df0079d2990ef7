//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The CUDA driver API, loaded when the program runs.

#ifndef RMSNORM_BENCHMARKS_GPU_DRIVER_H
#define RMSNORM_BENCHMARKS_GPU_DRIVER_H

#include <cstddef>
#include <cstdint>
#include <string>

struct CudaDriver {
  using Result = int;
  using Pointer = uint64_t;
  using Handle = void *;

  Result (*init)(unsigned);
  Result (*deviceGet)(int *, int);
  Result (*deviceGetName)(char *, int, int);
  Result (*deviceGetAttribute)(int *, int, int);
  Result (*primaryContextRetain)(Handle *, int);
  Result (*contextSetCurrent)(Handle);
  Result (*moduleLoadData)(Handle *, const void *);
  Result (*moduleGetFunction)(Handle *, Handle, const char *);
  Result (*memAlloc)(Pointer *, size_t);
  Result (*memFree)(Pointer);
  Result (*memcpyHtoD)(Pointer, const void *, size_t);
  Result (*memcpyDtoH)(void *, Pointer, size_t);
  Result (*memcpyDtoDAsync)(Pointer, Pointer, size_t, Handle);
  Result (*memsetD32Async)(Pointer, unsigned, size_t, Handle);
  Result (*streamCreate)(Handle *, unsigned);
  Result (*streamSynchronize)(Handle);
  Result (*eventCreate)(Handle *, unsigned);
  Result (*eventRecord)(Handle, Handle);
  Result (*eventSynchronize)(Handle);
  Result (*eventElapsedTime)(float *, Handle, Handle);
  Result (*launchKernel)(Handle, unsigned, unsigned, unsigned, unsigned,
                         unsigned, unsigned, unsigned, Handle, void **,
                         void **);
  Result (*getErrorString)(Result, const char **);

  /// False, with `error` set, without a driver.
  bool load(std::string &error);
  /// Ends the program when a call failed.
  void check(Result result, const char *what) const;
};

#endif // RMSNORM_BENCHMARKS_GPU_DRIVER_H
