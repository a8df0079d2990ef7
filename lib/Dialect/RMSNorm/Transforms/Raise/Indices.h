//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Indices of tensor elements, through reshapes.
///
/// An index is an affine expression of variables. What a reshape makes of
/// indices is no affine expression where extents are dynamic, so it is a symbol
/// with a meaning of its own: a number made of digits in mixed radix, or a
/// digit of a number. Both are in normal form: the digits of a number that is
/// made of the same digits are these, whatever reshapes are in between.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_INDICES_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_INDICES_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <map>
#include <optional>
#include <vector>

namespace mlir::rmsnorm::raise {

struct Expr;
class ExprContext;

/// Variables by their number, each with what it becomes.
using Replacements = llvm::SmallDenseMap<unsigned, AffineExpr>;

/// What a symbol in an index means.
struct Composite {
  /// A number made of digits, or a digit of a number.
  bool isNumber;
  /// The digits, most significant first; or the number.
  SmallVector<AffineExpr> parts;
  /// Extents of the digits; or the number's extent, the digit's stride, and
  /// the digit's extent.
  SmallVector<const Expr *> extents;
  /// Variables that it depends on, one bit each.
  uint64_t free;
};

class Indices {
public:
  explicit Indices(ExprContext &context) : context(context) {}

  /// The number with these digits.
  AffineExpr number(ArrayRef<AffineExpr> digits,
                    ArrayRef<const Expr *> extents);
  /// The digits of a number.
  SmallVector<AffineExpr> digits(AffineExpr number,
                                 ArrayRef<const Expr *> extents);
  AffineExpr replace(AffineExpr index, const Replacements &replacements);
  uint64_t variablesOf(AffineExpr index) const;
  uint64_t variablesOf(ArrayRef<AffineExpr> indices) const;
  /// a / b, both extents, where that is a whole number for any; else null.
  const Expr *quotient(const Expr *a, const Expr *b);
  /// What `index` means, if it is a symbol.
  const Composite *composite(AffineExpr index) const;

private:
  AffineExpr symbol(bool isNumber, ArrayRef<AffineExpr> parts,
                    ArrayRef<const Expr *> extents);
  AffineExpr digit(AffineExpr number, const Expr *total, const Expr *stride,
                   const Expr *extent);
  bool matchDigits(const Composite &number, ArrayRef<const Expr *> extents,
                   SmallVectorImpl<AffineExpr> &result);
  const Expr *product(const Expr *a, const Expr *b);

  ExprContext &context;
  std::vector<Composite> composites;
  std::map<std::vector<const void *>, unsigned> known;
};

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_INDICES_H
