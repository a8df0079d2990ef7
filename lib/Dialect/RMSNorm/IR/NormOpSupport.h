//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What rms_norm and rms_norm_backward have in common: queries and the checks
/// of the verifier. Errors are reported on the operation.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMOPSUPPORT_H
#define RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMOPSUPPORT_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm::detail {

/// f64 for an input of f64, else f32.
FloatType getDefaultComputeType(ShapedType input);
/// Dimensions below `rank` that are not in `axes`, ascending.
SmallVector<int64_t> getRowDims(int64_t rank, ArrayRef<int64_t> axes);
/// The projection of a space of `rank` dimensions to `dims`.
AffineMap getProjection(MLIRContext *context, int64_t rank,
                        ArrayRef<int64_t> dims);
/// Map from the input's dimensions to a parameter's, by NumPy's rules.
AffineMap getParameterMap(ShapedType input, ShapedType parameter);
/// Whether a map uses one of the dimensions `axes`.
bool usesAny(AffineMap map, ArrayRef<int64_t> axes);

LogicalResult verifyElementType(Operation *op, ShapedType type, StringRef name);
/// `type` has the shape of the input.
LogicalResult verifyInputShape(Operation *op, ShapedType input, ShapedType type,
                               StringRef name);
LogicalResult verifyAxes(Operation *op, ArrayRef<int64_t> axes, int64_t rank);
LogicalResult verifyComputeType(Operation *op, std::optional<Type> computeType,
                                ShapedType input);
/// `eps` and `min_rms`: finite, not negative, and so in the compute type.
LogicalResult verifyBound(Operation *op, FloatType computeType,
                          FloatAttr attribute, StringRef name);
/// A parameter, or a parameter's gradient: broadcasts to the input. Null is
/// fine.
LogicalResult verifyParameter(Operation *op, ShapedType input, Value parameter,
                              StringRef name);
LogicalResult verifyRstd(Operation *op, Value rstd, FloatType computeType,
                         ShapedType input, ArrayRef<int64_t> rowDims,
                         bool epsilonVaries);
/// All tensors or all memrefs, with one result per tensor destination.
LogicalResult verifyOperandKinds(Operation *op);

/// Everything but input, outputs and kinds of operands.
template <typename OpTy>
LogicalResult verifyNorm(OpTy op) {
  ShapedType input = op.getInputType();
  if (failed(verifyAxes(op, op.getAxes(), op.getInputRank())) ||
      failed(verifyComputeType(op, op.getComputeType(), input)) ||
      failed(
          verifyBound(op, op.getComputeFloatType(), op.getEpsAttr(), "eps")) ||
      failed(verifyBound(op, op.getComputeFloatType(), op.getMinRmsAttr(),
                         "min_rms")))
    return failure();
  if (op.getEpsilon() && !op.getEps().isZero())
    return op.emitOpError("has both an 'eps' attribute and an 'eps' operand; "
                          "the operand takes the attribute's place");
  if (failed(verifyParameter(op, input, op.getScale(), "scale")) ||
      failed(verifyParameter(op, input, op.getEpsilon(), "eps")))
    return failure();
  return verifyRstd(op, op.getRstd(), op.getComputeFloatType(), input,
                    op.getRowDims(), op.epsilonVariesInSlice());
}

} // namespace mlir::rmsnorm::detail

/// The queries that RMSNorm_NormOp declares, for one operation.
#define RMSNORM_DEFINE_NORM_QUERIES(OP)                                        \
  FloatType OP::getDefaultComputeType() {                                      \
    return detail::getDefaultComputeType(getInputType());                      \
  }                                                                            \
  FloatType OP::getComputeFloatType() {                                        \
    if (std::optional<Type> type = getComputeType())                           \
      return cast<FloatType>(*type);                                           \
    return getDefaultComputeType();                                            \
  }                                                                            \
  SmallVector<int64_t> OP::getRowDims() {                                      \
    return detail::getRowDims(getInputRank(), getAxes());                      \
  }                                                                            \
  AffineMap OP::getParameterMap(Value parameter) {                             \
    return detail::getParameterMap(getInputType(),                             \
                                   cast<ShapedType>(parameter.getType()));     \
  }                                                                            \
  AffineMap OP::getRstdMap() {                                                 \
    return detail::getProjection(getContext(), getInputRank(), getRowDims());  \
  }                                                                            \
  bool OP::epsilonVariesInSlice() {                                            \
    return getEpsilon() &&                                                     \
           detail::usesAny(getParameterMap(getEpsilon()), getAxes());          \
  }

#endif // RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMOPSUPPORT_H
