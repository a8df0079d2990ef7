//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "KeptValues.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// The stack of a thread is small, and so is the nearest cache.
static constexpr int64_t kBudgetBytes = 32 << 10;
/// A store and a load, and what stands between a value and its narrower form.
static constexpr int64_t kDear = 6;

/// Vector instructions, roughly, for a rounding to `type`.
static int64_t roundingTo(Type type) {
  if (type.isBF16())
    return 7;
  auto narrow = dyn_cast<FloatType>(type);
  return narrow && narrow.getWidth() < 16 ? 12 : 1;
}

/// Vector instructions, roughly, for one operation of the body.
static int64_t instructionsOf(Operation *op) {
  if (isa<arith::ConstantOp>(op))
    return 0;
  Type type = getElementTypeOrSelf(op->getResult(0).getType());
  bool narrow = isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 16 &&
                !isa<arith::SelectOp>(op);
  // Computed in f32 and rounded.
  int64_t count = narrow ? roundingTo(type) + 1 : 1;
  if (isa<arith::DivFOp>(op))
    return count + 7;
  if (isa<math::MathDialect>(op->getDialect()) &&
      !isa<math::AbsFOp, math::FmaOp, math::RoundEvenOp, math::FloorOp,
           math::CeilOp>(op))
    return count + 19;
  return count;
}

namespace {
/// What each pass computes at every point of a row.
class PointSlices {
public:
  explicit PointSlices(const RowKernelAnalysis &analysis) : analysis(analysis) {
    auto yield =
        cast<YieldOp>(analysis.getOp().getBody().front().getTerminator());
    slices.resize(analysis.getNumPhases());
    for (unsigned phase = 0; phase < slices.size(); ++phase) {
      for (ReduceOp reduce : analysis.getReductions(phase))
        for (Value value : addendsOf(reduce))
          visit(value, slices[phase]);
      if (phase + 1 == slices.size())
        for (Value value : yield.getValues())
          visit(value, slices[phase]);
    }
  }

  /// The first pass that computes the value.
  std::optional<unsigned> firstPhase(Value value) const {
    for (auto [phase, slice] : llvm::enumerate(slices))
      if (slice.contains(value))
        return phase;
    return std::nullopt;
  }

  /// Whether a pass after `phase` needs the value for something that no pass up
  /// to `phase` computes.
  bool isNeededAfter(Value value, unsigned phase) const {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (isa<YieldOp>(user))
        return phase + 1 < slices.size();
      if (isReducedAfter(user, phase))
        return true;
      std::optional<unsigned> first = firstPhase(user->getResult(0));
      return first && *first > phase;
    });
  }

  /// Instructions that make the value from what the kernel reads.
  int64_t costOf(Value value) const {
    llvm::SetVector<Value> slice;
    visit(value, slice);
    int64_t cost = 0;
    for (Value part : slice)
      cost += part.getDefiningOp() ? instructionsOf(part.getDefiningOp()) : 1;
    return cost;
  }

private:
  /// What a sum reads at each point: of a product the factors, which it
  /// multiplies and adds at once.
  static SmallVector<Value> addendsOf(ReduceOp reduce) {
    auto product = reduce.getValue().getDefiningOp<arith::MulFOp>();
    if (product && reduce.getKind() == ReduceKind::Add)
      return {product.getLhs(), product.getRhs()};
    return {reduce.getValue()};
  }

  /// Whether `user`, a reduction or the product in one, belongs to a pass after
  /// `phase`.
  bool isReducedAfter(Operation *user, unsigned phase) const {
    for (unsigned later = phase + 1; later < slices.size(); ++later)
      for (ReduceOp reduce : analysis.getReductions(later))
        if (reduce == user || reduce.getValue().getDefiningOp() == user)
          return true;
    return false;
  }

  void visit(Value value, llvm::SetVector<Value> &slice) const {
    if (analysis.isRowInvariant(value) || !slice.insert(value))
      return;
    Operation *op = value.getDefiningOp();
    if (!op || isa<ReduceOp>(op))
      return;
    for (Value operand : op->getOperands())
      visit(operand, slice);
  }

  const RowKernelAnalysis &analysis;
  SmallVector<llvm::SetVector<Value>> slices;
};
} // namespace

/// What an extension is one of: as many values in fewer bytes.
static Value narrowest(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

SmallVector<Value> rmsnorm::chooseKeptValues(const RowKernelAnalysis &analysis,
                                             int64_t extent) {
  PointSlices slices(analysis);
  llvm::SmallSetVector<Value, 4> chosen;
  int64_t bytes = 0;
  for (Operation &op : analysis.getOp().getBody().front()) {
    if (op.getNumResults() != 1 || isa<ReduceOp, arith::ConstantOp>(op))
      continue;
    Value value = op.getResult(0);
    std::optional<unsigned> phase = slices.firstPhase(value);
    if (!phase || !slices.isNeededAfter(value, *phase))
      continue;
    value = narrowest(value);
    // A piece of a byte is not addressable.
    Type type = value.getType();
    if (!value.getDefiningOp() || !type.isIntOrFloat() ||
        type.getIntOrFloatBitWidth() < 8 || chosen.contains(value) ||
        slices.costOf(value) < kDear)
      continue;
    int64_t needed = extent * (type.getIntOrFloatBitWidth() / 8);
    if (bytes + needed > kBudgetBytes)
      continue;
    bytes += needed;
    chosen.insert(value);
  }
  return chosen.takeVector();
}
