//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-separate-inits: every operation gets a destination of its own.

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMSEPARATEINITS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;

/// Gives `use` a copy, made just before it, of the tensor.empty or the fill of
/// one that it writes to.
static bool separate(OpOperand &use) {
  OpBuilder b(use.getOwner());
  Operation *producer = use.get().getDefiningOp();
  if (isa_and_nonnull<tensor::EmptyOp>(producer)) {
    if (use.get().hasOneUse()) {
      // Its buffer need not live before it is written.
      if (producer->getBlock() == use.getOwner()->getBlock())
        producer->moveBefore(use.getOwner());
      return false;
    }
    use.set(b.clone(*producer)->getResult(0));
    return true;
  }
  auto fill = dyn_cast_or_null<linalg::FillOp>(producer);
  auto empty =
      fill ? fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>() : nullptr;
  if (!empty ||
      (use.get().hasOneUse() && fill->getNextNode() == use.getOwner()))
    return false;
  auto newEmpty = cast<tensor::EmptyOp>(b.clone(*empty));
  auto newFill = cast<linalg::FillOp>(b.clone(*fill));
  newFill.getOutputsMutable()[0].set(newEmpty);
  use.set(newFill.getResult(0));
  return true;
}

namespace {
struct SeparateInitsPass
    : public mlir::rmsnorm::impl::RMSNormSeparateInitsBase<SeparateInitsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> producers;
    getOperation()->walk([&](Operation *op) {
      if (isa<tensor::EmptyOp, linalg::FillOp>(op)) {
        producers.push_back(op);
        return;
      }
      if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
        numSeparated += separate(insert.getDestMutable());
      auto style = dyn_cast<DestinationStyleOpInterface>(op);
      if (!style || isa<tensor::InsertSliceOp>(op))
        return;
      for (OpOperand &init : style.getDpsInitsMutable())
        numSeparated += separate(init);
    });
    for (Operation *op : llvm::reverse(producers))
      if (op->use_empty())
        op->erase();
  }
};
} // namespace
