//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Operands in memory with any strides and alignment, and the launch of a
/// kernel on them in the emulator.

#ifndef RMSNORM_EMULATE_LAUNCH_H
#define RMSNORM_EMULATE_LAUNCH_H

#include "Machine.h"
#include "Npy.h"

#include "rmsnorm/Conversion/RowKernelToGPU/KernelConfig.h"

#include "rmsnorm/Pipelines/NVPTX.h"

#include "llvm/IR/LLVMContext.h"

#include <optional>

namespace rmsnorm_emulate {

/// How tensors are laid out: row-major with these deviations.
struct LayoutOptions {
  int64_t offset = 0;      // elements from an address aligned to 256 bytes
  int64_t pad = 0;         // elements after each run of the innermost dimension
  int64_t innerStride = 1; // of the innermost dimension
  std::vector<unsigned> only; // operands that deviate; all if empty
};

struct LaunchInput {
  std::optional<Array> array;   // tensor
  std::optional<double> scalar; // scalar
};

struct LaunchReport {
  std::vector<std::string> errors;
  std::vector<std::string> traffic; // one line per operand
  std::vector<Array> outputs;
};

/// Descr of an element type in .npy files; empty if there is none.
std::string getDescr(mlir::Type type);

/// Runs the kernel `info` of `device`. `alias[i]` is the input whose buffer
/// output i shares, or -1. Fails, with `error` set, if the kernel cannot be run
/// at all.
bool emulate(std::unique_ptr<llvm::LLVMContext> context,
             std::unique_ptr<llvm::Module> device,
             const mlir::rmsnorm::GpuKernelInfo &info,
             const std::vector<LaunchInput> &inputs,
             const std::vector<int> &alias, const LayoutOptions &layout,
             LaunchReport &report, std::string &error);

} // namespace rmsnorm_emulate

#endif // RMSNORM_EMULATE_LAUNCH_H
