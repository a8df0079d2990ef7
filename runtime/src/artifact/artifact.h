// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An open artifact and its functions.

#ifndef RMSNORM_RUNTIME_ARTIFACT_ARTIFACT_H
#define RMSNORM_RUNTIME_ARTIFACT_ARTIFACT_H

#include "artifact/bytes.h"
#include "artifact/image.h"
#include "artifact/model.h"
#include "core/context.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace rmsn {
class GpuModules;
} // namespace rmsn

struct rmsn_function {
  rmsn_function(rmsn_artifact &artifact, const rmsn::FunctionDef &def)
      : artifact(artifact), def(def) {}

  rmsn_artifact &artifact;
  const rmsn::FunctionDef &def;
  // The GPU kernel that this function is, or -1.
  int64_t kernel = -1;
  // Known once the code is loaded.
  std::atomic<rmsn_entry> entry{nullptr};
  std::atomic<rmsn_shape_entry> shapeEntry{nullptr};

  /// Makes sure that `entry` is known. Cheap after the first time.
  rmsn_status ensureCode() {
    if (entry.load(std::memory_order_acquire))
      return RMSN_STATUS_OK;
    return loadCode();
  }

private:
  rmsn_status loadCode();
};

struct rmsn_artifact {
  explicit rmsn_artifact(rmsn_context &context);
  ~rmsn_artifact();

  /// Checks the bytes and prepares functions.
  rmsn_status open(rmsn::Bytes bytes);

  /// Loads the machine code for this CPU, once.
  rmsn_status loadImage();

  rmsn::GpuModules &gpuModules();

  size_t size() const { return bytes.size(); }

  /// The variant for this CPU, or -1.
  int64_t cpuVariant() const { return chosenVariant; }
  bool isUsableOnCpu(const rmsn::BlobDef &blob) const;

  rmsn_context &context;
  rmsn::Model model;
  std::vector<std::unique_ptr<rmsn_function>> functions;
  std::vector<std::unique_ptr<rmsn_function>> kernels;
  rmsn::Image image;
  std::atomic<uint32_t> references{1};

private:
  void makeKernelFunctions();
  rmsn_status noVariant() const;

  rmsn::Bytes bytes;
  std::vector<std::unique_ptr<rmsn::FunctionDef>> kernelDefs;
  int64_t chosenVariant = -1;
  std::mutex mutex;
  bool imageTried = false;
  std::string imageError;
  rmsn_status imageStatus = RMSN_STATUS_OK;
  std::unique_ptr<rmsn::GpuModules> modules;
};

#endif // RMSNORM_RUNTIME_ARTIFACT_ARTIFACT_H
