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

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::rmsnorm {

/// Collects the parts of a row kernel before it is built. An operand that is a
/// constant, or filled with one, becomes a constant of the body, one number
/// that a few scalar operations compute is computed in the body; reshapes that
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
  /// Adds an input of integers by which dimensions of others are gathered.
  Value addIndexInput(Value value, AffineMap map);
  /// Adds an input of which some dimensions (each with a constant 0 in `map`)
  /// are indexed by elements, which addIndexInput has returned.
  Value addGatheredInput(Value value, AffineMap map,
                         ArrayRef<std::pair<int64_t, Value>> indices);
  /// Adds the inputs of `op`, each as the value and map that `translate` gives
  /// for its number, or not if it gives nothing; maps the arguments of its body
  /// to their elements.
  void addInputsOf(
      RowKernelOp op,
      llvm::function_ref<std::optional<std::pair<Value, AffineMap>>(unsigned)>
          translate,
      IRMapping &mapping);
  void addOutput(Value init, AffineMap map, Value element);
  void setReduction(int64_t dim) { iterators[dim] = "reduction"; }

  /// Whether every loop is that of an operand, as the operation requires.
  bool coversLoops() const;

  OpBuilder &getBody() { return bodyBuilder; }
  int64_t getNumLoops() const { return iterators.size(); }
  size_t getNumOperands() const { return inputs.size() + outputs.size(); }

  /// Builds the operation at the insertion point of `b`; `fused` are the names
  /// of the operations that it stands for.
  RowKernelOp build(int64_t norms, ArrayRef<Attribute> fused);

private:
  OpBuilder &b;
  Location loc;
  Block *body;
  SmallVector<StringRef> iterators;
  OpBuilder bodyBuilder;
  SmallVector<Value> inputs, outputs, elements;
  SmallVector<int64_t> gathers; // triples, as in the operation
  SmallVector<AffineMap> inputMaps, outputMaps;
};

/// The constant of which every element of `value` consists, if it is known.
TypedAttr getSplat(Value value);

/// Whether the body is scalar code that may be moved, with operands from
/// inside, constants and numbers.
bool hasMovableBody(linalg::LinalgOp op);

/// How many norms a kernel holds.
int64_t getNumNorms(RowKernelOp op);

/// Sees through a reshape that only adds or drops dimensions of extent 1: the
/// value becomes its source, the map the one by which that is read.
bool peelUnitReshape(Value &value, AffineMap &map);

/// The extents of `value`, one or all, without asking a kernel's result or
/// views of it: nobody is to wait for a result because of its extents.
OpFoldResult getSize(OpBuilder &b, Location loc, Value value, int64_t dim);
SmallVector<OpFoldResult> getSizes(OpBuilder &b, Location loc, Value value);

/// The number of elements of a slice of `input` along `axes` in a kernel's
/// body, of the floating-point type `type`: a constant, or a number computed
/// before the kernel.
Value addCount(OpBuilder &b, Location loc, Value input, ArrayRef<int64_t> axes,
               Type type, RowKernelBuilder &kernel);

/// Drops constant results of an output's map; the reshape that puts the unit
/// dimensions back is returned in `reassociation`.
bool dropUnitResults(AffineMap &map,
                     SmallVector<ReassociationIndices> &reassociation);

/// A destination without the unit dimensions of `init`, an output whose map
/// `fullMap` has a constant for each of them.
Value dropUnitDims(OpBuilder &b, Location loc, Value init, AffineMap fullMap);

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

/// The same for rows looked up by index: a generic with `tensor.extract`, whose
/// assertions on the indices are checked before the kernel, once for each
/// index.
FailureOr<RowKernelOp> lookupToRowKernel(OpBuilder &b, linalg::GenericOp op,
                                         SmallVectorImpl<Value> &replacements);
FailureOr<RowKernelOp> lookupToRowKernel(OpBuilder &b, tensor::GatherOp op,
                                         SmallVectorImpl<Value> &replacements);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_DIALECT_RMSNORM_TRANSFORMS_FUSE_TOROWKERNEL_H
