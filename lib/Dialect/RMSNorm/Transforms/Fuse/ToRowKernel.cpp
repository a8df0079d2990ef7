//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "ToRowKernel.h"

#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

Value rmsnorm::addCount(OpBuilder &b, Location loc, Value input,
                        ArrayRef<int64_t> axes, Type type,
                        RowKernelBuilder &kernel) {
  auto shaped = cast<RankedTensorType>(input.getType());
  int64_t known = 1;
  Value count;
  for (int64_t axis : axes) {
    if (!shaped.isDynamicDim(axis)) {
      known *= shaped.getDimSize(axis);
      continue;
    }
    Value dim = tensor::DimOp::create(b, loc, input, axis);
    count = count ? arith::MulIOp::create(b, loc, count, dim) : dim;
  }
  if (!count)
    return arith::ConstantOp::create(
        kernel.getBody(), loc,
        b.getFloatAttr(type, static_cast<double>(known)));
  if (known != 1)
    count = arith::MulIOp::create(
        b, loc, count, arith::ConstantIndexOp::create(b, loc, known));
  count = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
  count = arith::SIToFPOp::create(b, loc, type, count);
  return kernel.addInput(
      count, AffineMap::get(kernel.getNumLoops(), 0, b.getContext()));
}

/// Marks what is computed of `sum` alone, that is of nothing that varies along
/// the row: `parameters` are the length of the row and its epsilon.
static void markStatistic(Value sum, ValueRange parameters) {
  llvm::SmallDenseSet<Value> known{sum};
  auto isScalar = [&](Value value) {
    return known.contains(value) || llvm::is_contained(parameters, value) ||
           value.getDefiningOp<arith::ConstantOp>();
  };
  Operation *reduce = sum.getDefiningOp();
  Builder b(sum.getContext());
  for (Operation *next = reduce->getNextNode(); next;
       next = next->getNextNode()) {
    if (llvm::none_of(next->getOperands(),
                      [&](Value value) { return known.contains(value); }) ||
        !llvm::all_of(next->getOperands(), isScalar))
      continue;
    next->setAttr(kStatisticAttrName, b.getUnitAttr());
    known.insert(next->getResult(0));
  }
}

FailureOr<RowKernelOp>
rmsnorm::toRowKernel(OpBuilder &b, RMSNormOp op,
                     SmallVectorImpl<Value> &replacements) {
  if (!isa<RankedTensorType>(op.getInput().getType()))
    return failure();
  Location loc = op.getLoc();
  int64_t rank = op.getInputRank();
  Type compute = op.getComputeFloatType();
  RowKernelBuilder kernel(b, loc, rank);
  for (int64_t axis : op.getAxes())
    kernel.setReduction(axis);
  NormParameters parameters = getNormParameters(op);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  Value x = kernel.addInput(op.getInput(), identity);
  auto parameter = [&](Value value) {
    return value ? kernel.addInput(value, op.getParameterMap(value)) : Value();
  };
  Value scale = parameter(op.getScale());
  Value bias = parameter(op.getBias());
  Value epsilon = parameter(op.getEpsilon());
  Value count = addCount(b, loc, op.getInput(), op.getAxes(), compute, kernel);

  OpBuilder &body = kernel.getBody();
  Value wide = convertFloat(body, loc, x, compute);
  Value square = arith::MulFOp::create(body, loc, wide, wide);
  Value sum = ReduceOp::create(body, loc, compute, ReduceKind::Add, square);
  Value wideEpsilon =
      epsilon ? convertFloat(body, loc, epsilon, compute) : Value();
  Value d = buildDenominator(body, loc, parameters, sum, count, wideEpsilon);
  Value y = buildNormalized(body, loc, parameters, wide, d, scale, bias,
                            op.getOutputType().getElementType());
  kernel.addOutput(op.getOutput(), identity, y);
  if (op.getRstd()) {
    Value one =
        arith::ConstantOp::create(body, loc, b.getFloatAttr(compute, 1.0));
    kernel.addOutput(op.getRstd(), op.getRstdMap(),
                     arith::DivFOp::create(body, loc, one, d));
  }
  if (!parameters.perElement)
    markStatistic(sum, {count, wideEpsilon});
  RowKernelOp result = kernel.build(/*norms=*/1, op->getName().getIdentifier());
  llvm::append_range(replacements, result.getResults());
  return result;
}

//===----------------------------------------------------------------------===//
// linalg
//===----------------------------------------------------------------------===//

static std::optional<ReduceKind> getReduceKind(Operation *combiner) {
  return llvm::TypeSwitch<Operation *, std::optional<ReduceKind>>(combiner)
      .Case<arith::AddFOp>([](auto) { return ReduceKind::Add; })
      .Case<arith::MaximumFOp>([](auto) { return ReduceKind::Maximum; })
      .Case<arith::MinimumFOp>([](auto) { return ReduceKind::Minimum; })
      .Default([](Operation *) { return std::nullopt; });
}

namespace {
/// The reduction of one result of a linalg operation.
struct Reduction {
  ReduceKind kind;
  Value element;  // what is combined, in linalg's body
  TypedAttr init; // what every accumulator starts with
};
} // namespace

/// Result `index` of `op` is combine(accumulator, element) from a constant on.
static std::optional<Reduction> matchReduction(linalg::LinalgOp op,
                                               unsigned index) {
  Block &body = op->getRegion(0).front();
  BlockArgument accumulator = body.getArgument(op.getNumDpsInputs() + index);
  Operation *combiner = body.getTerminator()->getOperand(index).getDefiningOp();
  if (!combiner || combiner->getBlock() != &body || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner)
    return std::nullopt;
  std::optional<ReduceKind> kind = getReduceKind(combiner);
  TypedAttr init = getSplat(op.getDpsInits()[index]);
  if (!kind || !init || !isa<FloatAttr>(init))
    return std::nullopt;
  Value element = combiner->getOperand(combiner->getOperand(0) == accumulator);
  return Reduction{*kind, element, init};
}

static bool isNeutral(const Reduction &reduction) {
  APFloat value = cast<FloatAttr>(reduction.init).getValue();
  switch (reduction.kind) {
  case ReduceKind::Add:
    return value.isZero();
  case ReduceKind::Maximum:
    return value.isInfinity() && value.isNegative();
  case ReduceKind::Minimum:
    return value.isInfinity() && !value.isNegative();
  }
  llvm_unreachable("all kinds handled");
}

/// Whether every input is read over the whole iteration space.
static bool allReadWholeSpace(linalg::LinalgOp op) {
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    return op.getMatchingIndexingMap(operand).getNumResults() ==
           op.getNumLoops();
  });
}

/// A contraction reads no operand over its whole iteration space.
static bool readsWholeSpace(linalg::LinalgOp op) {
  return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    return op.getMatchingIndexingMap(operand).isPermutation() ||
           op.getMatchingIndexingMap(operand).getNumResults() ==
               op.getNumLoops();
  });
}

bool rmsnorm::dropUnitResults(
    AffineMap &map, SmallVector<ReassociationIndices> &reassociation) {
  SmallVector<AffineExpr> exprs;
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    if (isa<AffineDimExpr>(expr)) {
      exprs.push_back(expr);
      reassociation.push_back({});
    } else if (!isa<AffineConstantExpr>(expr)) {
      return false;
    }
    if (reassociation.empty())
      reassociation.push_back({}); // Leading unit dimensions join the first.
    reassociation.back().push_back(position);
  }
  // A leading group without a dimension of its own is merged with the next.
  if (reassociation.size() > exprs.size() && reassociation.size() > 1) {
    ReassociationIndices merged = reassociation[0];
    llvm::append_range(merged, reassociation[1]);
    reassociation[1] = merged;
    reassociation.erase(reassociation.begin());
  }
  if (exprs.empty())
    reassociation.clear();
  map = AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
  return true;
}

Value rmsnorm::dropUnitDims(OpBuilder &b, Location loc, Value init,
                            AffineMap fullMap) {
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<OpFoldResult> sizes;
  for (auto [position, expr] : llvm::enumerate(fullMap.getResults()))
    if (isa<AffineDimExpr>(expr))
      sizes.push_back(getSize(b, loc, init, position));
  return tensor::EmptyOp::create(b, loc, sizes, type.getElementType());
}

FailureOr<RowKernelOp>
rmsnorm::toRowKernel(OpBuilder &b, linalg::LinalgOp op,
                     SmallVectorImpl<Value> &replacements) {
  if (!op.hasPureTensorSemantics() || isa<linalg::FillOp>(op) ||
      op.getNumLoops() == 0 || op->getNumRegions() != 1 || !hasMovableBody(op))
    return failure();
  bool elementwise = op.getNumReductionLoops() == 0;
  if (!elementwise && (op.getNumParallelLoops() + op.getNumReductionLoops() !=
                           op.getNumLoops() ||
                       !readsWholeSpace(op)))
    return failure();
  // A product of matrices; but not a sum of products element by element.
  if (!elementwise && op.getNumDpsInputs() > 1 &&
      linalg::isaContractionOpInterface(op) && !allReadWholeSpace(op))
    return failure();
  Block &source = op->getRegion(0).front();
  unsigned numInputs = op.getNumDpsInputs();
  for (OpOperand &operand : op->getOpOperands())
    if (!op.getMatchingIndexingMap(&operand).isProjectedPermutation(
            /*allowZeroInResults=*/true))
      return failure();
  SmallVector<Reduction> reductions;
  for (auto [index, init] : llvm::enumerate(op.getDpsInits())) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(index));
    if (elementwise) {
      if (!map.isPermutation())
        return failure();
      continue;
    }
    std::optional<Reduction> reduction = matchReduction(op, index);
    if (!reduction)
      return failure();
    reductions.push_back(*reduction);
    for (auto [dim, kind] : llvm::enumerate(op.getIteratorTypesArray()))
      if ((kind == utils::IteratorType::parallel) != map.isFunctionOfDim(dim))
        return failure();
  }

  Location loc = op.getLoc();
  RowKernelBuilder kernel(b, loc, op.getNumLoops());
  for (auto [dim, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::reduction)
      kernel.setReduction(dim);
  AffineMap noMap = AffineMap::get(op.getNumLoops(), 0, op->getContext());
  IRMapping mapping;
  for (unsigned index = 0; index < source.getNumArguments(); ++index) {
    BlockArgument argument = source.getArgument(index);
    if (argument.use_empty() || (!elementwise && index >= numInputs))
      continue;
    OpOperand &operand = op->getOpOperand(index);
    mapping.map(argument, kernel.addInput(operand.get(),
                                          op.getMatchingIndexingMap(&operand)));
  }
  auto lookup = [&](Value value) -> Value {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    Value element = kernel.addInput(value, noMap);
    mapping.map(value, element);
    return element;
  };
  for (Operation &nested : source.without_terminator()) {
    if (!reductions.empty() &&
        llvm::is_contained(source.getTerminator()->getOperands(),
                           nested.getResult(0)))
      continue; // The combiner becomes a reduction below.
    for (Value operand : nested.getOperands())
      lookup(operand);
    kernel.getBody().clone(nested, mapping);
  }

  OpBuilder &body = kernel.getBody();
  SmallVector<SmallVector<ReassociationIndices>> reassociations;
  for (auto [index, init] : llvm::enumerate(op.getDpsInits())) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(index));
    reassociations.emplace_back();
    if (elementwise) {
      Value element = lookup(source.getTerminator()->getOperand(index));
      kernel.addOutput(
          tensor::EmptyOp::create(
              b, loc, getSizes(b, loc, init),
              cast<RankedTensorType>(init.getType()).getElementType()),
          map, element);
      continue;
    }
    Value element = lookup(reductions[index].element);
    Value result = ReduceOp::create(body, loc, element.getType(),
                                    reductions[index].kind, element);
    if (!isNeutral(reductions[index])) {
      Value start =
          arith::ConstantOp::create(body, loc, reductions[index].init);
      Operation *combiner =
          source.getTerminator()->getOperand(index).getDefiningOp();
      OperationState state(loc, combiner->getName());
      state.addOperands({start, result});
      state.addTypes(result.getType());
      state.addAttributes(combiner->getAttrs());
      result = body.create(state)->getResult(0);
    }
    AffineMap full = map;
    if (!dropUnitResults(map, reassociations.back()))
      return failure();
    Value destination =
        map == full
            ? tensor::EmptyOp::create(
                  b, loc, getSizes(b, loc, init),
                  cast<RankedTensorType>(init.getType()).getElementType())
                  .getResult()
            : dropUnitDims(b, loc, init, full);
    if (map == full)
      reassociations.back().clear();
    kernel.addOutput(destination, map, result);
  }
  // A sum of equal numbers, say, has no operand along the row.
  if (!kernel.coversLoops())
    return failure();
  RowKernelOp result = kernel.build(/*norms=*/0, op->getName().getIdentifier());
  for (auto [index, value] : llvm::enumerate(result.getResults())) {
    Type type = op->getResult(index).getType();
    if (value.getType() == type)
      replacements.push_back(value);
    else
      replacements.push_back(tensor::ExpandShapeOp::create(
          b, loc, type, value, reassociations[index]));
  }
  return result;
}
