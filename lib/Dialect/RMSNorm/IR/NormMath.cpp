//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::rmsnorm;

Value rmsnorm::convertFloat(OpBuilder &b, Location loc, Value value,
                            Type type) {
  Type from = value.getType();
  if (from == type)
    return value;
  unsigned fromWidth = getElementTypeOrSelf(from).getIntOrFloatBitWidth();
  unsigned toWidth = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  if (fromWidth < toWidth)
    return arith::ExtFOp::create(b, loc, type, value);
  if (fromWidth > toWidth)
    return arith::TruncFOp::create(b, loc, type, value);
  // f16 and bf16 hold values that the other lacks: through f32.
  Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), value);
  return arith::TruncFOp::create(b, loc, type, wide);
}

static Value constant(OpBuilder &b, Location loc, Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value rmsnorm::buildDenominator(OpBuilder &b, Location loc,
                                const NormParameters &parameters,
                                Value sumOfSquares, Value count,
                                Value epsilon) {
  Type type = parameters.computeType;
  Value ms = arith::DivFOp::create(b, loc, sumOfSquares, count);
  Value eps = epsilon ? convertFloat(b, loc, epsilon, type)
                      : constant(b, loc, type, parameters.eps);
  bool hasEps = epsilon || parameters.eps != 0.0;
  Value d;
  switch (parameters.epsMode) {
  case EpsMode::Inside:
    d = math::SqrtOp::create(
        b, loc, hasEps ? arith::AddFOp::create(b, loc, ms, eps) : ms);
    break;
  case EpsMode::Clamp:
    d = math::SqrtOp::create(b, loc,
                             arith::MaximumFOp::create(b, loc, ms, eps));
    break;
  case EpsMode::Outside:
    d = math::SqrtOp::create(b, loc, ms);
    if (hasEps)
      d = arith::AddFOp::create(b, loc, d, eps);
    break;
  }
  if (parameters.minRms != 0.0)
    d = arith::MaximumFOp::create(b, loc, d,
                                  constant(b, loc, type, parameters.minRms));
  return d;
}

bool rmsnorm::isReciprocalUnsafe(const NormParameters &parameters) {
  const llvm::fltSemantics &semantics =
      parameters.computeType.getFloatSemantics();
  double tiny =
      llvm::APFloat::getSmallestNormalized(semantics).convertToDouble();
  auto unsafe = [&](double value) {
    return value != 0.0 && (value < 4 * tiny || value > 0.25 / tiny);
  };
  return unsafe(parameters.minRms) ||
         (parameters.epsMode == EpsMode::Outside && unsafe(parameters.eps));
}

Value rmsnorm::buildNormalized(OpBuilder &b, Location loc,
                               const NormParameters &parameters, Value x,
                               Value d, Value scale, Value bias,
                               Type resultType) {
  Type type = parameters.computeType;
  Value wide = convertFloat(b, loc, x, type);
  Value y;
  if (parameters.perElement || isReciprocalUnsafe(parameters)) {
    y = arith::DivFOp::create(b, loc, wide, d);
  } else {
    Value rstd = arith::DivFOp::create(b, loc, constant(b, loc, type, 1.0), d);
    y = arith::MulFOp::create(b, loc, wide, rstd);
  }
  if (scale)
    y = arith::MulFOp::create(b, loc, y, convertFloat(b, loc, scale, type));
  if (bias)
    y = arith::AddFOp::create(b, loc, y, convertFloat(b, loc, bias, type));
  return convertFloat(b, loc, y, resultType);
}
