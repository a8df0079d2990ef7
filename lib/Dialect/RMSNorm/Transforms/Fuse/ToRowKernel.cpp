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
// RowKernelBuilder
//===----------------------------------------------------------------------===//

int64_t rmsnorm::getNumNorms(RowKernelOp op) {
  auto norms = op->getAttrOfType<IntegerAttr>(kNormsAttr);
  return norms ? norms.getInt() : 0;
}

OpFoldResult rmsnorm::getSize(OpBuilder &b, Location loc, Value value,
                              int64_t dim) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.isDynamicDim(dim))
    return b.getIndexAttr(type.getDimSize(dim));
  if (auto kernel = value.getDefiningOp<RowKernelOp>())
    return getSize(b, loc,
                   kernel.getOutputs()[cast<OpResult>(value).getResultNumber()],
                   dim);
  if (auto empty = value.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[dim];
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>())
    return expand.getMixedOutputShape()[dim];
  if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>()) {
    Value product;
    for (int64_t source : collapse.getReassociationIndices()[dim]) {
      Value size = getValueOrCreateConstantIndexOp(
          b, loc, getSize(b, loc, collapse.getSrc(), source));
      product =
          product ? b.createOrFold<arith::MulIOp>(loc, product, size) : size;
    }
    return product;
  }
  if (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
      slice && slice.getDroppedDims().none())
    return slice.getMixedSizes()[dim];
  if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>())
    return getSize(b, loc, insert.getDest(), dim);
  if (auto cast = value.getDefiningOp<tensor::CastOp>();
      cast && isa<RankedTensorType>(cast.getSource().getType()))
    return getSize(b, loc, cast.getSource(), dim);
  return tensor::getMixedSize(b, loc, value, dim);
}

SmallVector<OpFoldResult> rmsnorm::getSizes(OpBuilder &b, Location loc,
                                            Value value) {
  SmallVector<OpFoldResult> sizes;
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim)
    sizes.push_back(getSize(b, loc, value, dim));
  return sizes;
}

bool rmsnorm::peelUnitReshape(Value &value, AffineMap &map) {
  SmallVector<AffineExpr> exprs;
  MLIRContext *context = map.getContext();
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>()) {
    RankedTensorType type = expand.getResultType();
    for (ReassociationIndices group : expand.getReassociationIndices()) {
      // At most one dimension of the group may be other than 1.
      std::optional<int64_t> kept;
      for (int64_t dim : group) {
        if (type.getDimSize(dim) == 1)
          continue;
        if (kept)
          return false;
        kept = dim;
      }
      exprs.push_back(kept ? map.getResult(*kept)
                           : getAffineConstantExpr(0, context));
    }
    value = expand.getSrc();
  } else if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>()) {
    RankedTensorType type = collapse.getSrcType();
    exprs.resize(type.getRank(), getAffineConstantExpr(0, context));
    for (auto [position, group] :
         llvm::enumerate(collapse.getReassociationIndices())) {
      std::optional<int64_t> kept;
      for (int64_t dim : group) {
        if (type.getDimSize(dim) == 1)
          continue;
        if (kept)
          return false;
        kept = dim;
      }
      if (kept)
        exprs[*kept] = map.getResult(position);
    }
    value = collapse.getSrc();
  } else {
    return false;
  }
  map = AffineMap::get(map.getNumDims(), 0, exprs, context);
  return true;
}

/// The constant of which every element of `value` consists, if it is known.
static TypedAttr getSplat(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.getInputs()[0];
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return {};
  if (auto elements = dyn_cast<DenseElementsAttr>(attribute)) {
    if (!elements.isSplat())
      return {};
    return cast<TypedAttr>(elements.getSplatValue<Attribute>());
  }
  return isa<FloatAttr, IntegerAttr>(attribute) ? cast<TypedAttr>(attribute)
                                                : TypedAttr();
}

Value RowKernelBuilder::addInput(Value value, AffineMap map) {
  if (TypedAttr splat = getSplat(value))
    return arith::ConstantOp::create(bodyBuilder, loc, splat);
  return addIndexInput(value, map);
}

/// Whether `peeled` has all reductions of `map`: perhaps nobody else has them.
static bool keepsReductions(AffineMap map, AffineMap peeled,
                            ArrayRef<StringRef> iterators) {
  for (auto [dim, iterator] : llvm::enumerate(iterators))
    if (iterator == "reduction" && map.isFunctionOfDim(dim) &&
        !peeled.isFunctionOfDim(dim))
      return false;
  return true;
}

Value RowKernelBuilder::addIndexInput(Value value, AffineMap map) {
  while (isa<RankedTensorType>(value.getType())) {
    Value source = value;
    AffineMap peeled = map;
    if (!peelUnitReshape(source, peeled) ||
        !keepsReductions(map, peeled, iterators))
      break;
    value = source;
    map = peeled;
  }
  return addGatheredInput(value, map, {});
}

Value RowKernelBuilder::addGatheredInput(
    Value value, AffineMap map, ArrayRef<std::pair<int64_t, Value>> indices) {
  // The triples of one input stand together.
  SmallVector<int64_t> wanted;
  for (auto [dim, element] : indices)
    llvm::append_values(wanted, dim,
                        int64_t(cast<BlockArgument>(element).getArgNumber()));
  for (size_t index = 0; index < inputs.size(); ++index) {
    if (inputs[index] != value || inputMaps[index] != map)
      continue;
    SmallVector<int64_t> known;
    for (size_t i = 0; i < gathers.size(); i += 3)
      if (gathers[i] == int64_t(index))
        llvm::append_values(known, gathers[i + 1], gathers[i + 2]);
    if (known == wanted)
      return body->getArgument(index);
  }
  for (size_t i = 0; i < wanted.size(); i += 2)
    llvm::append_values(gathers, int64_t(inputs.size()), wanted[i],
                        wanted[i + 1]);
  inputs.push_back(value);
  inputMaps.push_back(map);
  return body->addArgument(getElementTypeOrSelf(value.getType()), loc);
}

void RowKernelBuilder::addInputsOf(
    RowKernelOp op,
    llvm::function_ref<std::optional<std::pair<Value, AffineMap>>(unsigned)>
        translate,
    IRMapping &mapping) {
  // Indices first.
  for (bool gathered : {false, true})
    for (unsigned index = 0; index < op.getInputs().size(); ++index) {
      if (op.isGathered(index) != gathered)
        continue;
      auto translated = translate(index);
      if (!translated)
        continue;
      auto [value, map] = *translated;
      Value element;
      if (gathered) {
        SmallVector<std::pair<int64_t, Value>> indices;
        for (unsigned dim = 0; dim < map.getNumResults(); ++dim)
          if (std::optional<unsigned> source = op.getGatherIndex(index, dim))
            indices.push_back(
                {dim, mapping.lookup(op.getBody().getArgument(*source))});
        element = addGatheredInput(value, map, indices);
      } else {
        element = op.isGatherIndex(index) ? addIndexInput(value, map)
                                          : addInput(value, map);
      }
      mapping.map(op.getBody().getArgument(index), element);
    }
}

void RowKernelBuilder::addOutput(Value init, AffineMap map, Value element) {
  outputs.push_back(init);
  outputMaps.push_back(map);
  elements.push_back(element);
}

bool RowKernelBuilder::coversLoops() const {
  llvm::SmallBitVector covered(iterators.size());
  for (ArrayRef<AffineMap> maps : {ArrayRef(inputMaps), ArrayRef(outputMaps)})
    for (AffineMap map : maps)
      for (AffineExpr expr : map.getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(expr))
          covered.set(dim.getPosition());
  return covered.all();
}

RowKernelOp RowKernelBuilder::build(int64_t norms, ArrayRef<Attribute> fused) {
  SmallVector<AffineMap> maps(inputMaps);
  llvm::append_range(maps, outputMaps);
  SmallVector<Type> types;
  for (Value init : outputs)
    types.push_back(init.getType());
  YieldOp::create(bodyBuilder, loc, elements);
  auto kernel = RowKernelOp::create(
      b, loc, types, inputs, outputs, b.getAffineMapArrayAttr(maps),
      b.getStrArrayAttr(iterators), StringAttr(),
      gathers.empty() ? DenseI64ArrayAttr() : b.getDenseI64ArrayAttr(gathers));
  kernel.getBody().push_back(body);
  body = nullptr;
  bool reduces = llvm::is_contained(iterators, "reduction");
  kernel.setKernelName(norms ? "rms_norm" : reduces ? "row" : "map");
  if (norms)
    kernel->setAttr(kNormsAttr, b.getI64IntegerAttr(norms));
  if (!fused.empty())
    kernel->setAttr(kFusedAttr, b.getArrayAttr(fused));
  return kernel;
}

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

/// Whether the body is scalar code that may be moved, with operands from
/// inside, constants and numbers.
static bool hasMovableBody(linalg::LinalgOp op) {
  for (Operation &nested : op->getRegion(0).front().without_terminator()) {
    if (nested.getNumRegions() != 0 || nested.getNumResults() != 1 ||
        isa<linalg::IndexOp>(nested) || !isPure(&nested) ||
        !nested.getResult(0).getType().isIntOrIndexOrFloat())
      return false;
    for (Value operand : nested.getOperands())
      if (!operand.getType().isIntOrIndexOrFloat())
        return false;
  }
  return true;
}

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
