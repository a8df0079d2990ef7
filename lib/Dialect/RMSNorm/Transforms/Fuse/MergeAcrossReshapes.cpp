//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Kernels with a reshape between them, merged by expanding one of the two.

#include "Fuser.h"

#include "ReshapeKernels.h"
#include "ToRowKernel.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// What a builder has made, to take it back.
struct Attempt : OpBuilder::Listener {
  explicit Attempt(OpBuilder &b) : b(b) { b.setListener(this); }
  ~Attempt() override { b.setListener(nullptr); }

  void notifyOperationInserted(Operation *op,
                               OpBuilder::InsertPoint previous) override {
    created.push_back(op);
  }
  void undo() {
    for (Operation *op : llvm::reverse(created))
      if (op->use_empty())
        op->erase();
    created.clear();
  }

  OpBuilder &b;
  SmallVector<Operation *> created;
};
} // namespace

static constexpr llvm::StringLiteral kOtherSplit =
    "a reshape between them splits the rows differently";

/// The consumer is tried in its expanded form; nothing has changed if it cannot
/// be merged so.
RowKernelOp Fuser::mergeAcrossCollapse(tensor::CollapseShapeOp collapse,
                                       RowKernelOp producer,
                                       RowKernelOp consumer, unsigned input) {
  b.setInsertionPoint(consumer);
  SmallVector<Value> replacements;
  FailureOr<RowKernelOp> expanded = failure();
  SmallVector<Operation *> created;
  {
    Attempt attempt(b);
    SmallVector<OpFoldResult> sizes =
        getSizes(b, consumer.getLoc(), collapse.getSrc());
    expanded =
        expandKernel(b, consumer, consumer.getMap(input),
                     collapse.getReassociationIndices(), sizes, replacements);
    if (failed(expanded)) {
      attempt.undo();
      refuse(producer, consumer, kOtherSplit);
      return {};
    }
    created = std::move(attempt.created);
  }
  // While the original has no operands, its view of the producer is dead. Its
  // users go first: where a result has none of the loops that were split, its
  // replacement is the expanded kernel's own result, which merging replaces.
  SmallVector<Value> operands(consumer->getOperands());
  consumer->setOperands({});
  consumer->replaceAllUsesWith(replacements);
  RowKernelOp merged = merge(producer, *expanded, /*isSibling=*/false);
  if (!merged) {
    consumer->setOperands(operands);
    for (auto [original, replacement] :
         llvm::zip_equal(consumer.getResults(), replacements))
      replacement.replaceAllUsesWith(original);
    for (Operation *op : llvm::reverse(created))
      if (op->use_empty())
        op->erase();
    return {};
  }
  erase(consumer);
  return merged;
}

/// The same, with the producer expanded.
RowKernelOp Fuser::mergeAcrossExpand(tensor::ExpandShapeOp expand,
                                     RowKernelOp producer,
                                     RowKernelOp consumer) {
  unsigned result = cast<OpResult>(expand.getSrc()).getResultNumber();
  SmallVector<Value> replacements;
  Attempt attempt(b);
  FailureOr<RowKernelOp> expanded = expandKernel(
      b, producer, producer.getOutputMap(result),
      expand.getReassociationIndices(),
      getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(), b),
      replacements);
  if (failed(expanded) ||
      expanded->getResult(result).getType() != expand.getType()) {
    attempt.undo();
    refuse(producer, consumer, kOtherSplit);
    return {};
  }
  // Who read the view reads the result; who read the rest reads views of it.
  Value direct = expanded->getResult(result);
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : expand->getUses())
    uses.push_back(&use);
  for (OpOperand *use : uses)
    use->set(direct);
  for (auto [original, replacement] :
       llvm::zip_equal(producer.getResults(), replacements))
    original.replaceAllUsesExcept(replacement, expand);
  SmallVector<Operation *> created = std::move(attempt.created);
  b.setListener(nullptr);
  if (RowKernelOp merged = merge(*expanded, consumer, /*isSibling=*/false)) {
    expand->erase();
    erase(producer);
    return merged;
  }
  for (auto [original, replacement] :
       llvm::zip_equal(producer.getResults(), replacements))
    replacement.replaceAllUsesWith(original);
  for (OpOperand *use : uses)
    use->set(expand.getResult());
  for (Operation *op : llvm::reverse(created))
    if (op->use_empty())
      op->erase();
  return {};
}
