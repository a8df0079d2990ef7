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

class Finder {
public:
  Finder(ExprBuilder &builder, bool strictNaN)
      : builder(builder), context(builder.getContext()),
        matcher(context, strictNaN) {}

  /// Finds every norm below `root`, producers before consumers.
  void run(Operation *root);

  /// The matches by operation, in the order of the program.
  ArrayRef<std::pair<linalg::LinalgOp, SmallVector<Match *>>> groups() const {
    return grouped;
  }
  struct Refused {
    Location loc;
    std::string reason;
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
  void visitAssertions(linalg::LinalgOp op);
  void note(Value value, const Expr *expr);
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
  /// Values that a match reaches beyond.
  llvm::SmallDenseSet<Value> covered;
  llvm::MapVector<const void *, Root> roots;
  /// Assertions that the root of a sum (its key) is not zero.
  SmallVector<std::pair<Operation *, const void *>> assertions;
  llvm::DenseMap<Operation *, unsigned> order;
  SmallVector<std::pair<linalg::LinalgOp, SmallVector<Match *>>> grouped;
};

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_FINDER_H
