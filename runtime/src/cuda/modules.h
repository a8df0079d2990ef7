// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// GPU code of an artifact, loaded onto devices.

#ifndef RMSNORM_RUNTIME_CUDA_MODULES_H
#define RMSNORM_RUNTIME_CUDA_MODULES_H

#include "artifact/artifact.h"
#include "cuda/driver.h"

#include <map>
#include <mutex>
#include <utility>

namespace rmsn {

class GpuModules {
public:
  explicit GpuModules(rmsn_artifact &artifact) : artifact(artifact) {}
  ~GpuModules();

  /// The kernel's function on a device, loaded at first use. The device's
  /// context is current.
  rmsn_status function(int ordinal, const CudaDriver::DeviceState &device,
                       uint32_t kernel, cuda::Function &function);

  /// A constant's copy on a device.
  rmsn_status constant(int ordinal, const CudaDriver::DeviceState &device,
                       uint32_t index, cuda::DevicePtr &pointer);

private:
  rmsn_status loadBlob(int ordinal, uint32_t blob, cuda::Module &module);

  rmsn_artifact &artifact;
  std::mutex mutex;
  // Keys are device and index.
  std::map<std::pair<int, uint32_t>, cuda::Module> modules;
  std::map<std::pair<int, uint32_t>, cuda::Function> functions;
  std::map<std::pair<int, uint32_t>, cuda::DevicePtr> constants;
};

/// Does GPU code for `arch` ("sm_90", "sm_90a", "compute_80") run on a device
/// of this compute capability? A cubin runs on the same major version with the
/// same or a higher minor one, PTX on anything newer; with the suffix 'a' only
/// on exactly that. `rank` orders those that do, higher is better.
bool gpuArchRuns(rmsn_variant_kind kind, const std::string &arch, int major,
                 int minor, int &rank);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CUDA_MODULES_H
