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
/// made of the same digits are these, whatever reshapes are in between. What a
/// slice makes of an index is a symbol, too: an index that is a variable itself
/// goes over the whole of its axis, and nothing else does.

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
  enum Kind {
    Number,   // made of digits
    Digit,    // of a number
    Slice,    // offset + stride * index
    Position, // of an index in a slice: what undoes it
  };
  Kind kind;
  /// The digits, most significant first; or the number; or the index.
  SmallVector<AffineExpr> parts;
  /// Extents of the digits; or the number's extent, the digit's stride, and
  /// the digit's extent; or offset, stride (both numbers) and size of the
  /// slice, and the extent that it is one of.
  SmallVector<const Expr *> extents;
  /// Variables that it depends on, one bit each.
  uint64_t free;

  bool isNumber() const { return kind == Number; }
  bool isDigit() const { return kind == Digit; }
  bool isSlice() const { return kind == Slice; }
};

/// Which part of an axis a slice reads.
struct IndexRange {
  int64_t offset, stride, size, total;
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
  /// offset + stride * index, the index going over `size` and the result being
  /// one of `total`.
  AffineExpr slice(AffineExpr index, int64_t offset, int64_t stride,
                   const Expr *size, const Expr *total);
  /// The index of a slice whose element `index` is: slice(position(i)) is i.
  AffineExpr position(AffineExpr index, const Composite &slice);
  /// An affine expression of dimensions, these being `loops` with these ranges,
  /// as an index; null where it is none, or does not stay in `total`.
  AffineExpr affine(AffineExpr expr, ArrayRef<AffineExpr> loops,
                    ArrayRef<const Expr *> ranges, const Expr *total);
  /// The range of a slice whose extents are numbers.
  static std::optional<IndexRange> rangeOf(const Composite &slice);
  AffineExpr replace(AffineExpr index, const Replacements &replacements);
  /// Whether a part of the index is one in a slice, or a number.
  bool readsSlice(AffineExpr index) const;
  uint64_t variablesOf(AffineExpr index) const;
  uint64_t variablesOf(ArrayRef<AffineExpr> indices) const;
  /// a / b, both extents, where that is a whole number for any; else null.
  const Expr *quotient(const Expr *a, const Expr *b);
  /// What `index` means, if it is a symbol.
  const Composite *composite(AffineExpr index) const;

private:
  AffineExpr symbol(Composite::Kind kind, ArrayRef<AffineExpr> parts,
                    ArrayRef<const Expr *> extents);
  AffineExpr withoutConstants(ArrayRef<AffineExpr> digits,
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
