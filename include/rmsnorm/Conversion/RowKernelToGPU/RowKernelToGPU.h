//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// From row kernels to GPU kernels. Documentation: Passes.td.

#ifndef RMSNORM_CONVERSION_ROWKERNELTOGPU_ROWKERNELTOGPU_H
#define RMSNORM_CONVERSION_ROWKERNELTOGPU_ROWKERNELTOGPU_H

#include "mlir/Pass/Pass.h"

namespace mlir::rmsnorm {

/// Name of the gpu.module that holds the kernels.
inline constexpr llvm::StringLiteral kernelModuleName = "rmsnorm_kernels";
/// On a kernel: how to launch it.
inline constexpr llvm::StringLiteral launchAttrName = "rmsnorm.launch";
/// On a row kernel: the symbol of its GPU kernel.
inline constexpr llvm::StringLiteral gpuKernelAttrName = "rmsnorm.gpu_kernel";

/// On a row kernel, for tuning: a dictionary with some of `vector`, `lanes`,
/// `rows`, `slots` that replace the configuration chosen (KernelConfig.h).
inline constexpr llvm::StringLiteral gpuConfigAttrName = "rmsnorm.gpu_config";

#define GEN_PASS_DECL
#include "rmsnorm/Conversion/RowKernelToGPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "rmsnorm/Conversion/RowKernelToGPU/Passes.h.inc"

} // namespace mlir::rmsnorm

#endif // RMSNORM_CONVERSION_ROWKERNELTOGPU_ROWKERNELTOGPU_H
