//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-lower-row-kernels: row kernels on buffers into vector code.

#include "RowKernelEmitter.h"

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMLOWERROWKERNELS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
struct LowerRowKernelsPass
    : public mlir::rmsnorm::impl::RMSNormLowerRowKernelsBase<
          LowerRowKernelsPass> {
  using RMSNormLowerRowKernelsBase::RMSNormLowerRowKernelsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<RowKernelOp> kernels;
    WalkResult result = getOperation()->walk([&](RowKernelOp op) {
      if (op.getNumResults() != 0) {
        op.emitOpError("must be on memrefs: bufferize first");
        return WalkResult::interrupt();
      }
      kernels.push_back(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (RowKernelOp op : kernels)
      lower(op, symbols);
  }

  void lower(RowKernelOp op, SymbolTable &symbols);
};
} // namespace

/// Estimated nanoseconds of the whole kernel.
static Value emitWork(ImplicitLocOpBuilder &b, RowKernelOp op,
                      const RowKernelSchedule &schedule) {
  Value work = arith::ConstantIndexOp::create(b, schedule.costPerPoint);
  for (int64_t dim = 0; dim < op.getNumLoops(); ++dim) {
    auto [operand, position] = op.getExtentSource(dim);
    Value extent = memref::DimOp::create(b, op.getOperand(operand), position);
    work = arith::MulIOp::create(b, work, extent);
  }
  return arith::DivUIOp::create(b, work,
                                arith::ConstantIndexOp::create(b, 1000));
}

void LowerRowKernelsPass::lower(RowKernelOp op, SymbolTable &symbols) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  RowKernelAnalysis analysis(op);
  RowKernelSchedule schedule = scheduleRowKernel(analysis, vectorBits);

  Type index = b.getIndexType();
  SmallVector<Type> types{index, index};
  llvm::append_range(types, op.getOperandTypes());
  std::string name = op.getKernelName().value_or("row_kernel").str();
  auto function = func::FuncOp::create(
      op.getLoc(), name, FunctionType::get(&getContext(), types, {}));
  function.setPrivate();
  symbols.insert(function);

  Block *entry = function.addEntryBlock();
  ImplicitLocOpBuilder body(op.getLoc(), OpBuilder::atBlockBegin(entry));
  RowKernelEmitter emitter(analysis, schedule,
                           entry->getArguments().drop_front(2));
  emitter.emitItems(body, entry->getArgument(0), entry->getArgument(1));
  body.setInsertionPointToEnd(entry);
  func::ReturnOp::create(body);

  Value count = RowKernelEmitter::emitItemCount(b, op, schedule);
  Value grain = arith::ConstantIndexOp::create(b, 1);
  ParallelCallOp::create(b, function.getSymName(), count, grain,
                         emitWork(b, op, schedule), op.getOperands());
  op.erase();
  ++numKernels;
  numKept += schedule.kept.size();
  if (schedule.lanes == 1)
    ++numScalar;
}
