//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Extents of the results of rms_norm, its backward and row_kernel: those of
/// every operand that has the same dimension of the iteration space.

#include "rmsnorm/Dialect/RMSNorm/Transforms/ValueBoundsOpInterfaceImpl.h"

#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
template <typename OpTy>
struct ValueBoundsModel
    : public ValueBoundsOpInterface::ExternalModel<ValueBoundsModel<OpTy>,
                                                   OpTy> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t dim,
                                       ValueBoundsConstraintSet &bounds) const {
    auto concrete = cast<OpTy>(op);
    SmallVector<AffineMap> maps = concrete.getIndexingMapsArray();
    OpOperand *init = concrete.getTiedOpOperand(cast<OpResult>(value));
    AffineExpr loop = maps[init->getOperandNumber()].getResult(dim);
    for (auto [operand, map] : llvm::zip_equal(op->getOperands(), maps))
      if (std::optional<unsigned> position = map.getResultPosition(loop))
        bounds.bound(value)[dim] == bounds.getExpr(operand, *position);
  }
};
} // namespace

void rmsnorm::registerValueBoundsOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<ValueBoundsModel<RMSNormOp>>(*context);
    RMSNormBackwardOp::attachInterface<ValueBoundsModel<RMSNormBackwardOp>>(
        *context);
    RowKernelOp::attachInterface<ValueBoundsModel<RowKernelOp>>(*context);
  });
}
