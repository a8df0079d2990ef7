//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "NormDecomposition.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

using namespace mlir;
using namespace mlir::rmsnorm;

Value rmsnorm::detail::buildSum(
    OpBuilder &b, Location loc, ArrayRef<OpFoldResult> extents, Type type,
    ValueRange inputs, ArrayRef<AffineMap> inputMaps, AffineMap resultMap,
    function_ref<Value(OpBuilder &, ValueRange)> element) {
  SmallVector<OpFoldResult> sizes;
  for (AffineExpr expr : resultMap.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    sizes.push_back(dim ? extents[dim.getPosition()]
                        : OpFoldResult(b.getIndexAttr(1)));
  }
  Value empty = tensor::EmptyOp::create(b, loc, sizes, type);
  Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 0.0));
  Value init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  SmallVector<utils::IteratorType> iterators;
  for (unsigned dim = 0; dim < resultMap.getNumDims(); ++dim)
    iterators.push_back(resultMap.isFunctionOfDim(dim)
                            ? utils::IteratorType::parallel
                            : utils::IteratorType::reduction);
  SmallVector<AffineMap> maps(inputMaps);
  maps.push_back(resultMap);
  return linalg::GenericOp::create(
             b, loc, init.getType(), inputs, init, maps, iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) {
               Value addend = element(b, args.drop_back());
               Value sum = arith::AddFOp::create(b, loc, args.back(), addend);
               linalg::YieldOp::create(b, loc, sum);
             })
      .getResult(0);
}

Value rmsnorm::detail::buildSumOfSquares(OpBuilder &b, Location loc,
                                         Value input, AffineMap rowMap,
                                         Type compute) {
  AffineMap identity = b.getMultiDimIdentityMap(rowMap.getNumDims());
  return buildSum(b, loc, tensor::getMixedSizes(b, loc, input), compute, input,
                  identity, rowMap, [&](OpBuilder &b, ValueRange args) {
                    Value x = convertFloat(b, loc, args[0], compute);
                    return arith::MulFOp::create(b, loc, x, x).getResult();
                  });
}

Value rmsnorm::detail::buildCount(OpBuilder &b, Location loc, Value input,
                                  ArrayRef<int64_t> axes, Type compute) {
  auto type = cast<ShapedType>(input.getType());
  int64_t known = 1;
  Value count;
  for (int64_t axis : axes) {
    if (!type.isDynamicDim(axis)) {
      known *= type.getDimSize(axis);
      continue;
    }
    Value dim = tensor::DimOp::create(b, loc, input, axis);
    count = count ? arith::MulIOp::create(b, loc, count, dim) : dim;
  }
  if (!count)
    return arith::ConstantOp::create(
        b, loc, b.getFloatAttr(compute, static_cast<double>(known)));
  Value factor = arith::ConstantIndexOp::create(b, loc, known);
  count = arith::MulIOp::create(b, loc, count, factor);
  count = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
  return arith::SIToFPOp::create(b, loc, compute, count);
}
