//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What code is generated for: the strings of `--target` and what they mean.

#ifndef RMSNORM_TARGET_TARGETSPEC_H
#define RMSNORM_TARGET_TARGETSPEC_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::rmsnorm {

/// A kind of CPU.
struct CPUTarget {
  /// As in the artifact: "cpu:x86-64-v4+avx512bf16".
  std::string name;
  /// As in the artifact: "x86-64", "aarch64".
  std::string arch;
  std::string triple;
  /// For LLVM: a processor, and features beyond its own ("+avx512bf16").
  std::string cpu;
  std::string features;
  /// What a machine must have, by LLVM's names, implied features included.
  std::vector<std::string> required;
  unsigned vectorBits = 128;
  /// Among the variants that a machine can run the highest is the best.
  unsigned priority = 0;
};

/// A kind of GPU.
struct GPUTarget {
  std::string name; // "nvptx:sm_90"
  std::string chip; // "sm_90"
};

struct TargetSpec {
  enum class Kind { CPU, NVPTX };
  Kind kind = Kind::CPU;
  CPUTarget cpu;
  GPUTarget gpu;
  llvm::StringRef getName() const {
    return kind == Kind::CPU ? cpu.name : gpu.name;
  }
};

/// Features of the machine that the compiler runs on, by LLVM's names.
std::vector<std::string> getHostFeatures();

/// The best CPU target among ours for a machine of `arch` with `features`.
llvm::Expected<CPUTarget>
getBestCPUTarget(llvm::StringRef arch, llvm::ArrayRef<std::string> features);

/// Parses one `--target`; `cpu:all` gives several.
llvm::Expected<std::vector<TargetSpec>> parseTarget(llvm::StringRef text);

/// Parses all, drops repetitions. Without any: `cpu`.
llvm::Expected<std::vector<TargetSpec>>
parseTargets(llvm::ArrayRef<std::string> texts);

} // namespace mlir::rmsnorm

#endif // RMSNORM_TARGET_TARGETSPEC_H
