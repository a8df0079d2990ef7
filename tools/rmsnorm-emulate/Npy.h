//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Arrays in NumPy's .npy format: contiguous, little endian.

#ifndef RMSNORM_EMULATE_NPY_H
#define RMSNORM_EMULATE_NPY_H

#include <cstdint>
#include <string>
#include <vector>

namespace rmsnorm_emulate {

struct Array {
  std::string descr; // "<f4", "|V2" (bfloat16), ...
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  int64_t elements() const;
};

/// Both return false and set `error`, which names the file.
bool readNpy(const std::string &path, Array &array, std::string &error);
bool writeNpy(const std::string &path, const Array &array, std::string &error);

} // namespace rmsnorm_emulate

#endif // RMSNORM_EMULATE_NPY_H
