//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Expressions of tensor elements from linalg, tensor and scalar operations.

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_EXPRBUILDER_H
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_EXPRBUILDER_H

#include "Expr.h"
#include "Facts.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::rmsnorm::raise {

/// A tensor one of whose elements is a given expression.
struct Materialization {
  Value tensor;
  SmallVector<AffineExpr> indices;
};

class ExprBuilder {
public:
  using ScalarValues = llvm::DenseMap<Value, const Expr *>;

  ExprBuilder(ExprContext &context, Operation *function,
              bool assumeF32Accumulation)
      : context(context), assumeF32Accumulation(assumeF32Accumulation) {
    dims.collect(function);
  }

  /// The element of `tensor` at `indices`. What is not understood is a leaf.
  const Expr *element(Value tensor, ArrayRef<AffineExpr> indices);
  /// A scalar defined outside of the bodies of linalg operations.
  const Expr *scalar(Value value);
  /// Extent `position` of a tensor.
  const Expr *extent(Value tensor, int64_t position);
  /// All values of the body of `op` where its loops are at `loops`; those of a
  /// reduction with the accumulator as a leaf.
  const ScalarValues &body(linalg::LinalgOp op, ArrayRef<AffineExpr> loops);
  /// Loop variables d0, d1, ... of an operation.
  SmallVector<AffineExpr> loopVariables(linalg::LinalgOp op);

  /// From now on, a value of the body of `op` stands for itself: expressions do
  /// not look behind it.
  /// `as` is the name of the value: another atom that is equal to it, or
  /// itself.
  void makeAtom(linalg::LinalgOp op, Value value, Value as);
  /// Drops what is known of an operation that was looked at too early.
  void forget(linalg::LinalgOp op);

  /// Tensors seen so far that have this element.
  ArrayRef<Materialization> materializations(const Expr *expr) const {
    auto found = seen.find(expr);
    return found == seen.end() ? ArrayRef<Materialization>() : found->second;
  }
  /// Tensors that have the element `other` have the element `expr`.
  void addMaterializations(const Expr *expr, const Expr *other);
  ExprContext &getContext() { return context; }

private:
  const Expr *build(Value tensor, ArrayRef<AffineExpr> indices);
  const Expr *buildLinalg(OpResult result, ArrayRef<AffineExpr> indices);
  const Expr *buildReshape(Value source, Value wide,
                           ArrayRef<ReassociationIndices> groups,
                           ArrayRef<AffineExpr> given, bool expands);
  const Expr *buildReshape(tensor::ReshapeOp reshape,
                           ArrayRef<AffineExpr> indices);
  const Expr *buildExtent(Value tensor, int64_t position);
  const Expr *reduction(linalg::LinalgOp op, OpResult result,
                        ArrayRef<AffineExpr> indices,
                        ArrayRef<AffineExpr> loops, ArrayRef<unsigned> bound,
                        ArrayRef<unsigned> boundLoops);
  AffineExpr affineIndex(linalg::LinalgOp op, Value value,
                         std::optional<unsigned> &loop);
  SmallVector<const Expr *> loopExtents(linalg::LinalgOp op);
  const Expr *extracted(linalg::LinalgOp op, tensor::ExtractOp extract,
                        ArrayRef<AffineExpr> loops);
  const Expr *loopExtent(linalg::LinalgOp op, unsigned loop);
  /// One scalar operation, on the elements of its operands; null if it has no
  /// symbolic form.
  const Expr *evaluate(Operation *op, ArrayRef<const Expr *> operands);
  const Expr *evaluateFloat(Operation *op, Type type,
                            ArrayRef<const Expr *> operands);

  ExprContext &context;
  bool assumeF32Accumulation;
  Extents dims;
  llvm::DenseMap<std::pair<Value, int64_t>, const Expr *> extents;
  /// Operations that are known to be alike, by what they do.
  llvm::DenseMap<llvm::hash_code, SmallVector<Operation *, 1>> alike;
  Value representative(Value value);
  using Key = std::pair<Operation *, AffineMap>;
  AffineMap keyOf(ArrayRef<AffineExpr> indices);
  llvm::DenseMap<std::pair<Value, AffineMap>, const Expr *> elements;
  llvm::DenseMap<Key, std::unique_ptr<ScalarValues>> bodies;
  llvm::DenseMap<Operation *, SmallVector<AffineMap>> bodyKeys;
  llvm::DenseMap<Value, SmallVector<AffineMap>> elementKeys;
  llvm::DenseMap<Value, const Expr *> scalars;
  llvm::DenseMap<const Expr *, SmallVector<Materialization, 1>> seen;
  llvm::DenseMap<Value, Value> atoms;
};

} // namespace mlir::rmsnorm::raise

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_RAISE_EXPRBUILDER_H
