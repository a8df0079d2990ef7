//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Analysis/RowKernelAnalysis.h"

using namespace mlir;
using namespace mlir::rmsnorm;

RowKernelAnalysis::RowKernelAnalysis(RowKernelOp op) : op(op) {
  unsigned numLoops = op.getNumLoops();
  reductionDims.resize(numLoops);
  for (int64_t dim : op.getReductionDims())
    reductionDims.set(dim);

  Block &body = op.getBody().front();
  for (BlockArgument argument : body.getArguments()) {
    llvm::SmallBitVector used(numLoops);
    auto use = [&](AffineMap map) {
      for (AffineExpr expr : map.getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(expr))
          used.set(dim.getPosition());
    };
    AffineMap map = op.getMap(argument.getArgNumber());
    use(map);
    for (unsigned dim = 0; dim < map.getNumResults(); ++dim)
      if (std::optional<unsigned> index =
              op.getGatherIndex(argument.getArgNumber(), dim))
        use(op.getMap(*index));
    dims[argument] = used;
    phases[argument] = 0;
  }
  reductions.resize(1);
  for (Operation &nested : body.without_terminator()) {
    unsigned phase = 0;
    llvm::SmallBitVector used(numLoops);
    for (Value operand : nested.getOperands()) {
      phase = std::max(phase, phases.lookup(operand));
      used |= dims.find(operand)->second;
    }
    if (auto reduce = dyn_cast<ReduceOp>(nested)) {
      if (reductions.size() <= phase)
        reductions.resize(phase + 1);
      reductions[phase].push_back(reduce);
      ++phase;
      used.reset(reductionDims);
    }
    numPhases = std::max(numPhases, phase + 1);
    for (Value result : nested.getResults()) {
      phases[result] = phase;
      dims[result] = used;
    }
  }
  reductions.resize(numPhases);
}
