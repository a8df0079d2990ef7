//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Rows looked up by index (embeddings) as row kernels.

#include "ToRowKernel.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// A generic that looks elements of tensors up.
struct Lookup {
  linalg::GenericOp op;
  llvm::SetVector<tensor::ExtractOp> extracts;
  SmallVector<cf::AssertOp> assertions;
  /// What remains in the body: scalar code on elements.
  SmallVector<Operation *> code;
};

/// The index of one dimension: a loop, an input's element, or 0.
struct DimIndex {
  std::optional<unsigned> loop, input;
};
} // namespace

/// The input that `value` is the element of, widened or not.
static std::optional<unsigned> getIndexInput(linalg::GenericOp op,
                                             Value value) {
  if (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBlock() ||
      argument.getArgNumber() >= op.getNumDpsInputs() ||
      !argument.getType().isIntOrIndex())
    return std::nullopt;
  return argument.getArgNumber();
}

static std::optional<DimIndex> getDimIndex(linalg::GenericOp op, Value value) {
  if (auto index = value.getDefiningOp<linalg::IndexOp>())
    return DimIndex{unsigned(index.getDim()), std::nullopt};
  if (std::optional<unsigned> input = getIndexInput(op, value))
    return DimIndex{std::nullopt, input};
  if (matchPattern(value, m_Zero()))
    return DimIndex{};
  return std::nullopt;
}

/// Whether the loops that are indices are dimensions of the tensor, each of one
/// and all of it: a diagonal is no row, nor is a part of an axis.
static bool readsRows(linalg::GenericOp op, tensor::ExtractOp extract,
                      RankedTensorType type) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  llvm::SmallDenseSet<unsigned> loops;
  for (auto [dim, value] : llvm::enumerate(extract.getIndices())) {
    DimIndex index = *getDimIndex(op, value);
    if (!index.loop)
      continue;
    int64_t range = ranges[*index.loop];
    bool differs = !ShapedType::isDynamic(range) && !type.isDynamicDim(dim) &&
                   range != type.getDimSize(dim);
    if (differs || !loops.insert(*index.loop).second)
      return false;
  }
  return true;
}

static std::optional<Lookup> matchLookup(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() ||
      op.getNumParallelLoops() != op.getNumLoops() || op.getNumLoops() == 0)
    return std::nullopt;
  Lookup lookup{op, {}, {}, {}};
  for (Operation &nested : op.getBlock()->without_terminator()) {
    if (auto extract = dyn_cast<tensor::ExtractOp>(nested)) {
      lookup.extracts.insert(extract);
      continue;
    }
    if (auto assertion = dyn_cast<cf::AssertOp>(nested)) {
      lookup.assertions.push_back(assertion);
      continue;
    }
    if (nested.getNumRegions() != 0 || nested.getNumResults() != 1 ||
        (!isPure(&nested) && !isa<linalg::IndexOp>(nested)) ||
        !nested.getResult(0).getType().isIntOrIndexOrFloat())
      return std::nullopt;
    lookup.code.push_back(&nested);
  }
  if (lookup.extracts.empty())
    return std::nullopt;
  for (tensor::ExtractOp extract : lookup.extracts) {
    auto type = dyn_cast<RankedTensorType>(extract.getTensor().getType());
    if (!type || extract.getTensor().getParentBlock() == op.getBlock() ||
        llvm::any_of(extract.getIndices(),
                     [&](Value index) { return !getDimIndex(op, index); }))
      return std::nullopt;
    if (!readsRows(op, extract, type))
      return std::nullopt;
  }
  for (unsigned init = 0; init < op.getNumDpsInits(); ++init)
    if (!op.getMatchingIndexingMap(op.getDpsInitOperand(init))
             .isPermutation() ||
        !op.getRegionOutputArgs()[init].use_empty())
      return std::nullopt;
  for (OpOperand *input : op.getDpsInputOperands())
    if (!op.getMatchingIndexingMap(input).isProjectedPermutation(
            /*allowZeroInResults=*/true))
      return std::nullopt;
  return lookup;
}

/// What a condition is computed from, in order; fails when that is more than
/// one input and values from outside.
static FailureOr<SmallVector<Operation *>>
getConditionCode(linalg::GenericOp op, cf::AssertOp assertion,
                 std::optional<unsigned> &input) {
  llvm::SetVector<Operation *> code;
  SmallVector<Value> worklist{assertion.getArg()};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getOwner() != op.getBlock())
        continue;
      unsigned number = argument.getArgNumber();
      if (number >= op.getNumDpsInputs() || (input && *input != number))
        return failure();
      input = number;
      continue;
    }
    Operation *definition = value.getDefiningOp();
    if (definition->getBlock() != op.getBlock())
      continue;
    if (isa<linalg::IndexOp, tensor::ExtractOp>(definition))
      return failure();
    if (code.insert(definition))
      llvm::append_range(worklist, definition->getOperands());
  }
  SmallVector<Operation *> ordered = code.takeVector();
  llvm::sort(ordered, [](Operation *lhs, Operation *rhs) {
    return lhs->isBeforeInBlock(rhs);
  });
  return ordered;
}

/// Checks every element of the indices before the kernel: once for each, not
/// once for each element that is looked up.
static void emitAssertion(OpBuilder &b, linalg::GenericOp op,
                          cf::AssertOp assertion, std::optional<unsigned> input,
                          ArrayRef<Operation *> code) {
  OpBuilder::InsertionGuard guard(b);
  Location loc = assertion.getLoc();
  IRMapping mapping;
  if (input) {
    Value tensor = op.getDpsInputs()[*input];
    Value element = tensor;
    if (auto type = dyn_cast<RankedTensorType>(tensor.getType())) {
      Value zero = arith::ConstantIndexOp::create(b, loc, 0);
      Value one = arith::ConstantIndexOp::create(b, loc, 1);
      SmallVector<Value> ivs;
      for (int64_t dim = 0; dim < type.getRank(); ++dim) {
        Value extent = tensor::DimOp::create(b, loc, tensor, dim);
        auto loop = scf::ForOp::create(b, loc, zero, extent, one);
        b.setInsertionPointToStart(loop.getBody());
        ivs.push_back(loop.getInductionVar());
      }
      element = tensor::ExtractOp::create(b, loc, tensor, ivs);
    }
    mapping.map(op.getBlock()->getArgument(*input), element);
  }
  for (Operation *nested : code)
    b.clone(*nested, mapping);
  b.clone(*assertion, mapping);
}

FailureOr<RowKernelOp>
rmsnorm::lookupToRowKernel(OpBuilder &b, linalg::GenericOp op,
                           SmallVectorImpl<Value> &replacements) {
  std::optional<Lookup> lookup = matchLookup(op);
  if (!lookup)
    return failure();
  // Nothing is built before everything is known to fit.
  SmallVector<std::pair<std::optional<unsigned>, SmallVector<Operation *>>>
      conditions;
  for (cf::AssertOp assertion : lookup->assertions) {
    std::optional<unsigned> input;
    auto code = getConditionCode(op, assertion, input);
    if (failed(code))
      return failure();
    conditions.emplace_back(input, *code);
  }
  // Positions serve as indices only.
  llvm::SmallPtrSet<Operation *, 8> needed;
  SmallVector<Value> worklist(op.getBlock()->getTerminator()->getOperands());
  while (!worklist.empty()) {
    Operation *definition = worklist.pop_back_val().getDefiningOp();
    if (!definition || definition->getBlock() != op.getBlock() ||
        isa<tensor::ExtractOp>(definition) || !needed.insert(definition).second)
      continue;
    if (isa<linalg::IndexOp>(definition))
      return failure();
    llvm::append_range(worklist, definition->getOperands());
  }

  Location loc = op.getLoc();
  for (auto [assertion, condition] :
       llvm::zip_equal(lookup->assertions, conditions))
    emitAssertion(b, op, assertion, condition.first, condition.second);

  MLIRContext *context = op.getContext();
  RowKernelBuilder kernel(b, loc, op.getNumLoops());
  AffineMap noMap = AffineMap::get(op.getNumLoops(), 0, context);
  IRMapping mapping;
  for (tensor::ExtractOp extract : lookup->extracts) {
    SmallVector<AffineExpr> exprs;
    SmallVector<std::pair<int64_t, Value>> gathers;
    for (auto [dim, value] : llvm::enumerate(extract.getIndices())) {
      DimIndex index = *getDimIndex(op, value);
      exprs.push_back(index.loop ? getAffineDimExpr(*index.loop, context)
                                 : getAffineConstantExpr(0, context));
      if (index.input)
        gathers.push_back(
            {int64_t(dim),
             kernel.addIndexInput(op.getDpsInputs()[*index.input],
                                  op.getMatchingIndexingMap(
                                      op.getDpsInputOperand(*index.input)))});
    }
    mapping.map(extract.getResult(),
                kernel.addGatheredInput(
                    extract.getTensor(),
                    AffineMap::get(op.getNumLoops(), 0, exprs, context),
                    gathers));
  }
  auto map = [&](Value value) {
    if (mapping.contains(value))
      return;
    auto argument = dyn_cast<BlockArgument>(value);
    bool isInput = argument && argument.getOwner() == op.getBlock();
    mapping.map(value,
                isInput ? kernel.addInput(
                              op.getDpsInputs()[argument.getArgNumber()],
                              op.getMatchingIndexingMap(op.getDpsInputOperand(
                                  argument.getArgNumber())))
                        : kernel.addInput(value, noMap));
  };
  for (Operation *nested : lookup->code) {
    if (!needed.contains(nested))
      continue;
    llvm::for_each(nested->getOperands(), map);
    kernel.getBody().clone(*nested, mapping);
  }
  for (auto [index, init] : llvm::enumerate(op.getDpsInits())) {
    Value element = op.getBlock()->getTerminator()->getOperand(index);
    map(element);
    kernel.addOutput(
        tensor::EmptyOp::create(b, loc, getSizes(b, loc, init),
                                getElementTypeOrSelf(init.getType())),
        op.getMatchingIndexingMap(op.getDpsInitOperand(index)),
        mapping.lookup(element));
  }
  RowKernelOp result = kernel.build(/*norms=*/0, op->getName().getIdentifier());
  llvm::append_range(replacements, result.getResults());
  return result;
}

FailureOr<RowKernelOp>
rmsnorm::lookupToRowKernel(OpBuilder &b, tensor::GatherOp op,
                           SmallVectorImpl<Value> &replacements) {
  // Whole slices along all dimensions but one, by one index.
  RankedTensorType source = op.getSourceType(), result = op.getResultType();
  int64_t indexRank = op.getIndicesType().getRank() - 1;
  if (op.getGatherDims().size() != 1 ||
      op.getIndicesType().getDimSize(indexRank) != 1)
    return failure();
  int64_t gathered = op.getGatherDims().front();
  bool keepsUnit = result.getRank() == indexRank + source.getRank();
  MLIRContext *context = op.getContext();
  Location loc = op.getLoc();
  SmallVector<AffineExpr> tableExprs, indexExprs;
  for (int64_t dim = 0; dim < indexRank; ++dim)
    indexExprs.push_back(getAffineDimExpr(dim, context));
  indexExprs.push_back(getAffineConstantExpr(0, context));
  int64_t next = indexRank;
  for (int64_t dim = 0; dim < source.getRank(); ++dim) {
    if (dim == gathered) {
      tableExprs.push_back(getAffineConstantExpr(0, context));
      next += keepsUnit;
      continue;
    }
    tableExprs.push_back(getAffineDimExpr(next++, context));
  }
  int64_t numLoops = result.getRank();
  if (numLoops == 0)
    return failure();
  RowKernelBuilder kernel(b, loc, numLoops);
  Value index = kernel.addIndexInput(
      op.getIndices(), AffineMap::get(numLoops, 0, indexExprs, context));
  Value element = kernel.addGatheredInput(
      op.getSource(), AffineMap::get(numLoops, 0, tableExprs, context),
      {{gathered, index}});
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < numLoops; ++dim) {
    if (dim < indexRank) {
      sizes.push_back(getSize(b, loc, op.getIndices(), dim));
      continue;
    }
    int64_t of = dim - indexRank;
    if (!keepsUnit && of >= gathered)
      ++of;
    sizes.push_back(keepsUnit && of == gathered
                        ? OpFoldResult(b.getIndexAttr(1))
                        : getSize(b, loc, op.getSource(), of));
  }
  Value empty = tensor::EmptyOp::create(b, loc, sizes, result.getElementType());
  kernel.addOutput(empty, b.getMultiDimIdentityMap(numLoops), element);
  RowKernelOp built = kernel.build(/*norms=*/0, op->getName().getIdentifier());
  Value value = built.getResult(0);
  if (value.getType() != result)
    value = tensor::CastOp::create(b, loc, result, value);
  replacements.push_back(value);
  return built;
}
