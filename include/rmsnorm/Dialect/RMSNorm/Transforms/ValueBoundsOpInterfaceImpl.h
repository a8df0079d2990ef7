//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What the extents of rms_norm and row_kernel have in common.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_VALUEBOUNDSOPINTERFACEIMPL_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_VALUEBOUNDSOPINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
namespace rmsnorm {

/// Attaches ValueBoundsOpInterface to rms_norm and row_kernel.
void registerValueBoundsOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace rmsnorm
} // namespace mlir

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_VALUEBOUNDSOPINTERFACEIMPL_H
