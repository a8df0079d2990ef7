//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Finds the tensor whose elements a norm normalises, or makes one.

#include "Rewriter.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// The element as one of x: each dimension has a variable of its own, or one
/// index.
std::optional<Element> Rewriter::usable(const Expr *x, Value tensor,
                                        ArrayRef<AffineExpr> indices) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  uint64_t seen = 0;
  auto isNew = [&](AffineExpr index) {
    uint64_t variable = context.indices.variablesOf(index);
    bool fresh = isa<AffineDimExpr>(index) && !(seen & variable);
    seen |= variable;
    return fresh;
  };
  for (auto [index, extent] : llvm::zip_equal(indices, type.getShape())) {
    if (isa<AffineConstantExpr>(index)) {
      if (extent != 1)
        return std::nullopt;
      continue;
    }
    const Composite *meaning = context.indices.composite(index);
    if (meaning ? !meaning->isNumber() || !llvm::all_of(meaning->parts, isNew)
                : !isNew(index))
      return std::nullopt;
  }
  if (seen != x->free)
    return std::nullopt;
  if (!isAvailable(tensor, anchor))
    return std::nullopt;
  return Element{tensor, SmallVector<AffineExpr>(indices)};
}

std::optional<Element> Rewriter::findX(Match &match, const Expr *x) {
  // Rather a tensor as it is than one that must be reshaped.
  auto isReshaped = [&](const Element &element) {
    return llvm::any_of(element.indices, [&](AffineExpr index) {
      return context.indices.composite(index) != nullptr;
    });
  };
  std::optional<Element> found;
  if (x->kind == Kind::Leaf && x->source) {
    found = isa<RankedTensorType>(x->source.getType())
                ? usable(x, x->source, x->indices)
                : std::nullopt;
    if (found && !isReshaped(*found))
      return found;
    // The result of a norm that was raised before.
    if (Match *earlier = made.lookup(x->source)) {
      Replacements inX;
      for (auto [variable, index] : llvm::enumerate(x->indices))
        inX[variable] = index;
      SmallVector<AffineExpr> indices;
      for (AffineExpr index : earlier->indices)
        indices.push_back(context.indices.replace(index, inX));
      if (std::optional<Element> result = usable(x, earlier->result, indices))
        return result;
    }
  }
  for (const Materialization &tensor : builder.materializations(x)) {
    std::optional<Element> element = usable(x, tensor.tensor, tensor.indices);
    if (!element)
      continue;
    // The narrowest type that holds the value.
    auto width = [](const Element &element) {
      return getElementTypeOrSelf(element.tensor.getType())
          .getIntOrFloatBitWidth();
    };
    std::pair rank(isReshaped(*element), width(*element));
    if (!found || rank < std::pair(isReshaped(*found), width(*found)))
      found = element;
  }
  if (found)
    return found;
  return sliceOf(match, x);
}

/// x is computed in the body itself: as a tensor of its own.
std::optional<Element> Rewriter::sliceOf(Match &match, const Expr *x) {
  linalg::LinalgOp op = match.op;
  for (OpOperand &operand : op->getOpOperands())
    if (!isAvailable(operand.get(), anchor))
      return std::nullopt;
  const ExprBuilder::ScalarValues &values =
      builder.body(op, builder.loopVariables(op));
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (inner.getNumResults() != 1 ||
        !isa<FloatType>(inner.getResult(0).getType()))
      continue;
    Value scalar = inner.getResult(0);
    if (values.lookup(scalar) != x)
      continue;
    // Over all loops, as one more generic with this one result.
    uint64_t all = (uint64_t(1) << op.getNumLoops()) - 1;
    if (x->free != all || op.getNumReductionLoops() != 0)
      return std::nullopt;
    SmallVector<OpFoldResult> sizes;
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
      for (OpOperand &operand : op->getOpOperands()) {
        std::optional<unsigned> dim =
            op.getMatchingIndexingMap(&operand).getResultPosition(
                context.variable(loop));
        if (!dim)
          continue;
        sizes.push_back(
            tensor::getMixedSize(b, op.getLoc(), operand.get(), *dim));
        break;
      }
    }
    if (sizes.size() != op.getNumLoops())
      return std::nullopt;
    Value empty =
        tensor::EmptyOp::create(b, op.getLoc(), sizes, scalar.getType());
    // A generic like `op` that yields the scalar.
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (OpOperand *input : op.getDpsInputOperands()) {
      inputs.push_back(input->get());
      maps.push_back(op.getMatchingIndexingMap(input));
    }
    maps.push_back(b.getMultiDimIdentityMap(op.getNumLoops()));
    Block *block = op.getBlock();
    // Values that read the destination have no meaning here.
    for (OpOperand &init : op.getDpsInitsMutable())
      if (init.getOperandNumber() < block->getNumArguments() &&
          !op.getMatchingBlockArgument(&init).use_empty())
        return std::nullopt;
    auto whole = linalg::GenericOp::create(
        b, op.getLoc(), empty.getType(), inputs, empty, maps,
        op.getIteratorTypesArray(),
        [&](OpBuilder &builder, Location loc, ValueRange given) {
          IRMapping mapping;
          for (auto [operand, value] :
               llvm::zip(op.getDpsInputOperands(), given))
            mapping.map(op.getMatchingBlockArgument(operand), value);
          for (Operation &original : block->without_terminator()) {
            if (isPure(&original))
              builder.clone(original, mapping);
            if (&original == &inner)
              break;
          }
          linalg::YieldOp::create(builder, loc, mapping.lookup(scalar));
        });
    // The same without what it does not need.
    Value tensor =
        rebuildGeneric(b, cast<linalg::LinalgOp>(whole.getOperation()),
                       ScalarReplacements(), {false})[0];
    whole.erase();
    return Element{tensor, builder.loopVariables(op)};
  }
  return std::nullopt;
}
