//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "RowSpaces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// DimMap
//===----------------------------------------------------------------------===//

llvm::SmallBitVector DimMap::getImage() const {
  RowKernelOp op = second;
  llvm::SmallBitVector image(getNumLoops());
  for (AffineExpr expr : exprs)
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      image.set(dim.getPosition());
  for (auto [dim, extent] : llvm::enumerate(op.getStaticLoopExtents()))
    if (extent == 1 && !op.isReductionDim(dim))
      image.set(dim);
  return image;
}

llvm::SmallBitVector DimMap::getMappedReductions() const {
  llvm::SmallBitVector dims(getNumLoops());
  RowKernelOp op = first;
  for (int64_t dim : op.getReductionDims())
    if (auto expr = dyn_cast<AffineDimExpr>(exprs[dim]))
      dims.set(expr.getPosition());
  return dims;
}

LogicalResult DimMap::unify(AffineMap firstMap, AffineMap secondMap,
                            std::string &why) {
  SmallVector<int64_t> extents = first.getStaticLoopExtents();
  for (auto [from, to] :
       llvm::zip_equal(firstMap.getResults(), secondMap.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(from);
    if (!dim)
      continue;
    AffineExpr &known = exprs[dim.getPosition()];
    // Where there is but one position, index 0 is any index.
    bool single = extents[dim.getPosition()] == 1;
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

void DimMap::unifySharedInputs() {
  for (auto [index, input] : llvm::enumerate(first.getInputs())) {
    if (isComplete())
      return;
    if (!isa<ShapedType>(input.getType()))
      continue;
    for (auto [other, secondInput] : llvm::enumerate(second.getInputs())) {
      if (input != secondInput)
        continue;
      SmallVector<AffineExpr> saved = exprs;
      std::string ignored;
      if (failed(unify(first.getMap(index), second.getMap(other), ignored)))
        exprs = saved;
    }
  }
}

/// A row statistic says nothing of the row's own dimensions: they are those
/// that the second kernel has besides, if an input that both read, or the
/// static extents, prove that they are the same.
LogicalResult DimMap::completeByEqualExtents(std::string &why) {
  unifySharedInputs();
  if (isComplete())
    return success();
  llvm::SmallBitVector used(second.getNumLoops());
  for (AffineExpr expr : exprs)
    if (auto dim = dyn_cast_if_present<AffineDimExpr>(expr))
      used.set(dim.getPosition());
  SmallVector<int64_t> from = first.getStaticLoopExtents();
  SmallVector<int64_t> to = second.getStaticLoopExtents();
  for (auto [dim, expr] : llvm::enumerate(exprs)) {
    if (expr)
      continue;
    // A dimension of extent 1 is nobody's row but one of extent 1: PyTorch
    // keeps it where a statistic has been taken.
    int target = -1;
    for (int free = used.find_first_unset(); free >= 0 && target < 0;
         free = used.find_next_unset(free))
      if (to[free] != 1 || from[dim] == 1)
        target = free;
    if (target < 0 && first.isReductionDim(dim) &&
        second.getReductionDims().empty()) {
      // The second works on whole rows: it is computed once for each.
      expr = getAffineDimExpr(getNumLoops(), first.getContext());
      ++numExtra;
      continue;
    }
    if (target < 0 || ShapedType::isDynamic(from[dim]) ||
        from[dim] != to[target]) {
      why = "the rows are not known to have the same extents";
      return failure();
    }
    used.set(target);
    expr = getAffineDimExpr(target, first.getContext());
  }
  return success();
}

LogicalResult DimMap::verify(std::string &why) {
  llvm::SmallBitVector seen(getNumLoops());
  SmallVector<int64_t> extents = first.getStaticLoopExtents();
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
    if (extents[dim] != 1 || first.isReductionDim(dim)) {
      why = "the consumer reads only a part of it";
      return failure();
    }
  }
  return success();
}

LogicalResult DimMap::computeFromResults(std::string &why) {
  for (auto [index, input] : llvm::enumerate(second.getInputs())) {
    if (input.getDefiningOp() != first.getOperation())
      continue;
    unsigned result = cast<OpResult>(input).getResultNumber();
    if (failed(unify(first.getOutputMap(result), second.getMap(index), why)))
      return failure();
  }
  if (failed(completeByEqualExtents(why)))
    return failure();
  return verify(why);
}

LogicalResult DimMap::computeFromSharedInputs(std::string &why) {
  auto isFull = [](RowKernelOp op, unsigned input) {
    return op.getMap(input).isPermutation();
  };
  bool shared = false;
  for (auto [index, input] : llvm::enumerate(first.getInputs()))
    for (auto [other, secondInput] : llvm::enumerate(second.getInputs()))
      shared |=
          input == secondInput && isFull(first, index) && isFull(second, other);
  if (!shared) {
    why = "they read no tensor at the same points";
    return failure();
  }
  unifySharedInputs();
  if (!isComplete()) {
    why = "the rows are not known to have the same extents";
    return failure();
  }
  return verify(why);
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

bool rmsnorm::isCheap(RowKernelOp op) {
  unsigned count = 0;
  for (Operation &nested : op.getBody().front().without_terminator()) {
    if (isa<arith::ConstantOp>(nested))
      continue;
    if (isa<ReduceOp, arith::DivFOp>(nested) ||
        (isa<math::MathDialect>(nested.getDialect()) &&
         !isa<math::AbsFOp>(nested)))
      return false;
    ++count;
  }
  return count <= 6;
}

/// Whether there is another element of the operand for every point.
static bool hasElementPerPoint(RowKernelOp op, unsigned operand,
                               ArrayRef<int64_t> extents) {
  AffineMap map = op.getMap(operand);
  for (int64_t loop = 0; loop < op.getNumLoops(); ++loop) {
    bool used = extents[loop] == 1 || map.isFunctionOfDim(loop);
    for (unsigned dim = 0; dim < map.getNumResults(); ++dim)
      if (std::optional<unsigned> index = op.getGatherIndex(operand, dim))
        used |= op.getMap(*index).isFunctionOfDim(loop);
    if (!used)
      return false;
  }
  return true;
}

/// Bytes per point that operands take of which every point has an element.
static unsigned bytesPerPoint(RowKernelOp op, bool outputs) {
  unsigned bytes = 0;
  unsigned begin = outputs ? op.getInputs().size() : 0;
  unsigned end = outputs ? op.getNumOperands() : op.getInputs().size();
  SmallVector<int64_t> extents = op.getStaticLoopExtents();
  for (unsigned index = begin; index < end; ++index)
    if (isa<ShapedType>(op.getOperand(index).getType()) &&
        hasElementPerPoint(op, index, extents))
      bytes += llvm::divideCeil(
          getElementTypeOrSelf(op.getOperand(index)).getIntOrFloatBitWidth(),
          8u);
  return bytes;
}

bool rmsnorm::isCheaperTwice(RowKernelOp op) {
  return op.getReductionDims().empty() && isCheap(op) &&
         bytesPerPoint(op, false) <= bytesPerPoint(op, true);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Whether all operands can be accessed by vectors along loop `dim`, the maps
/// being translated by `translate`.
static bool
isContiguousAlong(RowKernelOp op, unsigned dim,
                  llvm::function_ref<AffineMap(AffineMap)> translate) {
  for (unsigned index = 0; index < op.getNumOperands(); ++index) {
    AffineMap map = translate(op.getMap(index));
    if (!map.isFunctionOfDim(dim))
      continue;
    auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
    if (!last || last.getPosition() != dim)
      return false;
  }
  return true;
}

/// A kernel whose operands are contiguous along different loops is not
/// vectorised: no gain for one that was.
static LogicalResult checkDirections(RowKernelOp first, RowKernelOp second,
                                     const DimMap &dims, std::string &why) {
  auto mapped = [&](AffineMap map) { return dims.apply(map); };
  auto same = [&](AffineMap map) { return dims.extend(map); };
  SmallVector<int64_t> extents = second.getStaticLoopExtents();
  // Loops of the first alone have some extent.
  extents.resize(dims.getNumLoops(), ShapedType::kDynamic);
  bool firstAlone = false, secondAlone = false;
  for (unsigned dim = 0; dim < dims.getNumLoops(); ++dim) {
    if (extents[dim] == 1)
      continue;
    bool alongFirst = isContiguousAlong(first, dim, mapped);
    bool alongSecond = isContiguousAlong(second, dim, same);
    if (alongFirst && alongSecond)
      return success();
    firstAlone |= alongFirst;
    secondAlone |= alongSecond;
  }
  // Elementwise code loses little, and gains a tensor that is not written.
  if (!(firstAlone && !first.getReductionDims().empty()) &&
      !(secondAlone && !second.getReductionDims().empty()))
    return success();
  why = "it is laid out across the rows: a transposition stands between";
  return failure();
}

/// The loop along which every output lies in memory, as the code will go.
static std::optional<unsigned> getInnermostLoop(RowKernelOp op) {
  std::optional<unsigned> innermost;
  for (int64_t output = 0; output < int64_t(op.getOutputs().size()); ++output) {
    AffineMap map = op.getOutputMap(output);
    if (map.getNumResults() == 0)
      return std::nullopt;
    auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
    if (!last || (innermost && *innermost != last.getPosition()))
      return std::nullopt;
    innermost = last.getPosition();
  }
  return innermost;
}

LogicalResult rmsnorm::checkRows(RowKernelOp first, RowKernelOp second,
                                 const DimMap &dims, std::string &why) {
  llvm::SmallBitVector image = dims.getImage();
  llvm::SmallBitVector reductions = dims.getMappedReductions();
  llvm::SmallBitVector secondReductions(dims.getNumLoops());
  for (int64_t dim : second.getReductionDims())
    secondReductions.set(dim);
  if (reductions.any()) {
    if (!image.all()) {
      why = "its rows would be computed again for every row of the consumer";
      return failure();
    }
    if (secondReductions.any() && secondReductions != reductions) {
      why = "the two reduce over different dimensions";
      return failure();
    }
    for (int64_t output = 0; output < int64_t(second.getOutputs().size());
         ++output) {
      AffineMap map = dims.extend(second.getOutputMap(output));
      size_t used = llvm::count_if(reductions.set_bits(), [&](unsigned dim) {
        return map.isFunctionOfDim(dim);
      });
      if (used != 0 && used != reductions.count()) {
        why = "an output of the consumer does not cover the rows";
        return failure();
      }
    }
    return checkDirections(first, second, dims, why);
  }
  // Elementwise. Evaluating it again for dimensions that it does not have is
  // free along the row, and affordable elsewhere if it is cheap.
  llvm::SmallBitVector missing = image;
  missing.flip();
  missing.reset(secondReductions);
  if (secondReductions.none())
    if (std::optional<unsigned> innermost = getInnermostLoop(second))
      missing.reset(*innermost);
  if (missing.any() && !isCheap(first)) {
    why = "it is expensive and would be computed again for every row";
    return failure();
  }
  return checkDirections(first, second, dims, why);
}
