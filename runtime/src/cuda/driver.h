// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The CUDA driver, found at run time.

#ifndef RMSNORM_RUNTIME_CUDA_DRIVER_H
#define RMSNORM_RUNTIME_CUDA_DRIVER_H

#include "core/context.h"
#include "cuda/driver_api.h"

#include <mutex>
#include <string>
#include <vector>

namespace rmsn {

class CudaDriver {
public:
  explicit CudaDriver(rmsn_context &context);
  ~CudaDriver();

  struct DeviceState {
    cuda::Device device = 0;
    cuda::Context context = nullptr;
    int major = 0, minor = 0, maxGridX = 0;
    bool memoryPools = false;
    std::string name;
  };

  /// NO_DEVICE with the reason if there is no driver or no such device.
  rmsn_status device(int ordinal, DeviceState *&state);

  /// A failed driver call as a status.
  rmsn_status check(cuda::Result result, const char *what);

  cuda::Api api;

private:
  void load();

  void *library = nullptr;
  std::string problem; // why there is no driver
  std::mutex mutex;
  std::vector<std::unique_ptr<DeviceState>> devices;
};

/// Makes a device's context current for a scope.
class CurrentDevice {
public:
  CurrentDevice(CudaDriver &driver, const CudaDriver::DeviceState &device)
      : driver(driver), pushed(driver.api.push(device.context) == 0) {}
  ~CurrentDevice() {
    cuda::Context context;
    if (pushed)
      driver.api.pop(&context);
  }

private:
  CudaDriver &driver;
  bool pushed;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CUDA_DRIVER_H
