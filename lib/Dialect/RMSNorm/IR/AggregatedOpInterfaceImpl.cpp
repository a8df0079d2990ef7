//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Decomposition of rmsnorm.rms_norm into linalg in the compute type.

#include "NormDecomposition.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// 1/d of each slice.
static Value buildRstd(OpBuilder &b, RMSNormOp op, Value sumOfSquares,
                       Value count) {
  Type compute = op.getComputeFloatType();
  SmallVector<int64_t> rowDims = op.getRowDims();
  AffineMap identity = b.getMultiDimIdentityMap(rowDims.size());
  SmallVector<Value> inputs{sumOfSquares};
  SmallVector<AffineMap> maps{identity};
  if (Value epsilon = op.getEpsilon()) {
    SmallVector<AffineExpr> rows(op.getInputRank(), b.getAffineConstantExpr(0));
    for (auto [position, dim] : llvm::enumerate(rowDims))
      rows[dim] = b.getAffineDimExpr(position);
    inputs.push_back(epsilon);
    maps.push_back(op.getParameterMap(epsilon).replaceDimsAndSymbols(
        rows, {}, rowDims.size(), 0));
  }
  maps.push_back(identity);
  SmallVector<utils::IteratorType> iterators(rowDims.size(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, op.getLoc(), op.getRstd().getType(), inputs, op.getRstd(), maps,
             iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) {
               Value epsilon = op.getEpsilon() ? args[1] : Value();
               Value d = buildDenominator(b, loc, getNormParameters(op),
                                          args[0], count, epsilon);
               Value one = arith::ConstantOp::create(
                   b, loc, b.getFloatAttr(compute, 1.0));
               Value rstd = arith::DivFOp::create(b, loc, one, d);
               linalg::YieldOp::create(b, loc, rstd);
             })
      .getResult(0);
}

FailureOr<SmallVector<Value>> RMSNormOp::decomposeOperation(OpBuilder &b) {
  if (!isa<RankedTensorType>(getInput().getType()))
    return emitOpError("can only be decomposed on tensors");
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(*this);
  Location loc = getLoc();
  int64_t rank = getInputRank();
  Value sumOfSquares = detail::buildSumOfSquares(b, *this);
  Value count = detail::buildCount(b, *this);
  NormParameters parameters = getNormParameters(*this);

  SmallVector<Value> inputs{getInput(), sumOfSquares};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank), getRstdMap()};
  auto addParameter = [&](Value parameter) -> std::optional<unsigned> {
    if (!parameter)
      return std::nullopt;
    inputs.push_back(parameter);
    maps.push_back(getParameterMap(parameter));
    return inputs.size() - 1;
  };
  std::optional<unsigned> scale = addParameter(getScale());
  std::optional<unsigned> bias = addParameter(getBias());
  std::optional<unsigned> epsilon = addParameter(getEpsilon());
  maps.push_back(b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  SmallVector<Value> results;
  results.push_back(
      linalg::GenericOp::create(
          b, loc, getOutput().getType(), inputs, getOutput(), maps, iterators,
          [&](OpBuilder &b, Location loc, ValueRange args) {
            auto at = [&](std::optional<unsigned> index) {
              return index ? args[*index] : Value();
            };
            Value d = buildDenominator(b, loc, parameters, args[1], count,
                                       at(epsilon));
            Value y =
                buildNormalized(b, loc, parameters, args[0], d, at(scale),
                                at(bias), getOutputType().getElementType());
            linalg::YieldOp::create(b, loc, y);
          })
          .getResult(0));
  if (getRstd())
    results.push_back(buildRstd(b, *this, sumOfSquares, count));
  return results;
}
