//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Moves concatenations behind the elementwise operations that read them.

#ifndef RMSNORM_LIB_CONVERSION_CPU_PROPAGATECONCAT_H
#define RMSNORM_LIB_CONVERSION_CPU_PROPAGATECONCAT_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::rmsnorm {

/// f(concat(a, b), c) becomes concat(f(a, c'), f(b, c'')), with the slices c'
/// and c'' of c. The pieces then come straight from where they are computed:
/// the two halves of a rotary embedding never are a tensor of their own.
void populatePropagateConcatPatterns(RewritePatternSet &patterns);

/// slice(transpose(x)) becomes transpose(slice(x)) where only slices of the
/// transposition are used: a kernel reads through the latter's map.
/// Rows that are taken apart and put together again become concatenations of
/// equal pieces: alternating elements by slices with steps, and parts that are
/// left as they are by as many pieces as they are long.
void populatePiecesOfRowsPatterns(RewritePatternSet &patterns);

void populateSliceBeforeTransposePatterns(RewritePatternSet &patterns);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_PROPAGATECONCAT_H
