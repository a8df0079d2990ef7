//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// One-shot bufferisation of rms_norm, its backward and row_kernel.
///
/// Destinations are only written, so their former contents need no copy. An
/// output may be the very buffer of an input that is read through the same
/// one-to-one map: each of its elements is read for the last time before the
/// output element of the same position is written. Any other input (a
/// broadcast scale, a transposed view) is read again for later positions and
/// must not be overwritten.

#include "rmsnorm/Dialect/RMSNorm/Transforms/BufferizableOpInterfaceImpl.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace mlir::rmsnorm;

/// Whether the elements of a tensor operand are looked at.
static bool readsInput(RMSNormOp op, OpOperand &operand) { return true; }
static bool readsInput(RMSNormBackwardOp op, OpOperand &operand) {
  return true;
}
static bool readsInput(RowKernelOp op, OpOperand &operand) {
  unsigned index = operand.getOperandNumber();
  return !op.getBody().getArgument(index).use_empty() ||
         op.isGatherIndex(index);
}

/// Whether every element of an operand is read for the last time before the
/// output element of the same position is written.
static bool readsBeforeWriting(RMSNormOp op) { return true; }
static bool readsBeforeWriting(RowKernelOp op) { return true; }
static bool readsBeforeWriting(RMSNormBackwardOp op) {
  return !op.hasParameterGradients(); // They are sums over all rows.
}

namespace {
template <typename OpTy>
struct BufferizableModel
    : public DstBufferizableOpInterfaceExternalModel<BufferizableModel<OpTy>,
                                                     OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    auto concrete = cast<OpTy>(op);
    return concrete.isDpsInput(&operand) && readsInput(concrete, operand);
  }

  bool bufferizesToElementwiseAccess(Operation *op, const AnalysisState &state,
                                     ArrayRef<OpOperand *> operands) const {
    auto concrete = cast<OpTy>(op);
    if (!readsBeforeWriting(concrete))
      return false;
    AffineMap first;
    for (OpOperand *operand : operands) {
      if (!isa<RankedTensorType, MemRefType>(operand->get().getType()))
        continue;
      AffineMap map = concrete.getMatchingIndexingMap(operand);
      if (!map.isPermutation() || (first && map != first))
        return false;
      first = map;
    }
    return true;
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto concrete = cast<OpTy>(op);
    if (concrete.hasPureBufferSemantics())
      return success();
    if (!concrete.hasPureTensorSemantics())
      return op->emitOpError("has both tensor and memref operands");
    rewriter.setInsertionPoint(op);
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        buffers.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    OperationState newState(op->getLoc(), op->getName(), buffers, TypeRange(),
                            op->getAttrs());
    for (Region &region : op->getRegions())
      newState.addRegion()->takeBody(region);
    auto buffered = cast<OpTy>(rewriter.create(newState));
    replaceOpWithBufferizedValues(rewriter, op, buffered.getDpsInits());
    return success();
  }
};
} // namespace

void rmsnorm::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<BufferizableModel<RMSNormOp>>(*context);
    RMSNormBackwardOp::attachInterface<BufferizableModel<RMSNormBackwardOp>>(
        *context);
    RowKernelOp::attachInterface<BufferizableModel<RowKernelOp>>(*context);
    context->loadDialect<bufferization::BufferizationDialect>();
  });
}
