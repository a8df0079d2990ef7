//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Which linalg operations are matrix multiplications, and of which kind is
/// each of their dimensions.

#ifndef RMSNORM_LIB_CONVERSION_CPU_CONTRACTION_H
#define RMSNORM_LIB_CONVERSION_CPU_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace mlir::rmsnorm {

/// `c[batch, m, n] += sum over k of a[batch, m, k] * b[batch, k, n]`, where
/// each kind may have any number of dimensions.
struct Contraction {
  /// Loop dimensions by kind, ascending.
  llvm::SmallVector<unsigned> batch, m, n, k;
  AffineMap aMap, bMap, cMap;
  /// Type in which products are made and summed; at most as wide as c.
  FloatType computeType;
};

/// The type in which `op` makes products of its two inputs, possibly widened,
/// and sums them up into its only result, if it does nothing else and the
/// library computes it at least as exactly. Says nothing of its maps.
std::optional<FloatType> matchSumOfProducts(linalg::LinalgOp op);

/// `op` as a contraction that `rmsnorm.gemm` computes at least as
/// exactly: one product of two floats, summed; operands widened exactly, maps
/// projected permutations.
std::optional<Contraction> matchContraction(linalg::LinalgOp op);

/// The same for maps that are about to be used. `extents` are those of the
/// loops: one dimension of extent 1 that only one operand has does no harm.
std::optional<Contraction> classifyContraction(AffineMap aMap, AffineMap bMap,
                                               AffineMap cMap,
                                               ArrayRef<int64_t> extents);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_CONTRACTION_H
