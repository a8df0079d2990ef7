//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The parts of a row kernel before it is built.

#include "ToRowKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::rmsnorm;

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

/// Writes the dimension of the group whose extent is not 1 into `only`, if
/// there is one; false if there are several.
static bool findOnlyDim(RankedTensorType type, ArrayRef<int64_t> group,
                        std::optional<int64_t> &only) {
  for (int64_t dim : group) {
    if (type.getDimSize(dim) == 1)
      continue;
    if (only)
      return false;
    only = dim;
  }
  return true;
}

bool rmsnorm::peelUnitReshape(Value &value, AffineMap &map) {
  SmallVector<AffineExpr> exprs;
  MLIRContext *context = map.getContext();
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>()) {
    RankedTensorType type = expand.getResultType();
    for (ReassociationIndices group : expand.getReassociationIndices()) {
      std::optional<int64_t> kept;
      if (!findOnlyDim(type, group, kept))
        return false;
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
      if (!findOnlyDim(type, group, kept))
        return false;
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

TypedAttr rmsnorm::getSplat(Value value) {
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

bool rmsnorm::hasMovableBody(linalg::LinalgOp op) {
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

/// Longer code is rather computed once than wherever its result is read.
static constexpr size_t kMaxScalarCode = 8;

/// What computes the one element of `value`, if that is a few scalar
/// operations: no kernel of its own is worth it.
static linalg::GenericOp getScalarCode(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumLoops() != 0 ||
      !generic.hasPureTensorSemantics() ||
      generic.getBody()->getOperations().size() > kMaxScalarCode ||
      !hasMovableBody(generic))
    return {};
  for (OpOperand &init : generic.getDpsInitsMutable())
    if (!generic.getMatchingBlockArgument(&init).use_empty())
      return {};
  return generic;
}

Value RowKernelBuilder::addInput(Value value, AffineMap map) {
  if (TypedAttr splat = getSplat(value))
    return arith::ConstantOp::create(bodyBuilder, loc, splat);
  linalg::GenericOp code = getScalarCode(value);
  if (!code)
    return addIndexInput(value, map);
  AffineMap noMap = AffineMap::get(map.getNumDims(), 0, map.getContext());
  IRMapping mapping;
  auto lookup = [&](Value inner) {
    if (mapping.contains(inner))
      return;
    auto argument = dyn_cast<BlockArgument>(inner);
    bool isInput = argument && argument.getOwner() == code.getBody();
    mapping.map(
        inner,
        addInput(isInput ? code.getDpsInputs()[argument.getArgNumber()] : inner,
                 noMap));
  };
  for (Operation &nested : code.getBody()->without_terminator()) {
    llvm::for_each(nested.getOperands(), lookup);
    bodyBuilder.clone(nested, mapping);
  }
  Value element = code.getBody()->getTerminator()->getOperand(
      cast<OpResult>(value).getResultNumber());
  lookup(element);
  return mapping.lookup(element);
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
