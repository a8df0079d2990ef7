//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What is known of constants and extents.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FACTS_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FACTS_H

#include "Expr.h"

#include "llvm/ADT/EquivalenceClasses.h"

#include <optional>

namespace mlir::rmsnorm::raise {

/// The element of a constant whose elements are all the same number, however
/// it is stored. Reads the elements where they are.
std::optional<double> uniformNumber(Attribute attribute);

/// Extents that are the same because operations that are always executed need
/// them to be.
class Extents {
public:
  /// Collects what the operations of `function` say.
  void collect(Operation *function);
  /// The same extent, however it is written: one of a class, or a constant.
  const Expr *representative(ExprContext &context, const Expr *dim) const;

private:
  using Dim = std::pair<const void *, int64_t>;
  llvm::EquivalenceClasses<Dim> classes;
  /// The extents of classes that have a static one, by their leader.
  llvm::DenseMap<Dim, int64_t> numbers;
};

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FACTS_H
