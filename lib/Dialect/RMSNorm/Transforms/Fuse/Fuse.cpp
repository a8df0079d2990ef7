//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-fuse: norms and their neighbours into row kernels.

#include "MergeRowKernels.h"
#include "ToRowKernel.h"

#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMFUSE
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
class FusePass : public mlir::rmsnorm::impl::RMSNormFuseBase<FusePass> {
public:
  using RMSNormFuseBase::RMSNormFuseBase;

private:
  void runOnOperation() override;
  void convert(Operation *root);
  void merge(Operation *root);
  RowKernelOp mergeInto(RowKernelOp consumer);

  /// Kernels that merging made superfluous in the current sweep.
  llvm::DenseSet<Operation *> erased;
  /// Why neighbours of norms were not merged in the last sweep.
  SmallVector<std::pair<Location, std::string>> refusals;
};
} // namespace

static int64_t getNorms(RowKernelOp op) {
  auto attribute = op->getAttrOfType<IntegerAttr>(kNormsAttr);
  return attribute ? attribute.getInt() : 0;
}

void FusePass::convert(Operation *root) {
  SmallVector<Operation *> candidates;
  root->walk([&](Operation *op) {
    if (isa<RMSNormOp, RMSNormBackwardOp>(op) ||
        (!normsOnly && isa<linalg::LinalgOp>(op)))
      candidates.push_back(op);
  });
  OpBuilder b(root->getContext());
  for (Operation *op : candidates) {
    b.setInsertionPoint(op);
    SmallVector<Value> replacements;
    LogicalResult converted =
        llvm::TypeSwitch<Operation *, LogicalResult>(op)
            .Case<RMSNormOp>([&](RMSNormOp op) {
              return LogicalResult(toRowKernel(b, op, replacements));
            })
            .Case<RMSNormBackwardOp>([&](RMSNormBackwardOp op) {
              return toRowKernels(b, op, replacements);
            })
            .Default([&](Operation *op) {
              return LogicalResult(
                  toRowKernel(b, cast<linalg::LinalgOp>(op), replacements));
            });
    if (failed(converted))
      continue;
    op->replaceAllUsesWith(replacements);
    op->erase();
    ++numConverted;
  }
  // Reshapes that the maps now see through would look like further users.
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

/// Merges one producer into `consumer`; returns the kernel that is then in its
/// place, or nothing.
RowKernelOp FusePass::mergeInto(RowKernelOp consumer) {
  OpBuilder b(consumer);
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (Value input : consumer.getInputs()) {
    auto producer = input.getDefiningOp<RowKernelOp>();
    if (!producer || !seen.insert(producer).second)
      continue;
    bool concernsNorm = getNorms(producer) || getNorms(consumer);
    Location loc = getNorms(producer) ? producer.getLoc() : consumer.getLoc();
    std::string why;
    FailureOr<RowKernelOp> merged = mergeRowKernels(b, producer, consumer, why);
    if (failed(merged)) {
      if (concernsNorm)
        refusals.emplace_back(loc, why);
      continue;
    }
    if (producer->use_empty()) {
      erased.insert(producer);
      producer.erase();
    }
    ++numMerged;
    return *merged;
  }
  return {};
}

void FusePass::merge(Operation *root) {
  bool changed = true;
  while (changed) {
    changed = false;
    refusals.clear();
    erased.clear();
    SmallVector<RowKernelOp> kernels;
    root->walk([&](RowKernelOp op) { kernels.push_back(op); });
    // From the last one on, so that a consumer takes in its producers before
    // they have taken in theirs.
    for (RowKernelOp op : llvm::reverse(kernels)) {
      if (erased.contains(op))
        continue;
      while (RowKernelOp merged = mergeInto(op)) {
        changed = true;
        op = merged;
      }
    }
  }
  for (auto &[loc, why] : refusals)
    remark::missed(
        loc, remark::RemarkOpts::name("NotFused").category("rmsnorm-fuse"))
        << "a neighbour is not fused with the norm: " + why;
}

void FusePass::runOnOperation() {
  Operation *root = getOperation();
  convert(root);
  merge(root);
  root->walk([&](RowKernelOp op) {
    ++numKernels;
    if (!getNorms(op))
      return;
    numNorms += getNorms(op);
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("Fused").category("rmsnorm-fuse"))
        << llvm::formatv("one kernel of {0} norm(s), {1} inputs and {2} "
                         "outputs",
                         getNorms(op), op.getInputs().size(),
                         op.getOutputs().size())
               .str();
  });
}
