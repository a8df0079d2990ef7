//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
/// \file
/// Arithmetic directly on tensors that computes a norm.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_ELEMENTWISE_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_ELEMENTWISE_H

namespace mlir {
class Operation;
namespace rmsnorm::raise {

/// Norms are looked for in the bodies of linalg operations. Operations like
/// `arith.mulf` on tensors whose result is a norm become one; others stay.
void normsToLinalg(Operation *function, bool strictNaN,
                   bool assumeF32Accumulation);

} // namespace rmsnorm::raise
} // namespace mlir

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_ELEMENTWISE_H
