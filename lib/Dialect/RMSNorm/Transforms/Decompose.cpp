//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-decompose: rms_norm and rms_norm_backward into linalg.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMDECOMPOSE
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
struct DecomposePass
    : public mlir::rmsnorm::impl::RMSNormDecomposeBase<DecomposePass> {
  void runOnOperation() override {
    SmallVector<linalg::AggregatedOpInterface> ops;
    getOperation()->walk([&](linalg::AggregatedOpInterface op) {
      if (isa<RMSNormOp, RMSNormBackwardOp>(op) &&
          isa<RankedTensorType>(op->getOperand(0).getType()))
        ops.push_back(op);
    });
    OpBuilder b(&getContext());
    for (linalg::AggregatedOpInterface op : ops) {
      FailureOr<SmallVector<Value>> results = op.decomposeOperation(b);
      if (failed(results))
        return signalPassFailure();
      op->replaceAllUsesWith(*results);
      op->erase();
      ++numDecomposed;
    }
  }
};
} // namespace
