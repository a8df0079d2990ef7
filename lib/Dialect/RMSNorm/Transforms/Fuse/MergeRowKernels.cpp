//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "MergeRowKernels.h"

#include "FusionOrder.h"
#include "RowSpaces.h"
#include "ToRowKernel.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// More operands than this would not fit the GPU's parameter space, nor a
/// CPU's registers.
static constexpr size_t kMaxOperands = 32;

/// Distinct operands that a kernel of both would have, `kept` results of
/// `first` among them.
static size_t countOperands(RowKernelOp first, RowKernelOp second,
                            size_t kept) {
  llvm::SmallPtrSet<Value, 32> inputs;
  for (RowKernelOp op : {first, second})
    for (Value input : op.getInputs())
      if (input.getDefiningOp() != first.getOperation())
        inputs.insert(input);
  return inputs.size() + second.getOutputs().size() + kept;
}

namespace {
/// A result of the first that others need, as the merged kernel writes it:
/// without the unit dimensions that the rows do not have.
struct KeptResult {
  unsigned number;
  AffineMap full; // a constant 0 for each dimension that is left out
  AffineMap map;
  SmallVector<ReassociationIndices> reassociation; // puts them back

  bool isWhole() const { return map == full; }
};

/// What is known before anything is changed.
struct MergePlan {
  SmallVector<KeptResult> kept;
  SmallVector<Operation *> between;
  bool twice = false;
};
} // namespace

/// `map`, with a row loop of extent 1 that it does not use in the place of a
/// constant 0: where there is one position only, the two are the same.
static AffineMap useUnitRows(RowKernelOp second, AffineMap map) {
  SmallVector<AffineExpr> exprs(map.getResults());
  SmallVector<int64_t> extents = second.getStaticLoopExtents();
  auto *place = exprs.begin();
  for (int64_t dim : second.getRowDims()) {
    if (extents[dim] != 1 || map.isFunctionOfDim(dim))
      continue;
    place = std::find_if(place, exprs.end(), llvm::IsaPred<AffineConstantExpr>);
    if (place == exprs.end())
      break;
    *place++ = getAffineDimExpr(dim, map.getContext());
  }
  return AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
}

/// How the merged kernel writes a result of the first; nothing if it cannot:
/// an output has every row, and the whole of a row or one element of it.
static std::optional<KeptResult> keepResult(RowKernelOp first,
                                            RowKernelOp second,
                                            const DimMap &dims,
                                            unsigned number) {
  KeptResult kept{number,
                  useUnitRows(second, dims.apply(first.getOutputMap(number))),
                  AffineMap(),
                  {}};
  auto type = dyn_cast<RankedTensorType>(first.getOutputs()[number].getType());
  if (!type)
    return std::nullopt;
  for (auto [position, expr] : llvm::enumerate(kept.full.getResults()))
    if (isa<AffineConstantExpr>(expr) && type.getDimSize(position) != 1)
      return std::nullopt;
  kept.map = kept.full;
  if (!dropUnitResults(kept.map, kept.reassociation) ||
      !kept.map.isProjectedPermutation())
    return std::nullopt;
  llvm::SmallBitVector reductions = dims.getMappedReductions();
  for (int64_t dim : second.getReductionDims())
    reductions.set(dim);
  unsigned used = 0;
  for (unsigned dim = 0; dim < reductions.size(); ++dim) {
    bool isUsed = kept.map.isFunctionOfDim(dim);
    if (reductions.test(dim))
      used += isUsed;
    else if (!isUsed)
      return std::nullopt;
  }
  if (used != 0 && used != reductions.count())
    return std::nullopt;
  return kept;
}

static FailureOr<MergePlan> plan(RowKernelOp first, RowKernelOp second,
                                 const DimMap &dims, std::string &why) {
  MergePlan plan;
  SmallVector<unsigned> kept;
  for (OpResult result : first.getResults())
    if (llvm::any_of(result.getUsers(), [&](Operation *user) {
          return user != second && !isOpTriviallyDead(user);
        }))
      kept.push_back(result.getResultNumber());
  bool reads = llvm::any_of(second.getInputs(), [&](Value input) {
    return input.getDefiningOp() == first.getOperation();
  });
  plan.twice = reads && !kept.empty() && isCheaperTwice(first);
  if (plan.twice)
    kept.clear();
  if (!kept.empty()) {
    if (!dims.getImage().all()) {
      why = "a result that others need does not cover the consumer's rows";
      return failure();
    }
    for (unsigned number : kept) {
      std::optional<KeptResult> result =
          keepResult(first, second, dims, number);
      if (!result) {
        why = "a result that others need does not have the consumer's rows";
        return failure();
      }
      plan.kept.push_back(std::move(*result));
    }
    FailureOr<SmallVector<Operation *>> between =
        collectOperationsBetween(first, second, why);
    if (failed(between))
      return failure();
    plan.between = *between;
  }
  for (auto [index, input] : llvm::enumerate(second.getInputs()))
    if (input.getDefiningOp() == first.getOperation() &&
        (second.isGathered(index) || second.isGatherIndex(index))) {
      why = "the consumer gathers by it, or from it";
      return failure();
    }
  if (countOperands(first, second, plan.kept.size()) > kMaxOperands) {
    why = "the kernel would have too many operands";
    return failure();
  }
  return plan;
}

static void appendFused(RowKernelOp op, SmallVectorImpl<Attribute> &names) {
  if (auto fused = op->getAttrOfType<ArrayAttr>(kFusedAttr))
    llvm::append_range(names, fused);
}

/// Builds the kernel of both in the place of `second`; null if a loop would
/// have no operand to tell its extent (that of a value broadcast along the
/// row).
static RowKernelOp merge(OpBuilder &b, RowKernelOp first, RowKernelOp second,
                         const DimMap &dims, const MergePlan &plan) {
  b.setInsertionPoint(second);
  Location loc = b.getFusedLoc({first.getLoc(), second.getLoc()});
  RowKernelBuilder merged(b, loc, dims.getNumLoops());
  llvm::SmallBitVector reductions = dims.getMappedReductions();
  for (int64_t dim : second.getReductionDims())
    reductions.set(dim);
  for (unsigned dim : reductions.set_bits())
    merged.setReduction(dim);

  IRMapping mapping;
  auto cloneBody = [&](RowKernelOp op) {
    for (Operation &nested : op.getBody().front().without_terminator())
      merged.getBody().clone(nested, mapping);
    auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
    SmallVector<Value> elements;
    for (Value value : yield.getValues())
      elements.push_back(mapping.lookup(value));
    return elements;
  };
  using Translated = std::optional<std::pair<Value, AffineMap>>;
  merged.addInputsOf(
      first,
      [&](unsigned index) -> Translated {
        return {{first.getInputs()[index], dims.apply(first.getMap(index))}};
      },
      mapping);
  SmallVector<Value> produced = cloneBody(first);
  merged.addInputsOf(
      second,
      [&](unsigned index) -> Translated {
        Value input = second.getInputs()[index];
        if (input.getDefiningOp() != first.getOperation())
          return {{input, dims.extend(second.getMap(index))}};
        mapping.map(second.getBody().getArgument(index),
                    produced[cast<OpResult>(input).getResultNumber()]);
        return std::nullopt;
      },
      mapping);
  SmallVector<Value> consumed = cloneBody(second);
  for (auto [index, output] : llvm::enumerate(second.getOutputs()))
    merged.addOutput(output, dims.extend(second.getOutputMap(index)),
                     consumed[index]);
  for (const KeptResult &kept : plan.kept) {
    Value init = first.getOutputs()[kept.number];
    if (!kept.isWhole())
      init = dropUnitDims(b, loc, init, kept.full);
    merged.addOutput(init, kept.map, produced[kept.number]);
  }

  if (!merged.coversLoops())
    return {};
  SmallVector<Attribute> fused;
  appendFused(first, fused);
  appendFused(second, fused);
  return merged.build(getNumNorms(first) + getNumNorms(second), fused);
}

FailureOr<RowKernelOp> rmsnorm::mergeRowKernels(OpBuilder &b, RowKernelOp first,
                                                RowKernelOp second,
                                                std::string &why,
                                                bool *computedTwice) {
  if (first->getBlock() != second->getBlock()) {
    why = "the two are in different blocks";
    return failure();
  }
  bool reads = llvm::any_of(second.getInputs(), [&](Value input) {
    return input.getDefiningOp() == first.getOperation();
  });
  DimMap dims(first, second);
  if (failed(reads ? dims.computeFromResults(why)
                   : dims.computeFromSharedInputs(why)) ||
      failed(checkRows(first, second, dims, why)))
    return failure();
  FailureOr<MergePlan> known = plan(first, second, dims, why);
  if (failed(known))
    return failure();

  RowKernelOp result = merge(b, first, second, dims, *known);
  if (!result) {
    why = "no other operand has the extent of the row";
    return failure();
  }
  size_t numConsumed = second.getNumResults();
  second->replaceAllUsesWith(result.getResults().take_front(numConsumed));
  second.erase();
  Operation *last = result;
  for (auto [index, kept] : llvm::enumerate(known->kept)) {
    Value value = result.getResult(numConsumed + index);
    if (!kept.isWhole()) {
      b.setInsertionPointAfter(last);
      Value init = first.getOutputs()[kept.number];
      value = tensor::ExpandShapeOp::create(b, result.getLoc(), init.getType(),
                                            value, kept.reassociation,
                                            getSizes(b, result.getLoc(), init));
      last = value.getDefiningOp();
    }
    first.getResult(kept.number).replaceAllUsesWith(value);
  }
  moveBehind(known->between, last);
  if (computedTwice)
    *computedTwice = known->twice;
  return result;
}

RowKernelOp rmsnorm::dropUnusedResults(OpBuilder &b, RowKernelOp op) {
  auto isUsed = [](OpResult result) { return !result.use_empty(); };
  if (llvm::all_of(op.getResults(), isUsed) ||
      llvm::none_of(op.getResults(), isUsed))
    return {};
  auto yield = cast<YieldOp>(op.getBody().front().getTerminator());
  llvm::SmallPtrSet<Operation *, 16> live;
  llvm::SmallDenseSet<Value> elements;
  SmallVector<Value> worklist;
  for (OpResult result : llvm::make_filter_range(op.getResults(), isUsed))
    worklist.push_back(yield.getValues()[result.getResultNumber()]);
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (!elements.insert(value).second)
        continue;
      for (unsigned dim = 0;
           dim < op.getMap(argument.getArgNumber()).getNumResults(); ++dim)
        if (auto index = op.getGatherIndex(argument.getArgNumber(), dim))
          worklist.push_back(op.getBody().getArgument(*index));
      continue;
    }
    if (live.insert(value.getDefiningOp()).second)
      llvm::append_range(worklist, value.getDefiningOp()->getOperands());
  }

  b.setInsertionPoint(op);
  RowKernelBuilder kernel(b, op.getLoc(), op.getNumLoops());
  for (int64_t loop : op.getReductionDims())
    kernel.setReduction(loop);
  IRMapping mapping;
  kernel.addInputsOf(
      op,
      [&](unsigned index) -> std::optional<std::pair<Value, AffineMap>> {
        if (!elements.contains(op.getBody().getArgument(index)))
          return std::nullopt;
        return {{op.getInputs()[index], op.getMap(index)}};
      },
      mapping);
  for (Operation &nested : op.getBody().front().without_terminator())
    if (live.contains(&nested))
      kernel.getBody().clone(nested, mapping);
  for (OpResult result : llvm::make_filter_range(op.getResults(), isUsed)) {
    unsigned number = result.getResultNumber();
    kernel.addOutput(op.getOutputs()[number], op.getOutputMap(number),
                     mapping.lookup(yield.getValues()[number]));
  }
  if (!kernel.coversLoops())
    return {};
  SmallVector<Attribute> fused;
  appendFused(op, fused);
  RowKernelOp result = kernel.build(getNumNorms(op), fused);
  unsigned next = 0;
  for (OpResult old : op.getResults())
    if (isUsed(old))
      old.replaceAllUsesWith(result.getResult(next++));
  op.erase();
  return result;
}
