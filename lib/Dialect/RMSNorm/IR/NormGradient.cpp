//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Dialect/RMSNorm/IR/NormGradient.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Small things
//===----------------------------------------------------------------------===//

Value NormGradient::constant(double value) {
  return arith::ConstantOp::create(
      b, loc, b.getFloatAttr(parameters.computeType, value));
}

Value NormGradient::widen(Value value) {
  return convertFloat(b, loc, value, parameters.computeType);
}

Value NormGradient::selectOrZero(Value condition, Value value) {
  if (!condition)
    return value;
  return arith::SelectOp::create(b, loc, condition, value, constant(0.0));
}

Value NormGradient::exceeds(Value value, Value bound) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UGT, value, bound);
}

Value NormGradient::both(Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return arith::AndIOp::create(b, loc, lhs, rhs);
}

Value NormGradient::negate(Value condition) {
  Value one = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
  return arith::XOrIOp::create(b, loc, condition, one);
}

Value NormGradient::divide(const Denominator &d, Value value) {
  if (d.isReciprocal)
    return arith::MulFOp::create(b, loc, value, d.divisor);
  return arith::DivFOp::create(b, loc, value, d.divisor);
}

//===----------------------------------------------------------------------===//
// The denominator
//===----------------------------------------------------------------------===//

void NormGradient::setConditions(Denominator &d, Value aboveMinRms,
                                 Value aboveEpsilon) {
  d.follows = d.epsilonActs = aboveMinRms;
  if (parameters.epsMode != EpsMode::Clamp)
    return;
  d.follows = both(aboveMinRms, aboveEpsilon);
  d.epsilonActs = both(aboveMinRms, negate(aboveEpsilon));
}

void NormGradient::buildFromSum(const Slice &slice, Value epsilon,
                                Denominator &d) {
  NormParameters unclamped = parameters;
  unclamped.minRms = 0.0;
  Value r = rmsnorm::buildDenominator(b, loc, unclamped, slice.sumOfSquares,
                                      slice.count, epsilon);
  Value aboveMinRms, aboveEpsilon;
  Value divisor = r;
  if (parameters.minRms != 0.0) {
    Value bound = constant(parameters.minRms);
    aboveMinRms = exceeds(r, bound);
    divisor = arith::MaximumFOp::create(b, loc, r, bound);
  }
  auto buildMeanSquare = [&]() -> Value {
    return arith::DivFOp::create(b, loc, slice.sumOfSquares, slice.count);
  };
  if (parameters.epsMode == EpsMode::Clamp)
    aboveEpsilon = exceeds(buildMeanSquare(),
                           epsilon ? widen(epsilon) : constant(parameters.eps));
  setConditions(d, aboveMinRms, aboveEpsilon);
  if (parameters.perElement || parameters.epsMode == EpsMode::Outside)
    d.root = math::SqrtOp::create(b, loc, buildMeanSquare());
  d.isReciprocal = !parameters.perElement && !isReciprocalUnsafe(parameters);
  d.divisor = d.isReciprocal
                  ? arith::DivFOp::create(b, loc, constant(1.0), divisor)
                  : divisor;
}

void NormGradient::buildFromRstd(const Slice &slice, Value epsilon,
                                 Denominator &d) {
  assert(!parameters.perElement && "verified: no rstd then");
  d.divisor = slice.rstd;
  d.isReciprocal = true;
  // 1/d is below the reciprocal of a bound that does not act.
  Value one = constant(1.0);
  auto isBelow = [&](Value bound) -> Value {
    Value limit = arith::DivFOp::create(b, loc, one, bound);
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ULT, slice.rstd,
                                 limit);
  };
  Value aboveMinRms, aboveEpsilon;
  if (parameters.minRms != 0.0)
    aboveMinRms = isBelow(constant(parameters.minRms));
  if (parameters.epsMode == EpsMode::Clamp)
    aboveEpsilon = isBelow(math::SqrtOp::create(
        b, loc, epsilon ? widen(epsilon) : constant(parameters.eps)));
  setConditions(d, aboveMinRms, aboveEpsilon);
  if (needsSumOfSquares(parameters))
    d.root = math::SqrtOp::create(
        b, loc, arith::DivFOp::create(b, loc, slice.sumOfSquares, slice.count));
}

NormGradient::Denominator NormGradient::buildDenominator(const Slice &slice,
                                                         Value epsilon) {
  Denominator d;
  if (slice.rstd)
    buildFromRstd(slice, epsilon, d);
  else
    buildFromSum(slice, epsilon, d);
  return d;
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

Value NormGradient::buildWeighted(Value dy, Value scale) {
  Value wide = widen(dy);
  if (!scale)
    return wide;
  return arith::MulFOp::create(b, loc, wide, widen(scale));
}

Value NormGradient::buildProduct(const Denominator &d, Value a, Value x) {
  Value xhat = divide(d, x);
  if (!parameters.perElement)
    return arith::MulFOp::create(b, loc, a, xhat);
  Value product = divide(d, arith::MulFOp::create(b, loc, a, xhat));
  if (parameters.epsMode == EpsMode::Inside)
    product = arith::MulFOp::create(b, loc, product, divide(d, d.root));
  return selectOrZero(d.follows, product);
}

Value NormGradient::buildCoupling(const Denominator &d, Value sum,
                                  Value count) {
  Value mean = arith::DivFOp::create(b, loc, sum, count);
  return parameters.perElement ? mean : selectOrZero(d.follows, mean);
}

Value NormGradient::buildInputGradient(const Denominator &d, Value a, Value x,
                                       Value coupling) {
  // x/q is x/d, but for an eps outside the root or one for each element.
  Value direction;
  if (d.root) {
    Value isZero = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                         d.root, constant(0.0));
    direction =
        arith::SelectOp::create(b, loc, isZero, constant(0.0),
                                arith::DivFOp::create(b, loc, x, d.root));
  } else {
    direction = divide(d, x);
  }
  Value along = arith::MulFOp::create(b, loc, direction, coupling);
  if (parameters.perElement)
    return arith::SubFOp::create(b, loc, divide(d, a), along);
  return divide(d, arith::SubFOp::create(b, loc, a, along));
}

Value NormGradient::buildEpsilonFactor(const Denominator &d) {
  Value factor = parameters.epsMode == EpsMode::Outside
                     ? constant(1.0)
                     : divide(d, constant(0.5));
  return selectOrZero(d.epsilonActs, factor);
}

Value NormGradient::buildEpsilonGradient(const Denominator &d, Value a, Value x,
                                         Value epsilonFactor) {
  Value product = arith::MulFOp::create(b, loc, a, divide(d, x));
  Value scaled =
      arith::MulFOp::create(b, loc, divide(d, product), epsilonFactor);
  return arith::NegFOp::create(b, loc, scaled);
}

Value NormGradient::buildScaleGradient(const Denominator &d, Value dy,
                                       Value x) {
  return arith::MulFOp::create(b, loc, widen(dy), divide(d, x));
}
