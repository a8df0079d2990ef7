//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-guard-accesses: elements and slices of tensors at positions that
/// come from data are checked before they are touched.

#include "Checks.h"

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/ParallelCombiningOpInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMGUARDACCESSES
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

using Bounds = ValueBoundsConstraintSet;

/// Whether a loop of a generic stays inside dimension `dim` of `tensor`.
static bool isLoopInside(linalg::IndexOp index, Value tensor, int64_t dim) {
  auto op = index->getParentOfType<linalg::LinalgOp>();
  if (!op)
    return false;
  int64_t extent = cast<RankedTensorType>(tensor.getType()).getDimSize(dim);
  int64_t range = op.getStaticLoopRanges()[index.getDim()];
  if (!ShapedType::isDynamic(extent) && !ShapedType::isDynamic(range))
    return range <= extent;
  // An operand of this very extent gives the loop its range.
  AffineExpr loop = getAffineDimExpr(index.getDim(), op.getContext());
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!type)
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (int64_t position = 0; position < type.getRank(); ++position)
      if (map.getResult(position) == loop &&
          Bounds::compare({operand.get(), position}, Bounds::EQ, {tensor, dim}))
        return true;
  }
  return false;
}

static bool isInside(Value index, Value tensor, int64_t dim) {
  int64_t extent = cast<RankedTensorType>(tensor.getType()).getDimSize(dim);
  if (std::optional<int64_t> known = getConstantIntValue(index);
      known && !ShapedType::isDynamic(extent))
    return *known >= 0 && *known < extent;
  if (auto loop = index.getDefiningOp<linalg::IndexOp>())
    return isLoopInside(loop, tensor, dim);
  MLIRContext *context = index.getContext();
  return Bounds::compare({index}, Bounds::LT, {tensor, dim}) &&
         Bounds::compare({index}, Bounds::GE,
                         OpFoldResult(IntegerAttr::get(IndexType::get(context),
                                                       int64_t(0))));
}

namespace {
class GuardAccessesPass
    : public mlir::rmsnorm::impl::RMSNormGuardAccessesBase<GuardAccessesPass> {
  void runOnOperation() override;
  void guardElement(Operation *op, Value tensor, ValueRange indices);
  void guardSlice(OffsetSizeAndStrideOpInterface op, Value tensor);
};
} // namespace

void GuardAccessesPass::guardElement(Operation *op, Value tensor,
                                     ValueRange indices) {
  ImplicitLocOpBuilder b(op->getLoc(), op);
  for (auto [dim, index] : llvm::enumerate(indices)) {
    if (isInside(index, tensor, dim))
      continue;
    Value extent = b.createOrFold<tensor::DimOp>(tensor, dim);
    // As unsigned numbers, negative ones are too large.
    Value inside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, extent);
    cf::AssertOp::create(b, inside, kIndexOutOfRange);
    ++numGuarded;
  }
}

void GuardAccessesPass::guardSlice(OffsetSizeAndStrideOpInterface op,
                                   Value tensor) {
  // Nothing can stand in the region that joins the results of a parallel loop.
  Operation *before = op;
  if (isa<InParallelOpInterface>(op->getParentOp()))
    before = op->getParentOp();
  ImplicitLocOpBuilder b(op->getLoc(), before);
  auto require = [&](arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    Value holds = b.createOrFold<arith::CmpIOp>(predicate, lhs, rhs);
    if (getConstantIntValue(holds).value_or(0) != 0)
      return;
    cf::AssertOp::create(b, holds, kSliceOutOfRange);
    ++numGuarded;
  };
  for (auto [dim, part] : llvm::enumerate(llvm::zip_equal(
           op.getMixedOffsets(), op.getMixedSizes(), op.getMixedStrides()))) {
    auto [offset, size, stride] = part;
    std::optional<int64_t> knownStride = getConstantIntValue(stride);
    bool unit = knownStride == 1;
    int64_t known = cast<RankedTensorType>(tensor.getType()).getDimSize(dim);
    std::optional<int64_t> knownOffset = getConstantIntValue(offset),
                           knownSize = getConstantIntValue(size);
    // The verifier has seen to what is static. The whole of a dimension is
    // what most slices take of most.
    if (knownOffset && knownSize && knownStride &&
        !ShapedType::isDynamic(known))
      continue;
    if (knownOffset == 0 && unit &&
        Bounds::compare({size}, Bounds::LE, {tensor, int64_t(dim)}))
      continue;
    if (knownStride && *knownStride <= 0)
      continue; // not what this pipeline makes; verified by nobody
    Value extent = b.createOrFold<tensor::DimOp>(tensor, dim);
    Value from = getValueOrCreateConstantIndexOp(b, b.getLoc(), offset);
    Value count = getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value one = arith::ConstantIndexOp::create(b, 1);
    // Sums could overflow, differences of what was compared cannot.
    if (unit) {
      require(arith::CmpIPredicate::ule, count, extent);
      require(arith::CmpIPredicate::ule, from,
              b.createOrFold<arith::SubIOp>(extent, count));
      continue;
    }
    Value step = getValueOrCreateConstantIndexOp(b, b.getLoc(), stride);
    require(arith::CmpIPredicate::sgt, step, zero);
    Value none =
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, count, zero);
    Value last = b.createOrFold<arith::SubIOp>(extent, one);
    Value begins =
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, from, extent);
    Value room = b.createOrFold<arith::DivUIOp>(
        b.createOrFold<arith::SubIOp>(last, from),
        b.createOrFold<arith::MaxSIOp>(step, one));
    Value fits = b.createOrFold<arith::CmpIOp>(
        arith::CmpIPredicate::ule, b.createOrFold<arith::SubIOp>(count, one),
        room);
    Value inside = b.createOrFold<arith::OrIOp>(
        none, b.createOrFold<arith::AndIOp>(begins, fits));
    cf::AssertOp::create(b, inside, kSliceOutOfRange);
    ++numGuarded;
  }
}

void GuardAccessesPass::runOnOperation() {
  SmallVector<Operation *> accesses;
  getOperation()->walk([&](Operation *op) {
    if (isa<tensor::ExtractOp, tensor::InsertOp, tensor::ExtractSliceOp,
            tensor::InsertSliceOp, tensor::ParallelInsertSliceOp>(op))
      accesses.push_back(op);
  });
  for (Operation *op : accesses) {
    if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
      if (isa<RankedTensorType>(extract.getTensor().getType()))
        guardElement(op, extract.getTensor(), extract.getIndices());
    } else if (auto insert = dyn_cast<tensor::InsertOp>(op)) {
      guardElement(op, insert.getDest(), insert.getIndices());
    } else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
      guardSlice(slice, slice.getSource());
    } else if (auto inserted = dyn_cast<tensor::InsertSliceOp>(op)) {
      guardSlice(inserted, inserted.getDest());
    } else {
      auto joined = cast<tensor::ParallelInsertSliceOp>(op);
      guardSlice(joined, joined.getDest());
    }
  }
}
