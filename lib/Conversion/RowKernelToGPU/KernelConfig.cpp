//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Conversion/RowKernelToGPU/KernelConfig.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::rmsnorm;

SmallVector<int64_t> rmsnorm::getNonUnitDims(RowKernelOp op, bool reduction) {
  SmallVector<int64_t> extents = op.getStaticLoopExtents();
  SmallVector<int64_t> dims;
  for (int64_t dim : reduction ? op.getReductionDims() : op.getRowDims())
    if (extents[dim] != 1)
      dims.push_back(dim);
  // A row of one element is still a row.
  if (reduction && dims.empty() && !op.getReductionDims().empty())
    dims.push_back(op.getReductionDims().back());
  return dims;
}

bool rmsnorm::usesAllInOrder(AffineMap map, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> used;
  for (AffineExpr expr : map.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      if (llvm::is_contained(dims, int64_t(dim.getPosition())))
        used.push_back(dim.getPosition());
  return ArrayRef<int64_t>(used) == dims;
}

unsigned rmsnorm::getElementBytes(Type type) {
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

/// Values along the row that the reductions need, all phases together.
static DenseSet<Value> collectReduced(const RowKernelAnalysis &analysis) {
  DenseSet<Value> needed;
  SmallVector<Value> worklist;
  for (unsigned phase = 0; phase < analysis.getNumPhases(); ++phase)
    for (ReduceOp reduce : analysis.getReductions(phase))
      worklist.push_back(reduce.getValue());
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (analysis.isRowInvariant(value) || !needed.insert(value).second)
      continue;
    if (Operation *op = value.getDefiningOp())
      llvm::append_range(worklist, op->getOperands());
  }
  return needed;
}

static unsigned countLiveBytes(const RowKernelAnalysis &analysis) {
  DenseSet<Value> reduced = collectReduced(analysis);
  unsigned bytes = 0;
  auto count = [&](Value value) {
    if (analysis.isRowInvariant(value))
      return;
    bool usedLater = llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (isa<ReduceOp>(user))
        return false;
      return user->getNumResults() == 0 ||
             !reduced.contains(user->getResult(0));
    });
    bool early = isa<BlockArgument>(value) || reduced.contains(value);
    if (usedLater && early)
      bytes += getElementBytes(value.getType());
  };
  Block &body = analysis.getOp().getBody().front();
  for (Value argument : body.getArguments())
    count(argument);
  for (Operation &op : body)
    for (Value result : op.getResults())
      count(result);
  return std::max(bytes, 1u);
}

KernelShape rmsnorm::getKernelShape(const RowKernelAnalysis &analysis) {
  RowKernelOp op = analysis.getOp();
  KernelShape shape;
  SmallVector<int64_t> extents = op.getStaticLoopExtents();
  SmallVector<int64_t> redDims = getNonUnitDims(op, /*reduction=*/true);
  shape.rowLength = 1;
  for (int64_t dim : redDims) {
    if (ShapedType::isDynamic(extents[dim])) {
      shape.rowLength = ShapedType::kDynamic;
      break;
    }
    shape.rowLength *= extents[dim];
  }
  shape.runLength = shape.rowLength;
  shape.dividesAlongRow = redDims.size() > 1;
  shape.narrowestBytes = 16;
  int rowInnerVotes = 0;
  for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
    if (!isa<ShapedType>(operand.getType()))
      continue;
    AffineMap map = op.getMap(index);
    bool along = llvm::any_of(
        redDims, [&](int64_t dim) { return map.isFunctionOfDim(dim); });
    if (!along)
      continue;
    if (index < op.getInputs().size())
      shape.streamBytes +=
          getElementBytes(getElementTypeOrSelf(operand.getType()));
    if (!usesAllInOrder(map, redDims) && !redDims.empty())
      shape.runLength = extents[redDims.back()];
    // Parameters are small and cached: the big operands decide.
    bool acrossRows = llvm::any_of(
        op.getRowDims(), [&](int64_t dim) { return map.isFunctionOfDim(dim); });
    if (!acrossRows && index < op.getInputs().size())
      continue;
    shape.narrowestBytes =
        std::min(shape.narrowestBytes,
                 getElementBytes(getElementTypeOrSelf(operand.getType())));
    for (AffineExpr expr : llvm::reverse(map.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || extents[dim.getPosition()] == 1)
        continue;
      rowInnerVotes += op.isReductionDim(dim.getPosition()) ? -1 : 1;
      break;
    }
  }
  if (shape.narrowestBytes == 16)
    shape.narrowestBytes = 4;
  shape.rowsInner = rowInnerVotes > 0;
  shape.liveBytes = countLiveBytes(analysis);
  return shape;
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

/// Bytes of register per thread that may hold a row, by block size: ptxas has
/// 64, 128 and 255 registers per thread for 1024, 512 and 256 threads, and
/// addresses and temporaries need about thirty.
static unsigned getRegisterBudget(unsigned threads) {
  return threads <= 512 ? 224 : 112;
}

/// The same for rows within a warp. Less than registers would hold: with more,
/// ptxas spilled around the slow path of divisions.
static constexpr unsigned warpBudget = 160;

/// A loop along the row: as many vectors per step as registers allow, so that
/// several loads are in flight.
static KernelConfig chooseLoop(const KernelShape &shape, unsigned vectorSize,
                               unsigned lanes) {
  KernelConfig config;
  config.vectorSize = vectorSize;
  config.lanesPerRow = lanes;
  unsigned elements = 16;
  // The general path divides for every element when a parameter covers only
  // some dimensions of the row, or the row has several.
  if (shape.dividesAlongRow)
    elements = 4;
  // ptxas aims at 64 registers for 512 threads and rather spills than takes
  // more.
  unsigned mostBytes = lanes > 256 ? 64 : 128;
  while (elements > vectorSize && elements * shape.streamBytes > mostBytes)
    elements /= 2;
  config.slots = std::max(1u, elements / vectorSize);
  return config;
}

static KernelConfig chooseRowsInner(const KernelShape &shape) {
  KernelConfig config;
  config.rowsInner = true;
  config.rowsPerBlock = 32;
  bool isStatic = !ShapedType::isDynamic(shape.rowLength);
  int64_t length = isStatic ? shape.rowLength : 1024;
  config.lanesPerRow =
      length >= 2048 ? 32
                     : llvm::PowerOf2Ceil(std::clamp<int64_t>(length, 1, 8));
  config.slots = 8;
  if (!isStatic)
    return config;
  int64_t slots = llvm::divideCeil(length, config.lanesPerRow);
  if (slots <= 32 &&
      slots * shape.liveBytes <= getRegisterBudget(config.getBlockSize())) {
    config.slots = slots;
    config.inRegisters = true;
  }
  return config;
}

KernelConfig rmsnorm::chooseKernelConfig(const KernelShape &shape) {
  if (shape.rowsInner)
    return chooseRowsInner(shape);

  // 16-byte accesses of the narrowest operand; the others take several.
  unsigned vectorSize = std::min(8u, 16u / shape.narrowestBytes);
  for (int64_t length : {shape.rowLength, shape.runLength})
    while (!ShapedType::isDynamic(length) && length % vectorSize != 0)
      vectorSize /= 2;
  if (ShapedType::isDynamic(shape.rowLength) && shape.dividesAlongRow)
    vectorSize = std::min(vectorSize, 4u);
  if (ShapedType::isDynamic(shape.rowLength))
    return chooseLoop(shape, vectorSize, 256);

  int64_t vectors = shape.rowLength / vectorSize;
  auto fits = [&](int64_t slots, unsigned threads) {
    return slots * vectorSize * shape.liveBytes <= getRegisterBudget(threads);
  };
  KernelConfig config;
  config.vectorSize = vectorSize;
  config.inRegisters = true;
  // Up to 128 vectors: a warp or a part of one, two vectors per thread so that
  // enough bytes are in flight.
  if (vectors <= 128) {
    config.lanesPerRow = std::min<int64_t>(
        32,
        llvm::PowerOf2Ceil(std::max<int64_t>(1, llvm::divideCeil(vectors, 2))));
    config.slots = llvm::divideCeil(vectors, config.lanesPerRow);
    config.rowsPerBlock = 128 / config.lanesPerRow;
    if (config.slots * vectorSize * shape.liveBytes <= warpBudget)
      return config;
  }
  config.rowsPerBlock = 1;
  for (auto [threads, maxSlots] :
       {std::pair<unsigned, int64_t>{256, vectorSize == 1 ? 8 : 4},
        {512, vectorSize == 1 ? 16 : 8},
        {1024, vectorSize == 1 ? 16 : 8}}) {
    // Two vectors per thread at least, as long as a block stays busy.
    for (int64_t slots = 2; slots <= maxSlots; slots *= 2) {
      int64_t lanes =
          llvm::alignTo(llvm::divideCeil(vectors, slots), int64_t(32));
      if (lanes > threads || !fits(slots, threads))
        continue;
      config.lanesPerRow = lanes;
      config.slots = llvm::divideCeil(vectors, lanes);
      return config;
    }
  }
  return chooseLoop(shape, vectorSize, shape.streamBytes < 16 ? 512 : 256);
}
