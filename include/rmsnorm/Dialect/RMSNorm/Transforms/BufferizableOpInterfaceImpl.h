//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// One-shot bufferisation of the rmsnorm dialect.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
namespace rmsnorm {

/// Attaches BufferizableOpInterface to rms_norm and row_kernel.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace rmsnorm
} // namespace mlir

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
