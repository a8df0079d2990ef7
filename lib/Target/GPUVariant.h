//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// GPU kernels of a fused module and how its functions launch them.

#ifndef RMSNORM_LIB_TARGET_GPUVARIANT_H
#define RMSNORM_LIB_TARGET_GPUVARIANT_H

#include "Manifest.h"

namespace mlir::rmsnorm {

/// Compiles the row kernels of `fused` for the chip and adds PTX, with
/// `assemble` the cubin where ptxas is found, and the kernels to the artifact.
/// Prepares the functions of `fused` for launches.
LogicalResult addGPUVariant(ModuleOp fused, const GPUTarget &target,
                            bool assemble, CompiledArtifact &artifact);

/// PTX, or the NVVM dialect, of the row kernels.
FailureOr<std::string> emitGPUText(ModuleOp fused, const GPUTarget &target,
                                   EmitKind kind);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_TARGET_GPUVARIANT_H
