//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What a row kernel checks while it runs: indices of rows that it looks up,
/// and divisors.

#include "Checks.h"
#include "RowKernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// The index by which dimension `position` of `operand` is looked up: loaded
/// and checked once for all points that share it.
Value RowKernelEmitter::getGatheredIndex(ImplicitLocOpBuilder &b,
                                         unsigned operand, unsigned position,
                                         const Point &point) {
  Value argument =
      op.getBody().getArgument(*op.getGatherIndex(operand, position));
  GatherKey key(operand, position, variesInVector(argument) ? point.chunk : -1);
  auto &memo = schedule.keepInRegisters || analysis.isRowInvariant(argument)
                   ? rowIndices
                   : pointIndices;
  if (Value known = memo.lookup(key))
    return known;
  Value loaded = getValue(b, argument, point);
  Value index = b.createOrFold<arith::IndexCastOp>(b.getIndexType(), loaded);
  Value buffer = operands[operand];
  auto type = cast<MemRefType>(buffer.getType());
  Value extent = type.isDynamicDim(position)
                     ? memref::DimOp::create(b, buffer, position).getResult()
                     : constantIndex(b, type.getDimSize(position));
  // As unsigned numbers, negative ones are too large.
  Value inside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, extent);
  cf::AssertOp::create(b, inside, kIndexOutOfRange);
  memo[key] = index;
  return index;
}

/// Looks up what is the same for the whole row before anything is stored.
void RowKernelEmitter::emitInvariantIndices(ImplicitLocOpBuilder &b) {
  for (unsigned operand = 0; operand < op.getInputs().size(); ++operand)
    for (unsigned position = 0; position < op.getMap(operand).getNumResults();
         ++position) {
      std::optional<unsigned> index = op.getGatherIndex(operand, position);
      if (!index || !analysis.isRowInvariant(op.getBody().getArgument(*index)))
        continue;
      for (const Point &point : tile) {
        getGatheredIndex(b, operand, position, point);
        if (!variesInVector(op.getBody().getArgument(*index)))
          break;
      }
    }
}

/// Checks that no lane inside the row divides by zero; gives a divisor with
/// which the operation is defined in all lanes.
Value RowKernelEmitter::checkDivisor(ImplicitLocOpBuilder &b, Operation *source,
                                     Value divisor, const Point &point) {
  std::optional<int64_t> known = getConstantIntValue(source->getOperand(1));
  if (known && *known != 0)
    return divisor;
  Type type = divisor.getType();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value isZero =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, divisor, zero);
  Value one = arith::ConstantOp::create(b, b.getOneAttr(type));
  Value safe = arith::SelectOp::create(b, isZero, one, divisor);
  Value failed = isZero;
  if (auto vector = dyn_cast<VectorType>(type)) {
    if (point.mask)
      failed = arith::AndIOp::create(b, failed, point.mask);
    failed = vector::ReductionOp::create(b, vector::CombiningKind::OR, failed);
  }
  Value truth = arith::ConstantOp::create(b, b.getBoolAttr(true));
  cf::AssertOp::create(b, arith::XOrIOp::create(b, failed, truth),
                       kDivisionByZero);
  return safe;
}
