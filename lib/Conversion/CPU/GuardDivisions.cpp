//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-guard-divisions: integer divisions that cannot end the process.

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMGUARDDIVISIONS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;

static bool isDivision(Operation *op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::CeilDivSIOp,
             arith::CeilDivUIOp, arith::FloorDivSIOp, arith::RemSIOp,
             arith::RemUIOp>(op);
}

/// A program that divides by zero means nothing: it fails with a message.
static void requireNonZero(ImplicitLocOpBuilder &b, Value divisor) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(divisor.getType()));
  Value valid =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, divisor, zero);
  cf::AssertOp::create(b, valid, "division by zero");
}

/// Dividing the smallest number by -1 overflows, which traps on x86: -1 is
/// taken out and gives the negated number, as two's complement has it.
static void handleMinusOne(ImplicitLocOpBuilder &b, Operation *op) {
  Value number = op->getOperand(0), divisor = op->getOperand(1);
  Type type = divisor.getType();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value one = arith::ConstantOp::create(b, b.getIntegerAttr(type, 1));
  Value minusOne = arith::ConstantOp::create(b, b.getIntegerAttr(type, -1));
  Value special =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, divisor, minusOne);
  op->setOperand(1, arith::SelectOp::create(b, special, one, divisor));
  Value instead = isa<arith::RemSIOp>(op)
                      ? zero
                      : arith::SubIOp::create(b, zero, number).getResult();
  b.setInsertionPointAfter(op);
  auto result = arith::SelectOp::create(b, special, instead, op->getResult(0));
  op->getResult(0).replaceAllUsesExcept(result, result);
}

namespace {
struct GuardDivisionsPass
    : public mlir::rmsnorm::impl::RMSNormGuardDivisionsBase<
          GuardDivisionsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> divisions;
    getOperation()->walk([&](Operation *op) {
      // Vectors come later, from kernels that divide by extents of loops that
      // run.
      if (isDivision(op) && op->getResult(0).getType().isIntOrIndex())
        divisions.push_back(op);
    });
    for (Operation *op : divisions) {
      std::optional<int64_t> known = getConstantIntValue(op->getOperand(1));
      if (known && *known != 0 && *known != -1)
        continue;
      ImplicitLocOpBuilder b(op->getLoc(), op);
      if (!known || *known == 0)
        requireNonZero(b, op->getOperand(1));
      if (!isa<arith::DivUIOp, arith::CeilDivUIOp, arith::RemUIOp>(op) &&
          (!known || *known == -1))
        handleMinusOne(b, op);
      ++numGuarded;
    }
  }
};
} // namespace
