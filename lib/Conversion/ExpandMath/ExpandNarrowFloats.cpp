//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-expand-narrow-floats: arithmetic and conversions of f16, bf16, f8.

#include "NaNPayload.h"
#include "NarrowConversions.h"

#include "rmsnorm/Conversion/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMEXPANDNARROWFLOATS
#include "rmsnorm/Conversion/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
Type elementOf(Value v) { return getElementTypeOrSelf(v.getType()); }

bool isNarrow(Value v) { return isNarrowFloat(elementOf(v)); }

bool isKnownFloat(Value v) {
  Type element = elementOf(v);
  return isNarrowFloat(element) || element.isF32() || element.isF64();
}

/// Arithmetic that keeps its name in f32.
bool isArithmetic(Operation *op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
             arith::MinNumFOp, arith::CmpFOp, arith::SIToFPOp, arith::UIToFPOp,
             arith::FPToSIOp, arith::FPToUIOp, math::FmaOp, vector::FMAOp>(op);
}

bool isConversion(Operation *op) {
  return isa<arith::ExtFOp, arith::TruncFOp>(op);
}

bool touchesNarrow(Operation *op) {
  return llvm::any_of(op->getOperands(), isNarrow) ||
         llvm::any_of(op->getResults(), isNarrow);
}

/// A conversion that the target does, with nothing on it that could drop it.
bool isDone(Operation *op, bool nativeBF16) {
  if (!isConversion(op))
    return false;
  auto fastmath =
      cast<arith::ArithFastMathInterface>(op).getFastMathFlagsAttr();
  if (fastmath && fastmath.getValue() != arith::FastMathFlags::none)
    return false;
  Type from = elementOf(op->getOperand(0)), to = elementOf(op->getResult(0));
  if (isa<arith::ExtFOp>(op))
    return from.isF16() && to.isF32();
  return from.isF32() && (to.isF16() || (to.isBF16() && nativeBF16));
}

class Expander {
public:
  Expander(Operation *op, bool nativeBF16, bool upperNaN)
      : op(op), b(op->getLoc(), op), nativeBF16(nativeBF16),
        upperNaN(upperNaN) {}

  Value expand() {
    if (isConversion(op))
      return convert(operand(0), op->getResult(0));
    if (isa<arith::NegFOp>(op))
      return negate();
    return compute();
  }

private:
  Expr operand(unsigned i) { return Expr(b, op->getOperand(i)); }

  /// To f32. The even or the odd ones of bf16 are halves of integers already.
  Expr widened(Expr x) {
    auto halves = Value(x).getDefiningOp<vector::DeinterleaveOp>();
    auto type = dyn_cast<VectorType>(Value(x).getType());
    if (!halves || !x.element().isBF16() || type.getRank() != 1)
      return widen(x);
    Expr both(b, vector::BitCastOp::create(b, x.typeWith(b.getI32Type()),
                                           halves.getSource()));
    bool odd = Value(x) == halves.getRes2();
    return fromBits(odd ? both & ~int64_t{0xffff} : both << 16, b.getF32Type());
  }

  Value convert(Expr x, Value like) {
    auto to = cast<FloatType>(elementOf(like));
    if (!x.element().isF64())
      x = widened(x);
    if (to.isF64())
      return toF64(x);
    if (to.isF32())
      return toF32(x);
    return narrowTo(x, to, nativeBF16, upperNaN);
  }

  Value negate() {
    Expr i = bits(operand(0));
    int64_t sign = int64_t{1} << (i.width() - 1);
    return fromBits(i ^ sign, cast<FloatType>(elementOf(op->getResult(0))));
  }

  /// The operation on f32 operands; attributes other than fastmath stay.
  Value compute() {
    SmallVector<Value> operands;
    for (Value v : op->getOperands())
      operands.push_back(isNarrow(v) ? Value(widened(Expr(b, v))) : v);
    Value result = op->getResult(0);
    // On extended operands LLVM would take these back to the narrow type, and
    // then call the C library for it.
    if (isa<arith::MaxNumFOp, arith::MinNumFOp>(op) && isNarrow(result))
      return convert(
          maxOrMinOfNumbers(Expr(b, operands[0]), Expr(b, operands[1])),
          result);
    Expr like(b, result);
    Type type =
        isNarrow(result) ? like.typeWith(b.getF32Type()) : result.getType();
    OperationState state(op->getLoc(), op->getName(), operands, TypeRange{type},
                         op->getAttrs());
    state.attributes.erase("fastmath");
    Value value = b.create(state)->getResult(0);
    return isNarrow(result) ? convert(Expr(b, value), result) : value;
  }

  /// A NaN gives way to the other operand.
  Expr maxOrMinOfNumbers(Expr lhs, Expr rhs) {
    Expr chosen = isa<arith::MaxNumFOp>(op) ? select(lhs > rhs, lhs, rhs)
                                            : select(lhs < rhs, lhs, rhs);
    return select(isNaN(rhs), lhs, chosen);
  }

  Operation *op;
  ImplicitLocOpBuilder b;
  bool nativeBF16;
  bool upperNaN;
};

/// Whether the operation rounds to bf16, and of what it rounds a NaN has a
/// lower half of zeros.
bool roundsUpperNaN(Operation *op, NaNPayloads &payloads) {
  return op->getNumResults() == 1 && elementOf(op->getResult(0)).isBF16() &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return !isa<FloatType>(elementOf(operand)) ||
                  payloads.hasZeroLowerHalf(operand);
         });
}

/// Why an operation on narrow floats is not ours, or nothing.
StringRef reasonToLeave(Operation *op) {
  auto isTensor = [](Type t) { return isa<TensorType>(t); };
  if (llvm::any_of(op->getOperandTypes(), isTensor))
    return "only scalars and vectors are expanded";
  if (auto truncate = dyn_cast<arith::TruncFOp>(op)) {
    auto mode = truncate.getRoundingmode();
    if (mode && *mode != arith::RoundingMode::to_nearest_even)
      return "only rounding to nearest even is expanded";
  }
  if (isConversion(op) &&
      (!isKnownFloat(op->getOperand(0)) || !isKnownFloat(op->getResult(0))))
    return "a conversion from or to a type that has no expansion";
  return {};
}

/// The integers, one an element, of which the lower halves are these bf16.
Value lowerHalvesOf(Value value) {
  auto cast = value.getDefiningOp<arith::BitcastOp>();
  auto truncation =
      cast ? cast.getIn().getDefiningOp<arith::TruncIOp>() : nullptr;
  return truncation && elementOf(truncation.getIn()).isInteger(32)
             ? truncation.getIn()
             : Value();
}

/// Even and odd bf16, side by side in integers of twice the width.
void expandInterleave(vector::InterleaveOp op) {
  Value even = lowerHalvesOf(op.getLhs()), odd = lowerHalvesOf(op.getRhs());
  if (!elementOf(op.getResult()).isBF16() || !even || !odd ||
      op.getResultVectorType().getRank() != 1)
    return;
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Expr both = (Expr(b, even) & 0xffff) | (Expr(b, odd) << 16);
  op.replaceAllUsesWith(
      vector::BitCastOp::create(b, op.getResultVectorType(), Value(both))
          .getResult());
  op.erase();
}

struct ExpandNarrowFloatsPass
    : public mlir::rmsnorm::impl::RMSNormExpandNarrowFloatsBase<
          ExpandNarrowFloatsPass> {
  using RMSNormExpandNarrowFloatsBase::RMSNormExpandNarrowFloatsBase;

  void runOnOperation() override {
    if (target != "cpu" && target != "gpu") {
      getOperation()->emitError("option target: got \"")
          << target << "\", expected cpu or gpu";
      return signalPassFailure();
    }
    bool gpu = target == "gpu";
    SmallVector<std::pair<Operation *, bool>> worklist;
    // Asked while there are conversions still, and not what becomes of them.
    NaNPayloads payloads;
    getOperation()->walk([&](Operation *op) {
      if ((isArithmetic(op) || isConversion(op) || isa<arith::NegFOp>(op)) &&
          touchesNarrow(op) && !isDone(op, gpu))
        worklist.push_back({op, roundsUpperNaN(op, payloads)});
    });
    for (auto [op, upperNaN] : worklist) {
      StringRef reason = reasonToLeave(op);
      if (!reason.empty()) {
        op->emitRemark("left alone: ") << reason;
        continue;
      }
      Value value = Expander(op, gpu, upperNaN).expand();
      op->replaceAllUsesWith(ValueRange{value});
      op->erase();
      ++numExpanded;
    }
    if (!gpu)
      getOperation()->walk(expandInterleave);
  }
};
} // namespace
