//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Looks for norms in the bodies of linalg operations.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FINDER_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FINDER_H

#include "ExprBuilder.h"
#include "Matcher.h"
#include "Rewriter.h"

#include "llvm/ADT/MapVector.h"

namespace mlir::rmsnorm::raise {

/// Why a value that divides by something made of its rows is no norm although
/// no root of a sum is in it; nothing where that would surprise nobody.
std::optional<Refusal> explain(ExprContext &context, const Expr *value);

class Finder {
public:
  Finder(ExprBuilder &builder, bool strictNaN)
      : builder(builder), context(builder.getContext()),
        matcher(context, strictNaN) {}

  /// Finds every norm below `root`, producers before consumers.
  void run(Operation *root);

  /// The matches, in the order of the program.
  ArrayRef<Match *> found() const { return ordered; }
  /// Operations in the order of the program.
  ArrayRef<linalg::LinalgOp> operations() const { return ops; }
  /// A value in the body of `op` that is the reciprocal root of a norm, and the
  /// index of its row in the loops of `op`.
  struct Rstd {
    linalg::LinalgOp op;
    Value value;
    Element row;
  };
  /// All of them, `row.tensor` being the match's sum, whose rows are those of
  /// `match` at `sumOf(match)`.
  SmallVector<Rstd> rstdsOf(const Match &match) const;
  /// The reduction's result and its index where the match's sum is read.
  std::optional<Element> sumOf(const Match &match) const;

  struct Refused {
    Location loc;
    std::string reason;
    /// The step of the proof that failed.
    StringRef proof;
  };
  /// Roots of sums that are no norms, with the reason.
  SmallVector<Refused> refusals() const;
  /// Erases the assertions that the root of a norm is not zero, which its
  /// epsilon proves.
  void eraseProvenAssertions();
  /// A match that could not be rewritten.
  void refuse(const Expr *sum, Location loc, const std::string &reason);

private:
  struct Root {
    Location loc;
    std::string reason;
    int progress = -1;
    bool matched = false;
  };

  void visit(linalg::LinalgOp op);
  /// The norm that `expr` is, as it is or behind slices and the like.
  std::optional<NormForm> match(const Expr *expr,
                                SmallVectorImpl<Refusal> &refusals);
  std::optional<NormForm> matchBehind(const Expr *behind,
                                      SmallVectorImpl<Refusal> &refusals);
  void record(linalg::LinalgOp op, Value value, const Expr *expr,
              const NormForm &form);
  void visitDeferred();
  void visitAssertions(linalg::LinalgOp op);
  void note(linalg::LinalgOp op, Value value, const Expr *expr);
  std::optional<Element> reductionOf(const Expr *sum) const;
  void markMatched(const Expr *expr);
  SmallVector<linalg::LinalgOp> extend(Match &match);
  const Expr *valueOf(linalg::LinalgOp op, Value value);
  std::optional<NormForm> extended(const Match &match, linalg::LinalgOp op,
                                   Value value);
  /// The reduction that made the sum, which is the same for every spelling of
  /// its variables.
  const void *keyOf(const Expr *sum) const;

  ExprBuilder &builder;
  ExprContext &context;
  Matcher matcher;
  std::deque<Match> matches;
  /// The first match of each value.
  llvm::DenseMap<const Expr *, Match *> byExpr;
  /// Parts of norms that are only joined again: rather what is joined is a
  /// norm.
  struct Deferred {
    linalg::LinalgOp op;
    Value value;
    const Expr *expr;
    NormForm form;
  };
  std::deque<Deferred> deferred;
  /// Concatenations behind which norms were found.
  llvm::SmallDenseSet<Operation *> joinsBehind;
  /// Values that a match reaches beyond.
  llvm::SmallDenseSet<Value> covered;
  llvm::MapVector<const void *, Root> roots;
  struct RootValue {
    linalg::LinalgOp op;
    Value value;
    const Expr *expr;
  };
  /// Reciprocal roots by their sum's key.
  llvm::DenseMap<const void *, SmallVector<RootValue>> rootValues;
  /// Assertions that the root of a sum (its key) is not zero.
  SmallVector<std::pair<Operation *, const void *>> assertions;
  llvm::DenseMap<Operation *, unsigned> order;
  SmallVector<linalg::LinalgOp> ops;
  SmallVector<Match *> ordered;
};

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FINDER_H
