//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "MergeRowKernels.h"

#include "ToRowKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// More operands than this would not fit the GPU's parameter space, nor a
/// CPU's registers.
static constexpr size_t kMaxOperands = 24;

namespace {
/// For each dimension of the producer its dimension of the consumer, or a
/// constant 0.
class DimMap {
public:
  DimMap(RowKernelOp producer, RowKernelOp consumer)
      : producer(producer), consumer(consumer), exprs(producer.getNumLoops()) {}

  LogicalResult compute(std::string &why);

  AffineMap apply(AffineMap map) {
    return map.replaceDimsAndSymbols(exprs, {}, consumer.getNumLoops(), 0);
  }
  /// The consumer's dimensions that the producer has as well.
  llvm::SmallBitVector getImage() {
    llvm::SmallBitVector image(consumer.getNumLoops());
    for (AffineExpr expr : exprs)
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        image.set(dim.getPosition());
    return image;
  }
  llvm::SmallBitVector getMappedReductions() {
    llvm::SmallBitVector dims(consumer.getNumLoops());
    for (int64_t dim : producer.getReductionDims())
      if (auto expr = dyn_cast<AffineDimExpr>(exprs[dim]))
        dims.set(expr.getPosition());
    return dims;
  }

private:
  LogicalResult unify(AffineMap producerMap, AffineMap consumerMap,
                      std::string &why);
  LogicalResult completeByEqualExtents(std::string &why);

  RowKernelOp producer, consumer;
  SmallVector<AffineExpr> exprs;
};
} // namespace

LogicalResult DimMap::unify(AffineMap producerMap, AffineMap consumerMap,
                            std::string &why) {
  for (auto [from, to] :
       llvm::zip_equal(producerMap.getResults(), consumerMap.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(from);
    if (!dim)
      continue;
    AffineExpr &known = exprs[dim.getPosition()];
    // Where there is but one position, index 0 is any index.
    bool single = producer.getStaticLoopExtents()[dim.getPosition()] == 1;
    if (known && single && isa<AffineConstantExpr>(to))
      continue;
    if (known && known != to && !(single && isa<AffineConstantExpr>(known))) {
      why = "the consumer reads it at two different positions";
      return failure();
    }
    known = to;
  }
  return success();
}

/// A row statistic says nothing of the row's own dimensions: they are those
/// that the consumer has besides, if an input that both read, or the static
/// extents, prove that they are the same.
LogicalResult DimMap::completeByEqualExtents(std::string &why) {
  auto complete = [&] {
    return llvm::all_of(exprs, [](AffineExpr expr) { return bool(expr); });
  };
  for (auto [index, input] : llvm::enumerate(producer.getInputs())) {
    if (complete())
      break;
    for (auto [other, consumerInput] : llvm::enumerate(consumer.getInputs())) {
      if (input != consumerInput || !isa<ShapedType>(input.getType()))
        continue;
      SmallVector<AffineExpr> saved = exprs;
      std::string ignored;
      if (failed(
              unify(producer.getMap(index), consumer.getMap(other), ignored)))
        exprs = saved;
    }
  }
  if (complete())
    return success();
  llvm::SmallBitVector used(consumer.getNumLoops());
  for (AffineExpr expr : exprs)
    if (auto dim = dyn_cast_if_present<AffineDimExpr>(expr))
      used.set(dim.getPosition());
  SmallVector<int64_t> from = producer.getStaticLoopExtents();
  SmallVector<int64_t> to = consumer.getStaticLoopExtents();
  for (auto [dim, expr] : llvm::enumerate(exprs)) {
    if (expr)
      continue;
    int target = used.find_first_unset();
    if (target < 0 || ShapedType::isDynamic(from[dim]) ||
        from[dim] != to[target]) {
      why = "the rows are not known to have the same extents";
      return failure();
    }
    used.set(target);
    expr = getAffineDimExpr(target, producer.getContext());
  }
  return success();
}

LogicalResult DimMap::compute(std::string &why) {
  for (auto [index, input] : llvm::enumerate(consumer.getInputs())) {
    if (input.getDefiningOp() != producer.getOperation())
      continue;
    unsigned result = cast<OpResult>(input).getResultNumber();
    if (failed(
            unify(producer.getOutputMap(result), consumer.getMap(index), why)))
      return failure();
  }
  if (failed(completeByEqualExtents(why)))
    return failure();
  llvm::SmallBitVector seen(consumer.getNumLoops());
  SmallVector<int64_t> extents = producer.getStaticLoopExtents();
  for (auto [dim, expr] : llvm::enumerate(exprs)) {
    if (auto target = dyn_cast<AffineDimExpr>(expr)) {
      if (seen.test(target.getPosition())) {
        why = "the consumer reads a diagonal";
        return failure();
      }
      seen.set(target.getPosition());
      continue;
    }
    // Read at index 0 only: the same only where there is nothing else.
    if (extents[dim] != 1 || producer.isReductionDim(dim)) {
      why = "the consumer reads only a part of it";
      return failure();
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// Few instructions, none of them slow.
static bool isCheap(RowKernelOp op) {
  unsigned count = 0;
  for (Operation &nested : op.getBody().front().without_terminator()) {
    if (isa<arith::ConstantOp>(nested))
      continue;
    if (isa<ReduceOp, arith::DivFOp>(nested) ||
        isa<math::MathDialect>(nested.getDialect()))
      return false;
    ++count;
  }
  return count <= 6;
}

/// Bytes per point that the operands of full rank take.
static unsigned bytesPerPoint(RowKernelOp op, bool outputs) {
  unsigned bytes = 0;
  unsigned begin = outputs ? op.getInputs().size() : 0;
  unsigned end = outputs ? op.getNumOperands() : op.getInputs().size();
  for (unsigned index = begin; index < end; ++index)
    if (int64_t(op.getMap(index).getNumResults()) == op.getNumLoops())
      bytes += llvm::divideCeil(
          getElementTypeOrSelf(op.getOperand(index)).getIntOrFloatBitWidth(),
          8u);
  return bytes;
}

/// Whether computing the producer again costs less than writing its results
/// and reading them.
static bool isCheaperTwice(RowKernelOp producer) {
  return producer.getReductionDims().empty() && isCheap(producer) &&
         bytesPerPoint(producer, false) <= bytesPerPoint(producer, true);
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

/// Checks that the producer's rows are those of the consumer, or that it has
/// none and may be evaluated at every point.
static LogicalResult checkRows(RowKernelOp producer, RowKernelOp consumer,
                               DimMap &dims, std::string &why) {
  llvm::SmallBitVector image = dims.getImage();
  llvm::SmallBitVector reductions = dims.getMappedReductions();
  llvm::SmallBitVector consumerReductions(consumer.getNumLoops());
  for (int64_t dim : consumer.getReductionDims())
    consumerReductions.set(dim);
  if (reductions.any()) {
    if (!image.all()) {
      why = "its rows would be computed again for every row of the consumer";
      return failure();
    }
    if (consumerReductions.any() && consumerReductions != reductions) {
      why = "the two reduce over different dimensions";
      return failure();
    }
    for (int64_t output = 0; output < int64_t(consumer.getOutputs().size());
         ++output) {
      AffineMap map = consumer.getOutputMap(output);
      if (map.getNumResults() != map.getNumDims() &&
          consumerReductions.none()) {
        why = "an output of the consumer does not cover the rows";
        return failure();
      }
    }
    return success();
  }
  // Elementwise. Evaluating it again for dimensions that it does not have is
  // free along the row, and affordable elsewhere if it is cheap.
  llvm::SmallBitVector missing = image;
  missing.flip();
  missing.reset(consumerReductions);
  if (missing.any() && !isCheap(producer)) {
    why = "it is expensive and would be computed again for every row";
    return failure();
  }
  return success();
}

/// Whether every user of the producer's results other than the consumer comes
/// after the consumer.
static bool otherUsersFollow(RowKernelOp producer, RowKernelOp consumer) {
  Block *block = consumer->getBlock();
  for (Operation *user : producer->getUsers()) {
    Operation *ancestor = block->findAncestorOpInBlock(*user);
    if (!ancestor)
      return false;
    if (ancestor != consumer && ancestor->isBeforeInBlock(consumer))
      return false;
  }
  return true;
}

FailureOr<RowKernelOp> rmsnorm::mergeRowKernels(OpBuilder &b,
                                                RowKernelOp producer,
                                                RowKernelOp consumer,
                                                std::string &why) {
  if (producer->getBlock() != consumer->getBlock()) {
    why = "the two are in different blocks";
    return failure();
  }
  DimMap dims(producer, consumer);
  if (failed(dims.compute(why)) ||
      failed(checkRows(producer, consumer, dims, why)))
    return failure();

  // Results of the producer that are needed elsewhere.
  SmallVector<unsigned> kept;
  for (OpResult result : producer.getResults())
    if (llvm::any_of(result.getUsers(),
                     [&](Operation *user) { return user != consumer; }))
      kept.push_back(result.getResultNumber());
  bool twice = !kept.empty() && isCheaperTwice(producer);
  if (twice)
    kept.clear();
  if (!kept.empty()) {
    if (!dims.getImage().all()) {
      why = "a result that others need does not cover the consumer's rows";
      return failure();
    }
    if (!otherUsersFollow(producer, consumer)) {
      why = "a result is needed before the consumer";
      return failure();
    }
    for (unsigned result : kept)
      if (!dims.apply(producer.getOutputMap(result)).isProjectedPermutation()) {
        why = "a result that others need has unit dimensions";
        return failure();
      }
  }
  if (producer.getNumOperands() + consumer.getNumOperands() > kMaxOperands) {
    why = "the kernel would have too many operands";
    return failure();
  }

  b.setInsertionPoint(consumer);
  Location loc = b.getFusedLoc({producer.getLoc(), consumer.getLoc()});
  RowKernelBuilder merged(b, loc, consumer.getNumLoops());
  llvm::SmallBitVector reductions = dims.getMappedReductions();
  for (int64_t dim : consumer.getReductionDims())
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
  for (auto [index, input] : llvm::enumerate(producer.getInputs()))
    mapping.map(producer.getBody().getArgument(index),
                merged.addInput(input, dims.apply(producer.getMap(index))));
  SmallVector<Value> produced = cloneBody(producer);
  for (auto [index, input] : llvm::enumerate(consumer.getInputs())) {
    Value element = input.getDefiningOp() == producer.getOperation()
                        ? produced[cast<OpResult>(input).getResultNumber()]
                        : merged.addInput(input, consumer.getMap(index));
    mapping.map(consumer.getBody().getArgument(index), element);
  }
  SmallVector<Value> consumed = cloneBody(consumer);
  for (auto [index, output] : llvm::enumerate(consumer.getOutputs()))
    merged.addOutput(output, consumer.getOutputMap(index), consumed[index]);
  for (unsigned result : kept)
    merged.addOutput(producer.getOutputs()[result],
                     dims.apply(producer.getOutputMap(result)),
                     produced[result]);

  auto norms = [](RowKernelOp op) {
    auto attribute = op->getAttrOfType<IntegerAttr>(kNormsAttr);
    return attribute ? attribute.getInt() : 0;
  };
  RowKernelOp result = merged.build(norms(producer) + norms(consumer));
  size_t numConsumed = consumed.size();
  consumer->replaceAllUsesWith(result.getResults().take_front(numConsumed));
  consumer.erase();
  for (auto [index, number] : llvm::enumerate(kept))
    producer.getResult(number).replaceAllUsesWith(
        result.getResult(numConsumed + index));
  return result;
}
