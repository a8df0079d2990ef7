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

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/FoldingSet.h"
#include "llvm/ADT/SmallVector.h"

#include <deque>

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
  Sum,      // sum of terms[0] over the variables `bound`
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

/// A variable of the expressions: AffineDimExpr with its number.
constexpr unsigned maxVariables = 64;
uint64_t variablesOf(ArrayRef<AffineExpr> indices);

/// Makes and owns expressions. Every constructor returns the normal form.
class ExprContext {
public:
  explicit ExprContext(MLIRContext *context) : context(context) {}

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
  const Expr *maximum(Type type, ArrayRef<const Expr *> values, NaNRule rule);
  const Expr *sum(Type type, const Expr *value, ArrayRef<unsigned> bound,
                  ArrayRef<const Expr *> extents);
  const Expr *round(Type type, const Expr *value);
  const Expr *extend(Type type, const Expr *value);

  /// The expression with variables replaced. A null result says that the
  /// variables ran out.
  const Expr *
  substitute(const Expr *expr,
             const llvm::SmallDenseMap<unsigned, AffineExpr> &replacements);

  AffineExpr variable(unsigned number) {
    return getAffineDimExpr(number, context);
  }
  MLIRContext *getContext() const { return context; }

private:
  const Expr *unique(Expr &&expr);

  MLIRContext *context;
  llvm::FoldingSet<Expr> nodes;
  std::deque<Expr> storage;
};

/// Whether arithmetic of this type is taken as the algebra of the reals.
bool isIslandType(Type type);
/// Whether each value of type `from` is one of type `to`.
bool isExactlyIn(Type from, Type to);
/// Whether the value can only be zero, positive or NaN.
bool isNonNegative(const Expr *expr);
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
