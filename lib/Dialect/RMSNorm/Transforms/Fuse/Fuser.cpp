//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Fuser.h"

#include "MergeRowKernels.h"
#include "NormSiblings.h"
#include "ToRowKernel.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::rmsnorm;

void Fuser::erase(Operation *op) {
  erased.insert(op);
  op->erase();
}

/// Views that nobody looks at keep their source alive.
void Fuser::eraseDeadViews(RowKernelOp op) {
  for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
    if (!isa<RowKernelOp>(user) && isOpTriviallyDead(user))
      user->erase();
}

void Fuser::refuse(RowKernelOp first, RowKernelOp second, StringRef why) {
  if (why.empty() || (!getNumNorms(first) && !getNumNorms(second)))
    return;
  Location loc = getNumNorms(first) ? first.getLoc() : second.getLoc();
  refuse(loc, why);
}

void Fuser::refuse(Location loc, StringRef why) {
  if (refused.insert({loc.getAsOpaquePointer(), why.str()}).second)
    refusals.emplace_back(loc, why.str());
}

//===----------------------------------------------------------------------===//
// Views between kernels
//===----------------------------------------------------------------------===//

/// Whether every loop is still that of an operand.
static bool coversLoops(RowKernelOp op, ArrayRef<AffineMap> maps) {
  llvm::SmallBitVector covered(op.getNumLoops());
  for (AffineMap map : maps)
    for (AffineExpr expr : map.getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        covered.set(dim.getPosition());
  return covered.all();
}

/// Reads what lies behind casts, and behind reshapes that cancel or only add or
/// drop dimensions of extent 1.
static void simplifyInputs(RowKernelOp op) {
  SmallVector<AffineMap> maps =
      llvm::map_to_vector(op.getIndexingMaps().getAsValueRange<AffineMapAttr>(),
                          [](AffineMap map) { return map; });
  for (unsigned index = 0; index < op.getInputs().size(); ++index) {
    if (op.isGathered(index))
      continue;
    Value value = op.getInputs()[index];
    AffineMap map = maps[index];
    while (isa<RankedTensorType>(value.getType())) {
      if (auto cast = value.getDefiningOp<tensor::CastOp>()) {
        if (!isa<RankedTensorType>(cast.getSource().getType()))
          break;
        value = cast.getSource();
        continue;
      }
      auto expand = value.getDefiningOp<tensor::ExpandShapeOp>();
      auto collapse =
          expand ? expand.getSrc().getDefiningOp<tensor::CollapseShapeOp>()
                 : tensor::CollapseShapeOp();
      if (collapse &&
          collapse.getReassociationIndices() ==
              expand.getReassociationIndices() &&
          collapse.getSrcType() == expand.getResultType()) {
        value = collapse.getSrc();
        continue;
      }
      if (!peelUnitReshape(value, map))
        break;
    }
    if (value == op.getInputs()[index])
      continue;
    AffineMap saved = std::exchange(maps[index], map);
    // A static extent must not get lost with a cast.
    SmallVector<int64_t> extents = op.getStaticLoopExtents();
    if (!coversLoops(op, maps)) {
      maps[index] = saved;
      continue;
    }
    Value before = op.getInputs()[index];
    op->setOperand(index, value);
    op.setIndexingMapsAttr(
        Builder(op.getContext()).getAffineMapArrayAttr(maps));
    if (op.getStaticLoopExtents() != extents) {
      maps[index] = saved;
      op->setOperand(index, before);
      op.setIndexingMapsAttr(
          Builder(op.getContext()).getAffineMapArrayAttr(maps));
    }
  }
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

RowKernelOp Fuser::merge(RowKernelOp first, RowKernelOp second,
                         bool isSibling) {
  std::string why;
  bool twice = false;
  Location loc = first.getLoc();
  int64_t norms = getNumNorms(second);
  FailureOr<RowKernelOp> merged =
      mergeRowKernels(b, first, second, why, &twice);
  if (failed(merged)) {
    // That two kernels only read the same is no reason to be told of.
    if (!isSibling)
      refuse(first, second, why);
    return {};
  }
  ++numMerged;
  if (twice && norms)
    remark::analysis(
        loc, remark::RemarkOpts::name("ComputedTwice").category("rmsnorm-fuse"))
        << "computed in the norm's kernel and again elsewhere: cheaper than "
           "writing and reading it";
  erased.insert(second);
  eraseDeadViews(first);
  if (first->use_empty())
    erase(first);
  return *merged;
}

/// Merges one producer into `consumer`.
RowKernelOp Fuser::mergeProducer(RowKernelOp consumer) {
  simplifyInputs(consumer);
  llvm::SmallPtrSet<Operation *, 8> seen;
  SmallVector<Value> inputs(consumer.getInputs());
  for (auto [index, input] : llvm::enumerate(inputs)) {
    Operation *definition = input.getDefiningOp();
    if (!definition || !seen.insert(definition).second)
      continue;
    RowKernelOp merged;
    if (auto producer = dyn_cast<RowKernelOp>(definition)) {
      merged = merge(producer, consumer, /*isSibling=*/false);
    } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(definition)) {
      if (auto producer = collapse.getSrc().getDefiningOp<RowKernelOp>())
        merged = mergeAcrossCollapse(collapse, producer, consumer, index);
    } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(definition)) {
      if (auto producer = expand.getSrc().getDefiningOp<RowKernelOp>())
        merged = mergeAcrossExpand(expand, producer, consumer);
    }
    if (merged)
      return merged;
  }
  return {};
}

/// Merges the nearest earlier kernel that reads a tensor which `consumer` reads
/// at the same points, if one of the two is a norm.
RowKernelOp Fuser::mergeSibling(RowKernelOp consumer) {
  SmallVector<RowKernelOp> candidates;
  for (auto [index, input] : llvm::enumerate(consumer.getInputs())) {
    if (!isa<RankedTensorType>(input.getType()) ||
        !consumer.getMap(index).isPermutation())
      continue;
    for (Operation *user : input.getUsers()) {
      auto other = dyn_cast<RowKernelOp>(user);
      if (other && other != consumer &&
          other->getBlock() == consumer->getBlock() &&
          other->isBeforeInBlock(consumer) && !other->use_empty() &&
          (getNumNorms(other) || getNumNorms(consumer)) &&
          !llvm::is_contained(candidates, other))
        candidates.push_back(other);
    }
  }
  llvm::sort(candidates, [](RowKernelOp lhs, RowKernelOp rhs) {
    return rhs->isBeforeInBlock(lhs);
  });
  // Those farther away would be merged across layers, if at all.
  if (candidates.size() > 4)
    candidates.truncate(4);
  for (RowKernelOp other : candidates)
    if (RowKernelOp merged = merge(other, consumer, /*isSibling=*/true))
      return merged;
  return {};
}

/// Takes the extents of results from their destinations.
static void detachExtents(Operation *root) {
  root->walk([](tensor::DimOp op) {
    std::optional<int64_t> dim = op.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(op.getSource().getType());
    Operation *source = op.getSource().getDefiningOp();
    if (!dim || !type || *dim < 0 || *dim >= type.getRank() ||
        !isa_and_present<RowKernelOp, tensor::EmptyOp, tensor::ExpandShapeOp,
                         tensor::CollapseShapeOp, tensor::ExtractSliceOp,
                         tensor::InsertSliceOp, tensor::CastOp>(source))
      return;
    OpBuilder b(op);
    Value extent = getValueOrCreateConstantIndexOp(
        b, op.getLoc(), getSize(b, op.getLoc(), op.getSource(), *dim));
    op.getResult().replaceAllUsesWith(extent);
    op.erase();
  });
}

unsigned Fuser::run(Operation *root) {
  detachExtents(root);
  bool changed = true;
  while (changed) {
    changed = false;
    refusals.clear();
    refused.clear();
    erased.clear();
    SmallVector<RowKernelOp> kernels;
    root->walk([&](RowKernelOp op) { kernels.push_back(op); });
    // From the last one on, so that a consumer takes in its producers before
    // they have taken in theirs.
    for (RowKernelOp op : llvm::reverse(kernels)) {
      if (erased.contains(op))
        continue;
      if (pushSlices(op)) {
        changed = true;
        if (erased.contains(op))
          continue;
      }
      while (true) {
        RowKernelOp merged = mergeProducer(op);
        if (!merged)
          merged = mergeSibling(op);
        if (!merged)
          break;
        changed = true;
        op = merged;
      }
    }
  }
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
  root->walk([&](RowKernelOp op) { dropUnusedResults(b, op); });
  for (auto &[loc, why] : refusals)
    remark::missed(
        loc, remark::RemarkOpts::name("NotFused").category("rmsnorm-fuse"))
        << "a neighbour is not fused with the norm: " + why;
  for (const NormSiblings &siblings : findNormSiblings(root))
    remark::missed(
        RowKernelOp(siblings.second).getLoc(),
        remark::RemarkOpts::name("NotFused").category("rmsnorm-fuse"))
        << "another norm of the same tensor is a kernel of its own: " +
               siblings.why.str();
  return numMerged;
}
