// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// NumPy's .npy files.

#ifndef RMSNORM_TOOLS_RMSNORMRUN_NPY_H
#define RMSNORM_TOOLS_RMSNORMRUN_NPY_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rmsnorm_run {

/// An array in memory that starts at a multiple of 64 bytes.
struct Array {
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides; // in elements
  std::unique_ptr<void, void (*)(void *)> data{nullptr, nullptr};
  uint64_t bytes = 0;

  bool allocate(uint64_t size);
};

/// Reads a file. `expected` decides what bytes without a type ("V1") mean; it
/// may be RMSN_DTYPE_INVALID. Returns false with the reason in `error`.
bool readNpy(const std::string &path, rmsn_dtype expected, Array &array,
             std::string &error);

/// Writes a row-major array.
bool writeNpy(const std::string &path, rmsn_dtype dtype, const int64_t *shape,
              int rank, const void *data, uint64_t bytes, std::string &error);

} // namespace rmsnorm_run

#endif // RMSNORM_TOOLS_RMSNORMRUN_NPY_H
