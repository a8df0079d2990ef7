//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "NaNPayload.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Operations whose results are computed from their floats, or are one of them.
static bool passesPayloadsOn(Operation *op) {
  // What rmsnorm-expand-math makes of an exponential's power of two.
  if (auto call = dyn_cast<LLVM::CallIntrinsicOp>(op))
    return call.getIntrin().starts_with("llvm.x86.avx512.mask.scalef.");
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::MaxNumFOp, arith::MinNumFOp, arith::SelectOp, arith::ExtFOp,
             arith::TruncFOp, math::FmaOp, math::SqrtOp, math::AbsFOp,
             math::CopySignOp, math::FloorOp, math::CeilOp, math::TruncOp,
             math::RoundEvenOp, vector::FMAOp, vector::BroadcastOp,
             vector::ExtractOp, vector::ReductionOp,
             vector::ExtractStridedSliceOp, vector::ShuffleOp>(op);
}

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

static bool isConstantWithZeroLowerHalf(Value value) {
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number)))
    return !number.isNaN();
  DenseElementsAttr elements;
  return matchPattern(value, m_Constant(&elements)) &&
         isa<FloatType>(elements.getElementType()) &&
         llvm::none_of(elements.getValues<APFloat>(),
                       [](const APFloat &each) { return each.isNaN(); });
}

/// Whether the lower 16 bits of an i32 are zero.
static bool isUpperHalf(Value integer) {
  if (auto shift = integer.getDefiningOp<arith::ShLIOp>()) {
    APInt amount;
    DenseElementsAttr amounts;
    if (matchPattern(shift.getRhs(), m_ConstantInt(&amount)))
      return amount.uge(16);
    return matchPattern(shift.getRhs(), m_Constant(&amounts)) &&
           amounts.isSplat() && amounts.getSplatValue<APInt>().uge(16);
  }
  return false;
}

bool NaNPayloads::hasZeroLowerHalf(Value value) {
  llvm::DenseSet<Value> visited;
  if (!visit(value, visited))
    return false;
  known.insert(visited.begin(), visited.end());
  return true;
}

bool NaNPayloads::visit(Value value, llvm::DenseSet<Value> &visited) const {
  // What goes round in a loop is what it starts from, or computed from it.
  if (known.contains(value) || !visited.insert(value).second)
    return true;
  Type element = getElementTypeOrSelf(value.getType());
  if (element.isBF16())
    return true;
  if (!element.isF32() && !element.isF64())
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (!loop || argument == loop.getInductionVar())
      return false;
    return visit(loop.getTiedLoopInit(argument)->get(), visited) &&
           visit(loop.getTiedLoopYieldedValue(argument)->get(), visited);
  }
  Operation *op = value.getDefiningOp();
  unsigned result = cast<OpResult>(value).getResultNumber();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visit(loop.getInitArgs()[result], visited) &&
           visit(loop.getYieldedValues()[result], visited);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return visit(branch.thenYield().getOperand(result), visited) &&
           visit(branch.elseYield().getOperand(result), visited);
  if (isa<arith::SIToFPOp, arith::UIToFPOp>(op) ||
      isConstantWithZeroLowerHalf(value))
    return true;
  if (auto cast = dyn_cast<arith::BitcastOp>(op))
    return element.isF32() && isUpperHalf(cast.getIn());
  return passesPayloadsOn(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return !isFloat(operand) || visit(operand, visited);
         });
}
