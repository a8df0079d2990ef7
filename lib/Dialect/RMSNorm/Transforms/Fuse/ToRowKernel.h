//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Turning norms and linalg operations into row kernels.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_TOROWKERNEL_H
#define RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_TOROWKERNEL_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm {

/// How many norms a kernel holds (a discardable attribute, i64).
constexpr llvm::StringLiteral kNormsAttr = "rmsnorm.norms";

/// Collects the parts of a row kernel before it is built. An operand that is a
/// constant, or filled with one, becomes a constant of the body; reshapes that
/// only add or drop unit dimensions disappear into the maps.
class RowKernelBuilder {
public:
  RowKernelBuilder(OpBuilder &b, Location loc, int64_t numLoops)
      : b(b), loc(loc), body(new Block), iterators(numLoops, "parallel"),
        bodyBuilder(b.getContext()) {
    bodyBuilder.setInsertionPointToEnd(body);
  }
  RowKernelBuilder(const RowKernelBuilder &) = delete;
  RowKernelBuilder &operator=(const RowKernelBuilder &) = delete;
  ~RowKernelBuilder() { delete body; }

  /// Adds an input, once for each value and map; returns its element in the
  /// body.
  Value addInput(Value value, AffineMap map);
  void addOutput(Value init, AffineMap map, Value element);
  void setReduction(int64_t dim) { iterators[dim] = "reduction"; }

  OpBuilder &getBody() { return bodyBuilder; }
  int64_t getNumLoops() const { return iterators.size(); }
  size_t getNumOperands() const { return inputs.size() + outputs.size(); }

  /// Builds the operation at the insertion point of `b`.
  RowKernelOp build(int64_t norms);

private:
  OpBuilder &b;
  Location loc;
  Block *body;
  SmallVector<StringRef> iterators;
  OpBuilder bodyBuilder;
  SmallVector<Value> inputs, outputs, elements;
  SmallVector<AffineMap> inputMaps, outputMaps;
};

/// The number of elements of a slice of `input` along `axes` in a kernel's
/// body, of the floating-point type `type`: a constant, or a number computed
/// before the kernel.
Value addCount(OpBuilder &b, Location loc, Value input, ArrayRef<int64_t> axes,
               Type type, RowKernelBuilder &kernel);

/// Drops constant results of an output's map; the reshape that puts the unit
/// dimensions back is returned in `reassociation`.
bool dropUnitResults(AffineMap &map,
                     SmallVector<ReassociationIndices> &reassociation);

/// A row kernel that does what `op` does, or nothing if it is none. The results
/// that replace those of `op` are returned in `replacements`. `op` stays.
FailureOr<RowKernelOp> toRowKernel(OpBuilder &b, RMSNormOp op,
                                   SmallVectorImpl<Value> &replacements);

/// Row kernels that together do what `op` does: one for the gradient of the
/// input, and one for each shape of parameters whose gradients are asked for.
LogicalResult toRowKernels(OpBuilder &b, RMSNormBackwardOp op,
                           SmallVectorImpl<Value> &replacements);

/// The same as toRowKernel for a linalg operation that is elementwise, or that
/// reduces floating-point numbers by addition, maximum or minimum. Contractions
/// are left alone.
FailureOr<RowKernelOp> toRowKernel(OpBuilder &b, linalg::LinalgOp op,
                                   SmallVectorImpl<Value> &replacements);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_TOROWKERNEL_H
