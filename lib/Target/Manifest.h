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

/// What a function's callers may rely on and have to keep to, found on tensors.
struct FunctionFacts {
  /// For each argument and result, which extents are equal (see ExtentClasses).
  SmallVector<SmallVector<int32_t>> argSymbols, resultSymbols;
  /// For each result, the arguments in whose buffer the caller may place it.
  SmallVector<SmallVector<int32_t>> aliases;
};
using ModuleFacts = llvm::StringMap<FunctionFacts>;
ModuleFacts getFacts(ModuleOp fused);

/// Functions and constants, from the entries of a lowered module, or from the
/// functions that rmsnorm-prepare-entries made.
LogicalResult addSignatures(ModuleOp lowered, const ModuleFacts &facts,
                            CompiledArtifact &artifact);

/// Index in the artifact of a constant with these values, added if there is
/// none.
std::optional<uint32_t> addConstant(ElementsAttr values,
                                    CompiledArtifact &artifact);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_TARGET_MANIFEST_H
