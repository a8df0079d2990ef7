//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Decomposition of rmsnorm.rms_norm into linalg in the compute type.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Sum of the squares of each slice, in the compute type.
static Value buildSumOfSquares(OpBuilder &b, RMSNormOp op) {
  Location loc = op.getLoc();
  Type compute = op.getComputeFloatType();
  SmallVector<OpFoldResult> sizes;
  SmallVector<OpFoldResult> all = tensor::getMixedSizes(b, loc, op.getInput());
  for (int64_t dim : op.getRowDims())
    sizes.push_back(all[dim]);
  Value empty = tensor::EmptyOp::create(b, loc, sizes, compute);
  Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(compute, 0.0));
  Value init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  SmallVector<utils::IteratorType> iterators;
  for (int64_t dim = 0; dim < op.getInputRank(); ++dim)
    iterators.push_back(op.isNormalizedDim(dim)
                            ? utils::IteratorType::reduction
                            : utils::IteratorType::parallel);
  AffineMap maps[] = {b.getMultiDimIdentityMap(op.getInputRank()),
                      op.getRstdMap()};
  return linalg::GenericOp::create(
             b, loc, init.getType(), op.getInput(), init, maps, iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) {
               Value x = convertFloat(b, loc, args[0], compute);
               Value square = arith::MulFOp::create(b, loc, x, x);
               Value sum = arith::AddFOp::create(b, loc, args[1], square);
               linalg::YieldOp::create(b, loc, sum);
             })
      .getResult(0);
}

/// N in the compute type, where the extents are known only at run time.
static Value buildCount(OpBuilder &b, RMSNormOp op) {
  Location loc = op.getLoc();
  int64_t known = 1;
  Value count;
  for (int64_t axis : op.getAxes()) {
    int64_t extent = op.getInputType().getDimSize(axis);
    if (!ShapedType::isDynamic(extent)) {
      known *= extent;
      continue;
    }
    Value dim = tensor::DimOp::create(b, loc, op.getInput(), axis);
    count = count ? arith::MulIOp::create(b, loc, count, dim) : dim;
  }
  Type compute = op.getComputeFloatType();
  if (!count)
    return arith::ConstantOp::create(
        b, loc, b.getFloatAttr(compute, static_cast<double>(known)));
  Value factor = arith::ConstantIndexOp::create(b, loc, known);
  count = arith::MulIOp::create(b, loc, count, factor);
  count = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
  return arith::SIToFPOp::create(b, loc, compute, count);
}

FailureOr<SmallVector<Value>> RMSNormOp::decomposeOperation(OpBuilder &b) {
  if (!isa<RankedTensorType>(getInput().getType()))
    return emitOpError("can only be decomposed on tensors");
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(*this);
  Location loc = getLoc();
  Type compute = getComputeFloatType();
  int64_t rank = getInputRank();
  Value sumOfSquares = buildSumOfSquares(b, *this);
  Value count = buildCount(b, *this);
  NormParameters parameters{getEps().convertToDouble(), getEpsMode(),
                            getMinRms().convertToDouble(),
                            cast<FloatType>(compute), bool(getEpsilon())};

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
  if (getRstd()) {
    int64_t rowRank = getRowDims().size();
    SmallVector<AffineMap> rowMaps(2, b.getMultiDimIdentityMap(rowRank));
    SmallVector<utils::IteratorType> rowIterators(
        rowRank, utils::IteratorType::parallel);
    results.push_back(linalg::GenericOp::create(
                          b, loc, getRstd().getType(), sumOfSquares, getRstd(),
                          rowMaps, rowIterators,
                          [&](OpBuilder &b, Location loc, ValueRange args) {
                            Value d = buildDenominator(b, loc, parameters,
                                                       args[0], count, Value());
                            Value one = arith::ConstantOp::create(
                                b, loc, b.getFloatAttr(compute, 1.0));
                            Value rstd = arith::DivFOp::create(b, loc, one, d);
                            linalg::YieldOp::create(b, loc, rstd);
                          })
                          .getResult(0));
  }
  return results;
}
