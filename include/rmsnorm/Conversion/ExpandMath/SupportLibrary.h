//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The C functions that code generation itself calls, for blobs that import
/// nothing.

#ifndef RMSNORM_CONVERSION_EXPANDMATH_SUPPORTLIBRARY_H
#define RMSNORM_CONVERSION_EXPANDMATH_SUPPORTLIBRARY_H

namespace llvm {
class Module;
} // namespace llvm

namespace mlir::rmsnorm {

/// Defines memcpy, memmove and memset, hidden, in a module that declares them
/// or calls the intrinsics that become them; those it does not need are not
/// added. To be called after the optimiser (whose loop idioms make such calls)
/// and before code generation. The definitions take the target attributes of
/// the module's other functions.
void addSupportFunctions(llvm::Module &module);

} // namespace mlir::rmsnorm

#endif // RMSNORM_CONVERSION_EXPANDMATH_SUPPORTLIBRARY_H
