//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What to run: kernels.txt, written by rmsnorm-emulate --emit, and cases.txt,
/// written by generate.py; and the float64 oracle of those kernels.

#ifndef RMSNORM_BENCHMARKS_GPU_CASES_H
#define RMSNORM_BENCHMARKS_GPU_CASES_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

enum class Dtype { F16, BF16, F32, F64 };

unsigned bytesOf(Dtype dtype);
double decode(Dtype dtype, const uint8_t *bytes);
/// `value` must be exact in `dtype` but for rounding toward zero.
void encode(Dtype dtype, double value, uint8_t *bytes);
/// Distance between neighbouring values of `dtype` at `value`.
double ulp(Dtype dtype, double value);
/// Nearest value of `dtype`, ties to even.
double roundTo(Dtype dtype, double value);

struct OperandSpec {
  Dtype dtype = Dtype::F32;
  std::vector<int> dims; // loop of each dimension, -1: extent 1
};

struct KernelSpec {
  std::string symbol;
  unsigned block = 1, rowsPerBlock = 1, shared = 0, rowDims = 0, loops = 0,
           inputs = 0;
  std::vector<OperandSpec> operands;
  std::string registers, spills;
};

struct CaseSpec {
  std::string kernel, label;
  std::vector<int64_t> extents; // of the kernel's space: row loops first
  bool residual = false, roundSum = false, scale = false, bias = false;
  int64_t pad = 0, offset = 0; // in elements, of operands with all loops
  double eps = 1e-6;
};

/// Both end the program with a message when the file is damaged.
std::map<std::string, KernelSpec> readKernels(const std::string &path);
std::vector<CaseSpec> readCases(const std::string &path);

#endif // RMSNORM_BENCHMARKS_GPU_CASES_H
