//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-expand-math: functions of the math dialect into arithmetic.

#include "Functions.h"

#include "rmsnorm/Conversion/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMEXPANDMATH
#include "rmsnorm/Conversion/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
using Unary = Expr (*)(Expr);

Expr reciprocalRoot(Expr x) { return 1.0 / sqrt(x); }

/// To the nearest integer, halves away from zero: the number just below one
/// half does not carry over where x is the number just below one half.
Expr roundAway(Expr x) {
  double half = x.width() == 32 ? 0x1.fffffep-2 : 0x1.fffffffffffffp-2;
  return trunc(x + copysign(x.lit(half), x));
}

Unary unaryBuilder(Operation *op, bool avx512) {
  return TypeSwitch<Operation *, Unary>(op)
      .Case([=](math::ExpOp) { return avx512 ? buildExpAVX512 : buildExp; })
      .Case([=](math::Exp2Op) { return avx512 ? buildExp2AVX512 : buildExp2; })
      .Case([](math::ExpM1Op) { return buildExpm1; })
      .Case([](math::LogOp) { return buildLog; })
      .Case([](math::Log2Op) { return buildLog2; })
      .Case([](math::Log10Op) { return buildLog10; })
      .Case([](math::Log1pOp) { return buildLog1p; })
      .Case([](math::SinOp) { return buildSin; })
      .Case([](math::CosOp) { return buildCos; })
      .Case([](math::TanOp) { return buildTan; })
      .Case([](math::TanhOp) { return buildTanh; })
      .Case([](math::SinhOp) { return buildSinh; })
      .Case([](math::CoshOp) { return buildCosh; })
      .Case([](math::AsinOp) { return buildAsin; })
      .Case([](math::AcosOp) { return buildAcos; })
      .Case([](math::AtanOp) { return buildAtan; })
      .Case([](math::AsinhOp) { return buildAsinh; })
      .Case([](math::AcoshOp) { return buildAcosh; })
      .Case([](math::AtanhOp) { return buildAtanh; })
      .Case([](math::ErfOp) { return buildErf; })
      .Case([](math::ErfcOp) { return buildErfc; })
      .Case([](math::CbrtOp) { return buildCbrt; })
      .Case([](math::RsqrtOp) { return reciprocalRoot; })
      .Case([](math::RoundOp) { return roundAway; })
      .Default([](Operation *) -> Unary { return nullptr; });
}

/// Operations whose own instruction is good enough in f32 and f64, but not in
/// the half types.
Expr rebuild(Operation *op, ArrayRef<Expr> operands) {
  ImplicitLocOpBuilder &b = operands[0].b();
  SmallVector<Value> values(operands.begin(), operands.end());
  OperationState state(op->getLoc(), op->getName(), values,
                       TypeRange{operands[0].type()});
  return Expr(b, b.create(state)->getResult(0));
}

bool isNativeOnSingle(Operation *op) {
  return isa<math::SqrtOp, math::FmaOp, math::FloorOp, math::CeilOp,
             math::RoundEvenOp, math::TruncOp>(op);
}

bool isHalf(Type element) { return element.isF16() || element.isBF16(); }

class Expander {
public:
  Expander(Operation *op, bool avx512)
      : op(op), b(op->getLoc(), op), element(elementOf(op)), avx512(avx512) {}

  static Type elementOf(Operation *op) {
    return getElementTypeOrSelf(op->getOperand(0).getType());
  }

  /// The replacements, empty if the operation stays.
  SmallVector<Value> expand() {
    if (Unary build = unaryBuilder(op, avx512))
      return {rounded(build(operand(0)))};
    if (isNativeOnSingle(op) && isHalf(element)) {
      SmallVector<Expr> operands;
      for (unsigned i = 0; i < op->getNumOperands(); ++i)
        operands.push_back(operand(i));
      return {rounded(rebuild(op, operands))};
    }
    return TypeSwitch<Operation *, SmallVector<Value>>(op)
        .Case([&](math::SincosOp) -> SmallVector<Value> {
          return {rounded(buildSin(operand(0))), rounded(buildCos(operand(0)))};
        })
        .Case([&](math::Atan2Op) -> SmallVector<Value> {
          return {rounded(buildAtan2(operand(0), operand(1)))};
        })
        .Case([&](math::PowFOp) { return power(); })
        .Case([&](math::FPowIOp) { return integerPower(); })
        .Case([&](math::IPowIOp) -> SmallVector<Value> {
          return {buildIntPow(raw(0), raw(1))};
        })
        .Case([&](arith::RemFOp) -> SmallVector<Value> {
          return {rounded(buildRemainder(operand(0), operand(1)))};
        })
        .Case([&](math::ClampFOp clamp) -> SmallVector<Value> {
          // max first, as the operation is defined.
          Value low =
              arith::MaximumFOp::create(b, clamp.getValue(), clamp.getMin());
          return {arith::MinimumFOp::create(b, low, clamp.getMax())};
        })
        .Case<math::IsNaNOp, math::IsInfOp, math::IsFiniteOp, math::IsNormalOp>(
            [&](auto) { return classify(); })
        .Case<math::AbsFOp, math::CopySignOp>([&](auto) { return signBits(); })
        .Default([](Operation *) { return SmallVector<Value>(); });
  }

private:
  Expr raw(unsigned i) { return Expr(b, op->getOperand(i)); }

  /// The operand in the type of computation: f32 for the half types.
  Expr operand(unsigned i) {
    Expr x = raw(i);
    return isHalf(x.element()) ? toF32(x) : x;
  }

  Value rounded(Expr value) {
    if (!isHalf(element))
      return value;
    return arith::TruncFOp::create(b, value.typeWith(element), value);
  }

  SmallVector<Value> power() {
    FloatAttr exponent;
    Attribute attr;
    if (matchPattern(op->getOperand(1), m_Constant(&attr))) {
      if (auto splat = dyn_cast<SplatElementsAttr>(attr))
        attr = splat.getSplatValue<Attribute>();
      exponent = dyn_cast<FloatAttr>(attr);
    }
    if (exponent) {
      double y = exponent.getValueAsDouble();
      Expr x = operand(0);
      if (y == 0.5) // pow(-0, 1/2) = +0, pow(-inf, 1/2) = inf.
        return {rounded(select(x == -infinity(x), infinity(x), sqrt(x + 0.0)))};
      if (std::abs(y) <= 64 && y == std::trunc(y))
        return {rounded(buildPowConstant(x, static_cast<int64_t>(y)))};
    }
    return {rounded(buildPow(operand(0), operand(1)))};
  }

  SmallVector<Value> integerPower() {
    Attribute attr;
    if (matchPattern(op->getOperand(1), m_Constant(&attr))) {
      if (auto splat = dyn_cast<SplatElementsAttr>(attr))
        attr = splat.getSplatValue<Attribute>();
      if (auto exponent = dyn_cast<IntegerAttr>(attr))
        return {rounded(
            buildPowConstant(operand(0), exponent.getValue().getSExtValue()))};
    }
    return {rounded(buildPowInt(operand(0), raw(1)))};
  }

  SmallVector<Value> classify() {
    Expr x = operand(0);
    Expr a = abs(x);
    if (isa<math::IsNaNOp>(op))
      return {isNaN(x)};
    if (isa<math::IsInfOp>(op))
      return {a == infinity(a)};
    if (isa<math::IsFiniteOp>(op))
      return {a < infinity(a)};
    auto type = cast<FloatType>(element);
    double smallest = APFloat::getSmallestNormalized(type.getFloatSemantics())
                          .convertToDouble();
    return {(a >= smallest) & (a < infinity(a))};
  }

  /// absf and copysign of the half types, on the bits.
  SmallVector<Value> signBits() {
    if (!isHalf(element))
      return {};
    Expr magnitude = bits(raw(0)) & 0x7fff;
    if (isa<math::CopySignOp>(op))
      magnitude = magnitude | (bits(raw(1)) & -0x8000);
    return {fromBits(magnitude, cast<FloatType>(element))};
  }

  Operation *op;
  ImplicitLocOpBuilder b;
  Type element;
  bool avx512;
};

/// Why an operation is not ours, or nothing.
StringRef reasonToLeave(Operation *op) {
  Type type = op->getOperand(0).getType();
  Type element = getElementTypeOrSelf(type);
  if (isa<ComplexType>(element) || isa<TensorType>(type))
    return "only scalars and vectors are expanded";
  auto vector = dyn_cast<VectorType>(type);
  if (vector && vector.isScalable() && isa<arith::RemFOp>(op))
    return "the remainder is not expanded on scalable vectors";
  if (element.isInteger())
    return {};
  if (!isHalf(element) && !element.isF32() && !element.isF64())
    return "only f16, bf16, f32 and f64 are expanded";
  return {};
}

struct ExpandMathPass
    : public mlir::rmsnorm::impl::RMSNormExpandMathBase<ExpandMathPass> {
  using RMSNormExpandMathBase::RMSNormExpandMathBase;

  void runOnOperation() override {
    if (target != "cpu" && target != "avx512" && target != "gpu") {
      getOperation()->emitError("option target: got \"")
          << target << "\", expected cpu, avx512 or gpu";
      return signalPassFailure();
    }
    SmallVector<Operation *> worklist;
    getOperation()->walk([&](Operation *op) {
      if (op->getNumOperands() == 0)
        return;
      if (isa<math::MathDialect>(op->getDialect()) || isa<arith::RemFOp>(op))
        worklist.push_back(op);
    });
    for (Operation *op : worklist) {
      StringRef reason = reasonToLeave(op);
      if (!reason.empty()) {
        op->emitRemark("left alone: ") << reason;
        continue;
      }
      SmallVector<Value> values = Expander(op, target == "avx512").expand();
      if (values.empty())
        continue;
      op->replaceAllUsesWith(values);
      op->erase();
      ++numExpanded;
    }
  }
};
} // namespace
