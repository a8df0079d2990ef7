//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-outline-parallel-loops: parallel loops into functions over a range,
/// which the runtime schedules.

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMOUTLINEPARALLELLOOPS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

/// Iterations of the innermost dimension that make one item, so that it can
/// be vectorised and yet a single long dimension is shared out.
static constexpr int64_t kChunk = 1024;
/// Picoseconds of an operation, of one of a math function, and how often an
/// inner loop of unknown length is taken to run.
static constexpr int64_t kOperationCost = 150, kMathCost = 1500,
                         kUnknownTrips = 64;

namespace {
class LoopOutliner {
public:
  LoopOutliner(scf::ParallelOp loop, SymbolTable &symbols)
      : loop(loop), symbols(symbols), b(loop.getLoc(), loop) {}
  void outline();

private:
  Value emitTripCount(unsigned dim);
  func::FuncOp emitFunction(ValueRange trips);
  void emitItem(ImplicitLocOpBuilder &nb, Value item, ValueRange trips,
                IRMapping &mapping);

  scf::ParallelOp loop;
  SymbolTable &symbols;
  ImplicitLocOpBuilder b;
  /// Values from outside the loop that the function gets as arguments.
  SmallVector<Value> captured;
  /// Iterations of the innermost dimension per item.
  int64_t chunk = kChunk;
};
} // namespace

/// Estimated picoseconds of running `block` once.
static int64_t estimateCost(Block &block) {
  int64_t cost = 0;
  for (Operation &op : block) {
    if (isa<math::MathDialect>(op.getDialect()))
      cost += kMathCost;
    else if (op.getNumRegions() == 0)
      cost += kOperationCost;
    int64_t trips = 1;
    if (auto inner = dyn_cast<LoopLikeOpInterface>(op)) {
      trips = kUnknownTrips;
      if (auto bounds = dyn_cast<scf::ForOp>(op))
        if (std::optional<APInt> known = bounds.getStaticTripCount())
          trips = known->getSExtValue();
    }
    for (Region &region : op.getRegions())
      for (Block &nested : region)
        cost += trips * estimateCost(nested);
  }
  return cost;
}

Value LoopOutliner::emitTripCount(unsigned dim) {
  Value lower = loop.getLowerBound()[dim], upper = loop.getUpperBound()[dim];
  Value trips = upper;
  if (!matchPattern(lower, m_Zero()))
    trips = arith::SubIOp::create(b, upper, lower);
  if (!matchPattern(loop.getStep()[dim], m_One()))
    trips = arith::CeilDivSIOp::create(b, trips, loop.getStep()[dim]);
  if (std::optional<int64_t> known = getConstantIntValue(trips);
      known && *known >= 0)
    return trips;
  return arith::MaxSIOp::create(b, trips, arith::ConstantIndexOp::create(b, 0));
}

/// The part of the iteration space that `item` stands for: one index of each
/// outer dimension, a chunk of the innermost one.
void LoopOutliner::emitItem(ImplicitLocOpBuilder &nb, Value item,
                            ValueRange trips, IRMapping &mapping) {
  Value size = arith::ConstantIndexOp::create(nb, chunk);
  Value chunks = arith::CeilDivUIOp::create(nb, trips.back(), size);
  Value outer = arith::DivUIOp::create(nb, item, chunks);
  Value begin =
      arith::MulIOp::create(nb, arith::RemUIOp::create(nb, item, chunks), size);
  Value end = arith::MinUIOp::create(nb, arith::AddIOp::create(nb, begin, size),
                                     trips.back());
  auto induction = [&](ImplicitLocOpBuilder &at, unsigned dim, Value trip) {
    Value step = mapping.lookupOrDefault(loop.getStep()[dim]);
    Value lower = mapping.lookupOrDefault(loop.getLowerBound()[dim]);
    Value iv =
        arith::AddIOp::create(at, arith::MulIOp::create(at, trip, step), lower);
    mapping.map(loop.getInductionVars()[dim], iv);
  };
  unsigned last = loop.getNumLoops() - 1;
  for (int64_t dim = int64_t(last) - 1; dim >= 0; --dim) {
    Value trip = outer;
    if (dim > 0) {
      trip = arith::RemUIOp::create(nb, outer, trips[dim]);
      outer = arith::DivUIOp::create(nb, outer, trips[dim]);
    }
    induction(nb, dim, trip);
  }

  // What is the same in the whole chunk is done once, checks included. A
  // load may be moved: iterations of a parallel loop do not see each other.
  // It must stay behind the check that guards it.
  llvm::DenseSet<Value> varying{loop.getInductionVars().back()};
  bool guarded = false;
  SmallVector<Operation *> rest;
  for (Operation &op : loop.getBody()->without_terminator()) {
    bool invariant = op.getNumRegions() == 0 &&
                     llvm::none_of(op.getOperands(), [&](Value operand) {
                       return varying.contains(operand);
                     });
    bool movable =
        isPure(&op) || (!guarded && isa<memref::LoadOp, cf::AssertOp>(op));
    if (invariant && movable) {
      nb.clone(op, mapping);
      continue;
    }
    guarded |= isa<cf::AssertOp>(op) || op.getNumRegions() != 0;
    varying.insert(op.result_begin(), op.result_end());
    rest.push_back(&op);
  }
  auto inner =
      scf::ForOp::create(nb, begin, end, arith::ConstantIndexOp::create(nb, 1));
  ImplicitLocOpBuilder body(nb.getLoc(),
                            OpBuilder::atBlockBegin(inner.getBody()));
  induction(body, last, inner.getInductionVar());
  for (Operation *op : rest)
    body.clone(*op, mapping);
}

func::FuncOp LoopOutliner::emitFunction(ValueRange trips) {
  Type index = b.getIndexType();
  SmallVector<Type> types(2 + trips.size(), index);
  llvm::append_range(types, ValueRange(captured).getTypes());
  auto function =
      func::FuncOp::create(loop.getLoc(), "parallel_loop",
                           FunctionType::get(b.getContext(), types, {}));
  function.setPrivate();
  symbols.insert(function);
  Block *entry = function.addEntryBlock();
  ImplicitLocOpBuilder nb(loop.getLoc(), OpBuilder::atBlockBegin(entry));
  IRMapping mapping;
  for (auto [value, argument] : llvm::zip_equal(
           captured, entry->getArguments().drop_front(2 + trips.size())))
    mapping.map(value, argument);
  // Constants are cheaper made again than handed over.
  llvm::SetVector<Value> above;
  getUsedValuesDefinedAbove(loop.getRegion(), above);
  above.insert_range(loop.getLowerBound());
  above.insert_range(loop.getStep());
  for (Value value : above)
    if (matchPattern(value, m_Constant()))
      nb.clone(*value.getDefiningOp(), mapping);
  // So are trip counts.
  SmallVector<Value> innerTrips;
  for (auto [dim, trip] : llvm::enumerate(trips)) {
    std::optional<int64_t> known = getConstantIntValue(trip);
    innerTrips.push_back(
        known ? arith::ConstantIndexOp::create(nb, *known).getResult()
              : entry->getArgument(2 + dim));
  }
  auto items =
      scf::ForOp::create(nb, entry->getArgument(0), entry->getArgument(1),
                         arith::ConstantIndexOp::create(nb, 1));
  ImplicitLocOpBuilder body(loop.getLoc(),
                            OpBuilder::atBlockBegin(items.getBody()));
  emitItem(body, items.getInductionVar(), innerTrips, mapping);
  func::ReturnOp::create(nb);
  return function;
}

void LoopOutliner::outline() {
  llvm::SetVector<Value> above;
  getUsedValuesDefinedAbove(loop.getRegion(), above);
  above.insert_range(loop.getLowerBound());
  above.insert_range(loop.getStep());
  for (Value value : above)
    if (!matchPattern(value, m_Constant()))
      captured.push_back(value);
  // An iteration that loops is large enough by itself.
  bool hasLoops = llvm::any_of(*loop.getBody(), [](Operation &op) {
    return isa<LoopLikeOpInterface>(op);
  });
  if (hasLoops)
    chunk = 1;

  SmallVector<Value> trips;
  for (unsigned dim = 0; dim < loop.getNumLoops(); ++dim)
    trips.push_back(emitTripCount(dim));
  func::FuncOp function = emitFunction(trips);

  Value size = arith::ConstantIndexOp::create(b, chunk);
  Value count = arith::CeilDivUIOp::create(b, trips.back(), size);
  Value work = trips.back();
  for (Value trip : llvm::drop_end(trips)) {
    count = arith::MulIOp::create(b, count, trip);
    work = arith::MulIOp::create(b, work, trip);
  }
  work = arith::MulIOp::create(
      b, work,
      arith::ConstantIndexOp::create(b, estimateCost(*loop.getBody())));
  work =
      arith::DivUIOp::create(b, work, arith::ConstantIndexOp::create(b, 1000));
  Value grain = arith::ConstantIndexOp::create(b, 1);
  SmallVector<Value> arguments(trips);
  llvm::append_range(arguments, captured);
  ParallelCallOp::create(b, function.getSymName(), count, grain, work,
                         arguments);
  loop.erase();
}

namespace {
struct OutlineParallelLoopsPass
    : public mlir::rmsnorm::impl::RMSNormOutlineParallelLoopsBase<
          OutlineParallelLoopsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<scf::ParallelOp> loops;
    getOperation()->walk<WalkOrder::PreOrder>([&](scf::ParallelOp op) {
      // Those with results combine values across iterations in an order
      // that depends on the schedule: they stay serial.
      if (op.getNumResults() == 0 && op.getNumLoops() > 0)
        loops.push_back(op);
      return WalkResult::skip();
    });
    for (scf::ParallelOp loop : loops)
      LoopOutliner(loop, symbols).outline();
    numLoops += loops.size();
  }
};
} // namespace
