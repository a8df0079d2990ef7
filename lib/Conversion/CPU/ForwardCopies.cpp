//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-forward-copies: a kernel writes where its result is wanted.

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMFORWARDCOPIES
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

/// The buffer of which `value` is a view.
static Value getBase(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether two views of one buffer are known to have no element in common.
static bool areDisjoint(Value lhs, Value rhs) {
  auto left = lhs.getDefiningOp<memref::SubViewOp>();
  auto right = rhs.getDefiningOp<memref::SubViewOp>();
  if (!left || !right || left.getSource() != right.getSource() ||
      !left.hasUnitStride() || !right.hasUnitStride())
    return false;
  for (auto [leftOffset, leftSize, rightOffset, rightSize] :
       llvm::zip(left.getStaticOffsets(), left.getStaticSizes(),
                 right.getStaticOffsets(), right.getStaticSizes())) {
    if (ShapedType::isDynamic(leftOffset) || ShapedType::isDynamic(leftSize) ||
        ShapedType::isDynamic(rightOffset) || ShapedType::isDynamic(rightSize))
      continue;
    if (leftOffset + leftSize <= rightOffset ||
        rightOffset + rightSize <= leftOffset)
      return true;
  }
  return false;
}

/// Whether `op` may touch elements of `view`.
static bool mayTouch(Operation *op, Value view) {
  if (isMemoryEffectFree(op))
    return false;
  if (op->getNumRegions() != 0 && !isa<RowKernelOp>(op))
    return true;
  if (!isa<MemoryEffectOpInterface>(op))
    return true;
  Value base = getBase(view);
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return isa<MemRefType>(operand.getType()) && getBase(operand) == base &&
           !areDisjoint(operand, view);
  });
}

namespace {
/// A copy and the kernel's destination that is not needed because of it.
struct Forwarding {
  memref::CopyOp copy;
  RowKernelOp kernel;
  unsigned operand;
  /// Reshapes between the destination and the copy, the last one first.
  SmallVector<Operation *> reshapes;
};
} // namespace

/// The kernel that wrote the copy's source, if nothing else has to do with it.
static std::optional<Forwarding> match(memref::CopyOp copy) {
  Value source = copy.getSource();
  SmallVector<Operation *> reshapes;
  while (Operation *reshape = source.getDefiningOp()) {
    if (!isa<memref::CollapseShapeOp, memref::ExpandShapeOp>(reshape))
      break;
    reshapes.push_back(reshape);
    source = reshape->getOperand(0);
  }
  Value base = getBase(source);
  if (!base.getDefiningOp<memref::AllocOp>())
    return std::nullopt;
  // Other views of the buffer must be others' business: disjoint ones.
  std::optional<Forwarding> found;
  SmallVector<Value> views{base};
  while (!views.empty()) {
    Value view = views.pop_back_val();
    for (OpOperand &use : view.getUses()) {
      Operation *user = use.getOwner();
      if (auto derived = dyn_cast<ViewLikeOpInterface>(user)) {
        if (derived->getNumResults() != 1)
          return std::nullopt;
        views.push_back(derived->getResult(0));
        continue;
      }
      if (user == copy || isa<memref::DimOp>(user) ||
          (view != source && areDisjoint(view, source)))
        continue;
      auto kernel = dyn_cast<RowKernelOp>(user);
      if (!kernel || view != source || found ||
          use.getOperandNumber() < kernel.getInputs().size())
        return std::nullopt;
      found = Forwarding{copy, kernel, use.getOperandNumber(), reshapes};
    }
  }
  if (!found || found->kernel->getBlock() != copy->getBlock() ||
      !found->kernel->isBeforeInBlock(copy))
    return std::nullopt;
  return found;
}

/// The target in the shape of the kernel's destination; null if that is no
/// view.
static Value reshapeTarget(OpBuilder &b, const Forwarding &forwarding,
                           Value target) {
  for (Operation *reshape : forwarding.reshapes) {
    auto type = cast<MemRefType>(target.getType());
    Location loc = reshape->getLoc();
    if (auto collapse = dyn_cast<memref::CollapseShapeOp>(reshape)) {
      MemRefType wanted = collapse.getSrcType();
      FailureOr<MemRefType> expanded =
          memref::ExpandShapeOp::computeExpandedType(
              type, wanted.getShape(), collapse.getReassociationIndices());
      if (failed(expanded))
        return {};
      target = memref::ExpandShapeOp::create(
          b, loc, *expanded, target, collapse.getReassociationIndices(),
          memref::getMixedSizes(b, loc, collapse.getSrc()));
      continue;
    }
    auto expand = cast<memref::ExpandShapeOp>(reshape);
    if (!memref::CollapseShapeOp::isGuaranteedCollapsible(
            type, expand.getReassociationIndices()))
      return {};
    target = memref::CollapseShapeOp::create(b, loc, target,
                                             expand.getReassociationIndices());
  }
  return target;
}

/// Whether `target` can be written by the kernel instead of the copy.
static bool isFree(Forwarding forwarding) {
  Value target = forwarding.copy.getTarget();
  Value base = getBase(target);
  RowKernelOp kernel = forwarding.kernel;
  if (base == getBase(forwarding.copy.getSource()))
    return false;
  for (auto [index, operand] : llvm::enumerate(kernel->getOperands()))
    if (index != forwarding.operand && isa<MemRefType>(operand.getType()) &&
        getBase(operand) == base && !areDisjoint(operand, target))
      return false;
  for (Operation *op = kernel->getNextNode(); op != forwarding.copy;
       op = op->getNextNode())
    if (mayTouch(op, target))
      return false;
  return true;
}

/// Moves what makes `value` before `op`, if it can be known there.
static bool hoist(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  if (!definition || definition->getBlock() != op->getBlock() ||
      definition->isBeforeInBlock(op))
    return definition ? definition->getBlock() == op->getBlock() ||
                            DominanceInfo().properlyDominates(definition, op)
                      : true;
  // Allocations, too, may come earlier.
  if (definition->getNumRegions() != 0 ||
      (!isPure(definition) &&
       !isa<memref::AllocOp, ViewLikeOpInterface>(definition)))
    return false;
  for (Value operand : definition->getOperands())
    if (!hoist(operand, op))
      return false;
  definition->moveBefore(op);
  return true;
}

namespace {
struct ForwardCopiesPass
    : public mlir::rmsnorm::impl::RMSNormForwardCopiesBase<ForwardCopiesPass> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp copy : copies) {
      std::optional<Forwarding> forwarding = match(copy);
      Value target = copy.getTarget();
      if (!forwarding || !isFree(*forwarding) ||
          !hoist(target, forwarding->kernel))
        continue;
      OpBuilder b(forwarding->kernel);
      target = reshapeTarget(b, *forwarding, target);
      if (!target)
        continue;
      forwarding->kernel->setOperand(forwarding->operand, target);
      copy->erase();
      ++numForwarded;
    }
  }
};
} // namespace
