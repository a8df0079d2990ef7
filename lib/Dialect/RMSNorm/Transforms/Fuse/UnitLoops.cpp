//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Elementwise kernels on statistics that keep a dimension of extent 1.

#include "ReshapeKernels.h"

#include "ToRowKernel.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// The loop of extent 1 that is the last dimension of every output.
static std::optional<unsigned> getTrailingUnitLoop(RowKernelOp op) {
  std::optional<unsigned> loop;
  for (int64_t index = 0; index < int64_t(op.getOutputs().size()); ++index) {
    AffineMap map = op.getOutputMap(index);
    if (map.getNumResults() < 2 ||
        !isa<RankedTensorType>(op.getOutputs()[index].getType()))
      return std::nullopt;
    auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
    if (!last || (loop && *loop != last.getPosition()))
      return std::nullopt;
    loop = last.getPosition();
  }
  if (!loop || op.getStaticLoopExtents()[*loop] != 1)
    return std::nullopt;
  return loop;
}

/// `map` without loop `dropped`, which is read at its only position.
static AffineMap withoutLoop(AffineMap map, unsigned dropped) {
  SmallVector<AffineExpr> loops;
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
    loops.push_back(dim == dropped ? getAffineConstantExpr(0, map.getContext())
                                   : getAffineDimExpr(dim - (dim > dropped),
                                                      map.getContext()));
  return map.replaceDimsAndSymbols(loops, {}, map.getNumDims() - 1, 0);
}

FailureOr<RowKernelOp>
rmsnorm::dropTrailingUnitLoop(OpBuilder &b, RowKernelOp op,
                              SmallVectorImpl<Value> &replacements) {
  std::optional<unsigned> loop = getTrailingUnitLoop(op);
  if (!loop || !op.getReductionDims().empty())
    return failure();
  for (unsigned index = 0; index < op.getInputs().size(); ++index)
    if (op.isGathered(index))
      return failure();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  Location loc = op.getLoc();
  RowKernelBuilder kernel(b, loc, op.getNumLoops() - 1);
  IRMapping mapping;
  kernel.addInputsOf(
      op,
      [&](unsigned index) -> std::optional<std::pair<Value, AffineMap>> {
        return {{op.getInputs()[index], withoutLoop(op.getMap(index), *loop)}};
      },
      mapping);
  for (Operation &nested : op.getBody().front().without_terminator())
    kernel.getBody().clone(nested, mapping);
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  for (auto [index, output] : llvm::enumerate(op.getOutputs())) {
    SmallVector<OpFoldResult> sizes = getSizes(b, loc, output);
    sizes.pop_back();
    AffineMap map = op.getOutputMap(index);
    map = withoutLoop(map.dropResult(map.getNumResults() - 1), *loop);
    kernel.addOutput(tensor::EmptyOp::create(
                         b, loc, sizes, getElementTypeOrSelf(output.getType())),
                     map, mapping.lookup(yield.getValues()[index]));
  }
  SmallVector<Attribute> fused;
  if (auto names = op->getAttrOfType<ArrayAttr>(kFusedAttr))
    llvm::append_range(fused, names);
  RowKernelOp result = kernel.build(getNumNorms(op), fused);
  for (auto [index, output] : llvm::enumerate(op.getOutputs())) {
    auto type = cast<RankedTensorType>(output.getType());
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0; dim + 1 < type.getRank(); ++dim)
      groups.push_back({dim});
    groups.back().push_back(type.getRank() - 1);
    replacements.push_back(
        tensor::ExpandShapeOp::create(b, loc, type, result.getResult(index),
                                      groups, getSizes(b, loc, output)));
  }
  return result;
}
