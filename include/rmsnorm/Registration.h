//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Registration of everything that the project's tools know.

#ifndef RMSNORM_REGISTRATION_H
#define RMSNORM_REGISTRATION_H

namespace mlir {
class DialectRegistry;
namespace rmsnorm {

/// Our dialect with its external models, nothing of upstream.
void registerDialect(DialectRegistry &registry);

/// Our passes and pipelines.
void registerPasses();

/// All of upstream's dialects, extensions and passes, and ours.
void registerEverything(DialectRegistry &registry);

} // namespace rmsnorm
} // namespace mlir

#endif // RMSNORM_REGISTRATION_H
