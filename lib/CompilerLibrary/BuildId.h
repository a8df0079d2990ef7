//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILERLIBRARY_BUILDID_H
#define RMSNORM_LIB_COMPILERLIBRARY_BUILDID_H

#include <string>

namespace mlir::rmsnorm {

/// The linker's build ids of this library and of the LLVM and MLIR that it
/// runs with: the output depends on all three.
std::string getCompilerBuildId();

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_COMPILERLIBRARY_BUILDID_H
