//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Decomposition of rmsnorm.rms_norm_backward into linalg in the compute type.

#include "NormDecomposition.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormGradient.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// The tensors that a step reads, and the elements of them in its body.
class Decomposition {
public:
  Decomposition(OpBuilder &b, RMSNormBackwardOp op);
  SmallVector<Value> run();

private:
  /// Elements of the operands in the body of a step; null where absent.
  struct Elements {
    Value dy, x, scale, epsilon;
    NormGradient::Slice slice;
    Value coupling;
  };
  Elements getElements(ValueRange args);
  Value buildSum(AffineMap map,
                 function_ref<Value(NormGradient &, const Elements &)> element);
  Value buildInputGradient();
  Value buildParameterGradient(
      Value destination,
      function_ref<Value(NormGradient &, const Elements &)> element);

  OpBuilder &b;
  RMSNormBackwardOp op;
  Location loc;
  NormParameters parameters;
  Value sumOfSquares, count, coupling;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
};
} // namespace

Decomposition::Decomposition(OpBuilder &b, RMSNormBackwardOp op)
    : b(b), op(op), loc(op.getLoc()), parameters(getNormParameters(op)) {
  AffineMap identity = b.getMultiDimIdentityMap(op.getInputRank());
  inputs = {op.getGrad(), op.getInput()};
  maps = {identity, identity};
  for (Value parameter : {op.getScale(), op.getEpsilon()}) {
    if (!parameter)
      continue;
    inputs.push_back(parameter);
    maps.push_back(op.getParameterMap(parameter));
  }
  if (op.getRstd()) {
    inputs.push_back(op.getRstd());
    maps.push_back(op.getRstdMap());
  }
  if (!op.getRstd() || NormGradient::needsSumOfSquares(parameters)) {
    sumOfSquares = rmsnorm::detail::buildSumOfSquares(b, op);
    inputs.push_back(sumOfSquares);
    maps.push_back(op.getRstdMap());
  }
  count = rmsnorm::detail::buildCount(b, op);
}

Decomposition::Elements Decomposition::getElements(ValueRange args) {
  unsigned next = 0;
  auto take = [&](Value tensor) { return tensor ? args[next++] : Value(); };
  Elements elements;
  elements.dy = take(op.getGrad());
  elements.x = take(op.getInput());
  elements.scale = take(op.getScale());
  elements.epsilon = take(op.getEpsilon());
  elements.slice.rstd = take(op.getRstd());
  elements.slice.sumOfSquares = take(sumOfSquares);
  elements.slice.count = count;
  elements.coupling = take(coupling);
  return elements;
}

Value Decomposition::buildSum(
    AffineMap map,
    function_ref<Value(NormGradient &, const Elements &)> element) {
  return rmsnorm::detail::buildSum(
      b, loc, tensor::getMixedSizes(b, loc, op.getInput()),
      parameters.computeType, inputs, maps, map,
      [&](OpBuilder &body, ValueRange args) {
        NormGradient gradient(body, loc, parameters);
        return element(gradient, getElements(args));
      });
}

Value Decomposition::buildInputGradient() {
  Value sum =
      buildSum(op.getRstdMap(), [&](NormGradient &gradient, const Elements &e) {
        NormGradient::Denominator d =
            gradient.buildDenominator(e.slice, e.epsilon);
        return gradient.buildProduct(d, gradient.buildWeighted(e.dy, e.scale),
                                     gradient.widen(e.x));
      });
  coupling = sum;
  inputs.push_back(sum);
  maps.push_back(op.getRstdMap());
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(b.getMultiDimIdentityMap(op.getInputRank()));
  SmallVector<utils::IteratorType> iterators(op.getInputRank(),
                                             utils::IteratorType::parallel);
  Value result = linalg::GenericOp::create(
                     b, loc, op.getDinputType(), inputs, op.getDinput(),
                     allMaps, iterators,
                     [&](OpBuilder &body, Location loc, ValueRange args) {
                       NormGradient gradient(body, loc, parameters);
                       Elements e = getElements(args.drop_back());
                       NormGradient::Denominator d =
                           gradient.buildDenominator(e.slice, e.epsilon);
                       Value coupling =
                           gradient.buildCoupling(d, e.coupling, count);
                       Value dx = gradient.buildInputGradient(
                           d, gradient.buildWeighted(e.dy, e.scale),
                           gradient.widen(e.x), coupling);
                       linalg::YieldOp::create(
                           body, loc,
                           convertFloat(body, loc, dx,
                                        op.getDinputType().getElementType()));
                     })
                     .getResult(0);
  inputs.pop_back();
  maps.pop_back();
  coupling = Value();
  return result;
}

Value Decomposition::buildParameterGradient(
    Value destination,
    function_ref<Value(NormGradient &, const Elements &)> element) {
  Value sum = buildSum(op.getParameterMap(destination), element);
  auto type = cast<RankedTensorType>(destination.getType());
  SmallVector<AffineMap> identities(2,
                                    b.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, type, sum, destination, identities, iterators,
             [&](OpBuilder &body, Location loc, ValueRange args) {
               linalg::YieldOp::create(
                   body, loc,
                   convertFloat(body, loc, args[0], type.getElementType()));
             })
      .getResult(0);
}

SmallVector<Value> Decomposition::run() {
  SmallVector<Value> results{buildInputGradient()};
  if (op.getDscale())
    results.push_back(buildParameterGradient(
        op.getDscale(), [](NormGradient &gradient, const Elements &e) {
          NormGradient::Denominator d =
              gradient.buildDenominator(e.slice, e.epsilon);
          return gradient.buildScaleGradient(d, e.dy, gradient.widen(e.x));
        }));
  if (op.getDbias())
    results.push_back(buildParameterGradient(
        op.getDbias(), [](NormGradient &gradient, const Elements &e) {
          return gradient.widen(e.dy);
        }));
  if (op.getDepsilon())
    results.push_back(buildParameterGradient(
        op.getDepsilon(), [](NormGradient &gradient, const Elements &e) {
          NormGradient::Denominator d =
              gradient.buildDenominator(e.slice, e.epsilon);
          return gradient.buildEpsilonGradient(
              d, gradient.buildWeighted(e.dy, e.scale), gradient.widen(e.x),
              gradient.buildEpsilonFactor(d));
        }));
  return results;
}

FailureOr<SmallVector<Value>>
RMSNormBackwardOp::decomposeOperation(OpBuilder &b) {
  if (!isa<RankedTensorType>(getInput().getType()))
    return emitOpError("can only be decomposed on tensors");
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(*this);
  return Decomposition(b, *this).run();
}
