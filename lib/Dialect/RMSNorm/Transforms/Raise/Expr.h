//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Symbolic expressions of one tensor element, in normal form.
///
/// A node stands for a real number. Arithmetic of f32 and f64 is the algebra of
/// the reals inside one such type (an "island"); arithmetic of a narrower type
/// is the same algebra followed by a rounding, and nothing moves across a
/// rounding. Nodes are unique: two expressions that normalise alike are the
/// same pointer.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_EXPR_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_EXPR_H

#include "Indices.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/FoldingSet.h"
#include "llvm/ADT/SmallVector.h"

#include <deque>
#include <memory>

namespace mlir::rmsnorm::raise {

struct Expr;

/// base^power in a product, factor*expr in a sum.
struct Term {
  const Expr *expr;
  double number;
  bool operator==(const Term &other) const {
    return expr == other.expr && number == other.number;
  }
};

enum class Kind {
  Constant, // number
  Leaf,     // element `indices` of tensor `source`, or a scalar `source`
  Dim,      // extent: dimension `position` of tensor `source`
  Add,      // number + sum of terms
  Mul,      // number * product of terms
  Max,      // maximum of terms; `position` is a NaNRule
  Round,    // terms[0] rounded to `type`
  Extend,   // terms[0], computed in a narrower island
  Sum,      // sum of terms[0] over the variables `bound`, perhaps none
  Abs,      // magnitude of terms[0]
  Sign,     // of terms[0]: 1 or -1, and perhaps 0 where that is zero or NaN
  Call,     // any other pure scalar operation, like `exemplar`
};

/// What a maximum makes of NaN: NaN, as the op's clamp does; its other operand,
/// because it is spelled as a comparison and a selection; or that on purpose.
enum NaNRule { Propagates, LostInSelect, Dropped };

struct Expr : public llvm::FoldingSetNode {
  Kind kind = Kind::Constant;
  /// Type of the value: the island of a computation, the type that holds a
  /// leaf or a rounded value. Null for constants and extents.
  Type type;
  double number = 0;
  Value source;
  Operation *exemplar = nullptr;
  int64_t position = 0;
  SmallVector<Term, 2> terms;
  SmallVector<AffineExpr, 4> indices;
  /// Variables bound by a sum; terms[1...] are their extents.
  SmallVector<unsigned, 2> bound;

  /// Variables that the value depends on, one bit each.
  uint64_t free = 0;
  /// Variables bound by the sums in it are firstBound to firstBound + height.
  unsigned height = 0;
  /// A sum in it, and one that a root is taken of; null if there is none.
  const Expr *someSum = nullptr;
  const Expr *rootedSum = nullptr;
  /// Whether an index in it is a digit of another, or one in a slice.
  bool hasDigits = false;
  bool hasSlices = false;
  /// Order of creation: a deterministic order of terms.
  unsigned id = 0;

  void Profile(llvm::FoldingSetNodeID &node) const;
  bool isConstant() const { return kind == Kind::Constant; }
  bool isConstant(double value) const {
    return kind == Kind::Constant && number == value;
  }
  const Expr *inner() const { return terms[0].expr; }
  ArrayRef<Term> extents() const { return ArrayRef<Term>(terms).drop_front(); }
};

/// A variable of the expressions: AffineDimExpr with its number. Those below
/// maxLoops are loops of the operation that is looked at, then come digits of
/// these, those from
/// firstTemporary on are bound while a sum is being built, and the others are
/// bound by sums, numbered from the inside, so that sums that differ in the
/// names of their variables are the same.
constexpr unsigned maxVariables = 64;
constexpr unsigned maxLoops = 16;
constexpr unsigned firstBound = 24;
constexpr unsigned firstTemporary = 44;
/// More than there will be symbols in indices.
constexpr unsigned maxSymbols = 1u << 24;

/// Makes and owns expressions. Every constructor returns the normal form.
class ExprContext {
public:
  explicit ExprContext(MLIRContext *context)
      : indices(*this), context(context) {}

  const Expr *constant(double value);
  const Expr *leaf(Value source, ArrayRef<AffineExpr> indices, Type type);
  const Expr *dim(Value source, int64_t position);
  const Expr *call(Operation *exemplar, Type type,
                   ArrayRef<const Expr *> operands);

  /// Arithmetic in `type`: f32, f64 or (exact) extents where it is null.
  const Expr *add(Type type, ArrayRef<Term> terms);
  const Expr *mul(Type type, ArrayRef<Term> factors);
  const Expr *power(Type type, const Expr *base, double exponent) {
    return mul(type, {{base, exponent}});
  }
  const Expr *magnitude(const Expr *value);
  /// Times the magnitude of `value`, it is `value`.
  const Expr *sign(Type type, const Expr *value, bool hasZero);
  const Expr *maximum(Type type, ArrayRef<const Expr *> values, NaNRule rule);
  /// Null where variables run out.
  const Expr *sum(Type type, const Expr *value, ArrayRef<unsigned> bound,
                  ArrayRef<const Expr *> extents);
  const Expr *round(Type type, const Expr *value);
  const Expr *extend(Type type, const Expr *value);

  /// The expression with variables replaced. A null result says that the
  /// variables ran out.
  const Expr *substitute(const Expr *expr, const Replacements &replacements);

  /// `value`, which depends on `variable` through `slice` alone, for the index
  /// of the axis that the slice is one of.
  const Expr *unslice(const Expr *value, unsigned variable,
                      const Composite &slice);

  AffineExpr variable(unsigned number) {
    return getAffineDimExpr(number, context);
  }
  MLIRContext *getContext() const { return context; }

  Indices indices;

private:
  const Expr *unique(Expr &&expr);
  bool splitBound(const Expr *&value, SmallVectorImpl<unsigned> &bound,
                  SmallVectorImpl<const Expr *> &extents);
  bool mergeBound(const Expr *&value, SmallVectorImpl<unsigned> &bound,
                  SmallVectorImpl<const Expr *> &extents);
  bool unsliceBound(const Expr *&value, ArrayRef<unsigned> bound,
                    ArrayRef<const Expr *> extents);
  bool joinPartialSums(Type type, SmallVectorImpl<Term> &terms);

  MLIRContext *context;
  llvm::FoldingSet<Expr> nodes;
  std::deque<Expr> storage;
  /// What became of expressions, by the replacements as a map.
  llvm::DenseMap<AffineMap,
                 std::unique_ptr<llvm::DenseMap<const Expr *, const Expr *>>>
      substituted;
};

/// Whether arithmetic of this type is taken as the algebra of the reals.
bool isIslandType(Type type);
/// Whether each value of type `from` is one of type `to`.
bool isExactlyIn(Type from, Type to);
/// Whether the value can only be zero, positive or NaN.
bool isNonNegative(const Expr *expr);
/// Whether the value cannot be zero, whatever the tensors hold.
bool isNeverZero(const Expr *expr);
/// Calls `visit` for each index in `expr`, each element once, in a fixed order.
void walkIndices(const Expr *expr, llvm::function_ref<void(AffineExpr)> visit);
/// Calls `visit` for each symbol in the indices of `expr`, outer ones first.
void walkComposites(ExprContext &context, const Expr *expr,
                    llvm::function_ref<void(const Composite &)> visit);
/// The slice through which alone `expr` depends on `variable`, if so.
std::optional<Composite> onlySliceOf(ExprContext &context, const Expr *expr,
                                     unsigned variable);
/// The places that indices in `expr` split `variable` into, most significant
/// first: extents of its digits. Empty where it is not split, or not
/// consistently.
SmallVector<const Expr *> digitsOf(ExprContext &context, const Expr *expr,
                                   unsigned variable);
/// Whether `part` occurs in `expr`.
bool contains(const Expr *expr, llvm::function_ref<bool(const Expr *)> found);
/// The product as its factor list; any expression is a product of one factor.
struct Product {
  double number = 1;
  SmallVector<Term> factors;
};
Product asProduct(const Expr *expr);

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_EXPR_H
