//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Looks behind slices, concatenations and paddings.
///
/// In expressions, a slice is a leaf like any other tensor: most norms of
/// slices are norms of just these. Where that proves nothing, a second look
/// may: the elements of a slice are those of the tensor behind it, a sum over
/// joined tensors is one over each, and sums over parts that make up an axis
/// are a sum over the axis.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_RESOLVER_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_RESOLVER_H

#include "ExprBuilder.h"

namespace mlir::rmsnorm::raise {

class Resolver {
public:
  explicit Resolver(ExprBuilder &builder)
      : builder(builder), context(builder.getContext()) {}

  /// The same value in terms of the tensors behind; null where variables ran
  /// out.
  const Expr *resolve(const Expr *expr);
  /// Concatenations whose operands were found to be one value.
  ArrayRef<Operation *> joinedOperations() const { return joins; }
  /// Whether there is anything to look behind.
  static bool isResolvable(const Expr *expr);

private:
  const Expr *rebuild(const Expr *expr);
  const Expr *rebuildSum(const Expr *expr);
  const Expr *leaf(const Expr *expr);
  const Expr *slice(const Expr *expr, tensor::ExtractSliceOp op);
  const Expr *concat(const Expr *expr, tensor::ConcatOp op);
  const Expr *joined(const Expr *expr, tensor::ConcatOp op,
                     ArrayRef<int64_t> starts);
  const Expr *padded(const Expr *expr, tensor::PadOp op);
  const Expr *sum(Type type, const Expr *value, ArrayRef<unsigned> bound,
                  ArrayRef<const Expr *> extents);
  std::optional<std::pair<unsigned, int64_t>>
  findSplit(const Expr *value, ArrayRef<unsigned> bound,
            ArrayRef<const Expr *> extents);
  const Expr *decide(const Expr *value, ArrayRef<unsigned> bound,
                     ArrayRef<const Expr *> extents);

  ExprBuilder &builder;
  ExprContext &context;
  llvm::DenseMap<const Expr *, const Expr *> done;
  SmallVector<Operation *> joins;
  /// Sums are split so many times at most.
  unsigned splits = 64;
};

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_RESOLVER_H
