//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// The value before exact widening.
static Value skipExtension(Value value) {
  while (auto extension = value.getDefiningOp<arith::ExtFOp>())
    value = extension.getIn();
  return value;
}

std::optional<Contraction>
rmsnorm::classifyContraction(AffineMap aMap, AffineMap bMap, AffineMap cMap,
                             ArrayRef<int64_t> extents) {
  if (!cMap.isProjectedPermutation())
    return std::nullopt;
  for (AffineMap map : {aMap, bMap})
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return std::nullopt;
  Contraction result;
  result.aMap = aMap;
  result.bMap = bMap;
  result.cMap = cMap;
  for (unsigned dim = 0; dim < cMap.getNumDims(); ++dim) {
    bool inA = aMap.isFunctionOfDim(dim), inB = bMap.isFunctionOfDim(dim);
    if (cMap.isFunctionOfDim(dim)) {
      if (inA && inB)
        result.batch.push_back(dim);
      else if (inB)
        result.n.push_back(dim);
      else
        // In c alone: the same product at each index.
        result.m.push_back(dim);
    } else if (inA && inB) {
      result.k.push_back(dim);
    } else if (extents[dim] != 1) {
      // The sum of one operand alone.
      return std::nullopt;
    }
  }
  return result;
}

std::optional<FloatType> rmsnorm::matchSumOfProducts(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.hasIndexSemantics())
    return std::nullopt;
  Block *body = op.getBlock();
  auto yield = dyn_cast<linalg::YieldOp>(body->getTerminator());
  if (!yield || yield.getNumOperands() != 1)
    return std::nullopt;
  auto add = yield.getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add)
    return std::nullopt;
  Value accumulator = body->getArgument(2);
  Value product;
  if (add.getLhs() == accumulator)
    product = add.getRhs();
  else if (add.getRhs() == accumulator)
    product = add.getLhs();
  else
    return std::nullopt;
  auto mul = product.getDefiningOp<arith::MulFOp>();
  if (!mul || mul == add.getOperation())
    return std::nullopt;
  Value lhs = skipExtension(mul.getLhs()), rhs = skipExtension(mul.getRhs());
  Value a = body->getArgument(0), b = body->getArgument(1);
  if (!((lhs == a && rhs == b) || (lhs == b && rhs == a)) || a == b)
    return std::nullopt;
  // The body must be nothing else: what it might do beside has effects.
  for (Operation &nested : *body)
    if (!isa<arith::AddFOp, arith::MulFOp, arith::ExtFOp, linalg::YieldOp>(
            nested))
      return std::nullopt;

  // What the library does with these types: f16, bf16 and f32 in f32, f64 in
  // f64. A product of f32 elements made in f64 has no counterpart.
  auto computeType = dyn_cast<FloatType>(mul.getType());
  auto known = [](Type type) {
    return type.isF16() || type.isBF16() || type.isF32() || type.isF64();
  };
  if (!computeType || !known(a.getType()) || !known(b.getType()) ||
      !known(computeType))
    return std::nullopt;
  if (computeType.isF64() && (!a.getType().isF64() || !b.getType().isF64()))
    return std::nullopt;
  return computeType;
}

std::optional<Contraction> rmsnorm::matchContraction(linalg::LinalgOp op) {
  std::optional<FloatType> computeType = matchSumOfProducts(op);
  if (!computeType)
    return std::nullopt;
  std::optional<Contraction> result = classifyContraction(
      op.getIndexingMapsArray()[0], op.getIndexingMapsArray()[1],
      op.getIndexingMapsArray()[2], op.getStaticLoopRanges());
  if (!result)
    return std::nullopt;
  // Without a reduction it is an elementwise product.
  if (result->k.empty())
    return std::nullopt;
  result->computeType = *computeType;
  return result;
}
