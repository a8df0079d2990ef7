//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// From proofs to operations: makes rms_norm and what remains around it.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_REWRITER_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_REWRITER_H

#include "ExprBuilder.h"
#include "Matcher.h"

#include "mlir/IR/Dominance.h"

namespace mlir::rmsnorm::raise {

/// A value of the body of `op` that is a norm, its loops being d0, d1, ...
struct Match {
  linalg::LinalgOp op;
  Value value;
  NormForm form;
  /// What was made of it: the operation, its result (perhaps reshaped), and
  /// the index of that's element in the loops of `op`.
  RMSNormOp norm;
  Value result;
  SmallVector<AffineExpr> indices;
  /// Where the value is a part of the norm: the norm's result before that.
  Value whole;
  /// An earlier match that is the same value in the same variables, if any.
  Match *same = nullptr;
};

/// A tensor and the index of an element in some variables.
struct Element {
  Value tensor;
  SmallVector<AffineExpr> indices;
};

/// Where values inside of a body come from after rewriting.
using ScalarReplacements = llvm::DenseMap<Value, Element>;

class Rewriter {
public:
  Rewriter(ExprBuilder &builder, Operation *root)
      : builder(builder), context(builder.getContext()), dominance(root),
        b(root->getContext()) {
    root->walk([&](Operation *op) { originals.insert(op); });
  }

  /// Whether `value` can be read at `op`, one of the original operations.
  bool isAvailable(Value value, Operation *op);

  /// Makes the rms_norm of `match`, as early as its operands allow, `early`
  /// being an operation that its result should come after, if any. Fails, and
  /// says why, where an operand cannot be had as a tensor.
  LogicalResult makeNorm(Match &match, Operation *early, bool withRstd,
                         std::string &reason);
  /// Replaces values of the body of `op`; what is left of the operation stays.
  void rewrite(linalg::LinalgOp op, const ScalarReplacements &replacements);

  /// The part of the norm that `match` is, if all of it was made for `other`.
  LogicalResult takePart(Match &match, const Match &other);

private:
  LogicalResult takePart(Match &match, Location loc);
  LogicalResult makeNorm(Match &match, bool withRstd, std::string &reason);
  std::optional<Element> findX(Match &match, const Expr *x);
  std::optional<Element> findSplitX(Match &match, const Expr *x);
  std::optional<Element> usable(const Expr *x, Value tensor,
                                ArrayRef<AffineExpr> indices);
  std::optional<Element> sliceOf(Match &match, const Expr *x);
  /// The element as one of a tensor that has a dimension for each digit of a
  /// number in its indices; null if that cannot be had.
  std::optional<Element> withDigits(const Element &element, Location loc);
  std::optional<OpFoldResult> size(const Expr *extent, Location loc);
  /// The result of the norm in the variables of the value itself.
  LogicalResult joinDigits(Match &match, Location loc);
  LogicalResult findAxes(const NormForm &form, const Element &x,
                         SmallVectorImpl<int64_t> &axes, std::string &reason);
  /// A tensor with `expr` as elements, aligned with the trailing dimensions of
  /// a tensor whose element is `x`.
  /// Its elements are of `type` where the expression is a number.
  FailureOr<Value> parameter(const Expr *expr, const Element &x, Type type,
                             Location loc);
  std::optional<Element>
  parameterElement(const Expr *leaf, const Replacements &loops, Location loc);
  Value emit(const Expr *expr, Type type, Location loc,
             const llvm::DenseMap<const Expr *, Value> &leaves);

  ExprBuilder &builder;
  ExprContext &context;
  DominanceInfo dominance;
  /// Where new operations are is known from the original operation that they
  /// were put in front of: asking for the order of an operation that was just
  /// inserted numbers its whole block again.
  llvm::SmallDenseSet<Operation *> originals;
  llvm::DenseMap<Operation *, Operation *> inFrontOf;
  OpBuilder b;
  /// The operation in front of which operands are made.
  Operation *anchor = nullptr;
  llvm::DenseMap<Value, Match *> made;
};

/// `tensor` as `type`, which has other extents of 1 or other static extents;
/// null if that cannot be said.
Value withUnitExtents(OpBuilder &b, Location loc, Value tensor,
                      RankedTensorType type);

/// A copy of `op` as a linalg.generic in which `replacements` are read instead
/// of computed; results given up in `drop` are not made. Returns the values of
/// the results that are kept, null for the others.
SmallVector<Value> rebuildGeneric(OpBuilder &b, linalg::LinalgOp op,
                                  const ScalarReplacements &replacements,
                                  ArrayRef<bool> drop);

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_REWRITER_H
