//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-guard-divisions: integer divisions that cannot end the process.

#include "Checks.h"

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMGUARDDIVISIONS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

/// A program that divides by zero means nothing: it fails with a message.
static void requireNonZero(ImplicitLocOpBuilder &b, Operation *op) {
  Value divisor = op->getOperand(1);
  Type type = divisor.getType();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value valid =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, divisor, zero);
  cf::AssertOp::create(b, valid, kDivisionByZero);
  if (isSpeculatedDivision(op))
    op->setOperand(
        1, arith::SelectOp::create(
               b, valid, divisor,
               arith::ConstantOp::create(b, b.getIntegerAttr(type, 1))));
}

/// Takes the case `divisor == value` out of a division: it gives `instead`.
static void takeOut(ImplicitLocOpBuilder &b, Operation *op, int64_t value,
                    llvm::function_ref<Value()> instead) {
  OpBuilder::InsertionGuard guard(b);
  Value divisor = op->getOperand(1);
  Type type = divisor.getType();
  Value one = arith::ConstantOp::create(b, b.getIntegerAttr(type, 1));
  Value taken = arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
  Value special =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, divisor, taken);
  op->setOperand(1, arith::SelectOp::create(b, special, one, divisor));
  Value other = instead();
  b.setInsertionPointAfter(op);
  Value quotient = op->getResult(0);
  auto result = arith::SelectOp::create(b, special, other, quotient);
  quotient.replaceAllUsesExcept(result, result);
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
      if (isIntegerDivision(op) && op->getResult(0).getType().isIntOrIndex())
        divisions.push_back(op);
    });
    for (Operation *op : divisions) {
      std::optional<int64_t> known = getConstantIntValue(op->getOperand(1));
      if (known && *known != 0 && *known != -1)
        continue;
      ImplicitLocOpBuilder b(op->getLoc(), op);
      Type type = op->getResult(0).getType();
      auto zero = [&]() -> Value {
        return arith::ConstantOp::create(b, b.getZeroAttr(type));
      };
      // A row kernel's points are checked where its code is emitted, vector by
      // vector.
      if ((!known || *known == 0) &&
          !op->getParentOfType<rmsnorm::RowKernelOp>())
        requireNonZero(b, op);
      // The smallest number by -1 overflows, which traps on x86: negated as
      // two's complement has it.
      if (!isa<arith::DivUIOp, arith::CeilDivUIOp, arith::RemUIOp>(op) &&
          (!known || *known == -1))
        takeOut(b, op, -1, [&]() -> Value {
          if (isa<arith::RemSIOp>(op))
            return zero();
          return arith::SubIOp::create(b, zero(), op->getOperand(0));
        });
      ++numGuarded;
    }
  }
};
} // namespace
