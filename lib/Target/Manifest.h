//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// From attributes of the lowered module to the artifact's manifest.

#ifndef RMSNORM_LIB_TARGET_MANIFEST_H
#define RMSNORM_LIB_TARGET_MANIFEST_H

#include "rmsnorm/Target/Compiler.h"

namespace mlir::rmsnorm {

/// Element type of a buffer; RMSN_DTYPE_INVALID for types without one.
rmsn_dtype getDType(Type type);

/// Describes a function's argument or result.
rmsn::writer::Value getManifestValue(Type type, StringRef name, int64_t layout);

/// The kernels of a fused module.
std::vector<rmsn::writer::KernelInfo> getKernelInfos(ModuleOp fused);

/// Results that a caller may place in the buffer of an argument: for each
/// function, for each result, the arguments.
using Aliases = llvm::StringMap<SmallVector<SmallVector<int32_t>>>;
Aliases getAliases(ModuleOp fused);

/// Functions and constants, from the entries of a lowered module.
LogicalResult addSignatures(ModuleOp lowered, const Aliases &aliases,
                            CompiledArtifact &artifact);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_TARGET_MANIFEST_H
