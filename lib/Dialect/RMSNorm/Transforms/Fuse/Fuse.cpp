//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-fuse: norms and their neighbours into row kernels.

#include "Fuser.h"
#include "ReshapeKernels.h"
#include "ToRowKernel.h"

#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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
};
} // namespace

/// Of the kernel that has just been made, if it is one of these results.
static void dropUnitLoops(OpBuilder &b, ArrayRef<Value> results) {
  if (results.empty())
    return;
  auto kernel = results.front().getDefiningOp<RowKernelOp>();
  SmallVector<Value> replacements;
  while (kernel) {
    FailureOr<RowKernelOp> smaller =
        dropTrailingUnitLoop(b, kernel, replacements);
    if (failed(smaller))
      return;
    kernel->replaceAllUsesWith(replacements);
    kernel.erase();
    kernel = *smaller;
    replacements.clear();
  }
}

void FusePass::convert(Operation *root) {
  SmallVector<Operation *> candidates;
  root->walk([&](Operation *op) {
    if (isa<RMSNormOp, RMSNormBackwardOp>(op) ||
        (!normsOnly && isa<linalg::LinalgOp, tensor::GatherOp>(op)))
      candidates.push_back(op);
  });
  OpBuilder b(root->getContext());
  auto convertOne = [&](Operation *op, SmallVectorImpl<Value> &replacements) {
    if (auto norm = dyn_cast<RMSNormOp>(op))
      return LogicalResult(toRowKernel(b, norm, replacements));
    if (auto backward = dyn_cast<RMSNormBackwardOp>(op))
      return LogicalResult(toRowKernels(b, backward, replacements));
    if (auto gather = dyn_cast<tensor::GatherOp>(op))
      return LogicalResult(lookupToRowKernel(b, gather, replacements));
    auto linalgOp = cast<linalg::LinalgOp>(op);
    FailureOr<RowKernelOp> kernel = toRowKernel(b, linalgOp, replacements);
    if (auto generic = dyn_cast<linalg::GenericOp>(op);
        failed(kernel) && generic)
      return LogicalResult(lookupToRowKernel(b, generic, replacements));
    return LogicalResult(kernel);
  };
  for (Operation *op : candidates) {
    b.setInsertionPoint(op);
    SmallVector<Value> replacements;
    if (failed(convertOne(op, replacements)))
      continue;
    op->replaceAllUsesWith(replacements);
    op->erase();
    ++numConverted;
    dropUnitLoops(b, replacements);
  }
  // Reshapes that the maps now see through would look like further users.
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

void FusePass::runOnOperation() {
  Operation *root = getOperation();
  convert(root);
  numMerged += Fuser(&getContext()).run(root);
  root->walk([&](RowKernelOp op) {
    ++numKernels;
    if (!getNumNorms(op))
      return;
    numNorms += getNumNorms(op);
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("Fused").category("rmsnorm-fuse"))
        << llvm::formatv("one kernel of {0} norm(s), {1} inputs and {2} "
                         "outputs",
                         getNumNorms(op), op.getInputs().size(),
                         op.getOutputs().size())
               .str();
  });
}
