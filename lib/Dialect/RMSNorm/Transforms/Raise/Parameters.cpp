//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Scales, biases and epsilons as tensors.

#include "Rewriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/Dialect/RMSNorm/IR/NormMath.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// Whether a tensor with this element is aligned with the trailing dimensions
/// of x as it is.
static bool isAligned(RankedTensorType type, ArrayRef<AffineExpr> indices,
                      const Element &x) {
  if (!isa<FloatType>(type.getElementType()))
    return false;
  int64_t offset = static_cast<int64_t>(x.indices.size()) - type.getRank();
  if (offset < 0)
    return false;
  for (auto [dim, index] : llvm::enumerate(indices)) {
    if (type.getDimSize(dim) == 1)
      continue;
    if (!isa<AffineDimExpr>(index) || x.indices[offset + dim] != index)
      return false;
  }
  return true;
}

/// A tensor that has the element, and its index after `loops`; rather one that
/// has it as it is than one that it is in a slice of.
std::optional<Element> Rewriter::parameterElement(const Expr *leaf,
                                                  const Replacements &loops,
                                                  Location loc) {
  SmallVector<Materialization> tensors{
      {leaf->source, SmallVector<AffineExpr>(ArrayRef(leaf->indices))}};
  if (leaf->hasSlices)
    llvm::append_range(tensors, builder.materializations(leaf));
  for (const Materialization &tensor : tensors) {
    if (llvm::any_of(tensor.indices,
                     [&](AffineExpr index) {
                       const Composite *meaning =
                           context.indices.composite(index);
                       return meaning && meaning->isSlice();
                     }) ||
        !isAvailable(tensor.tensor, anchor))
      continue;
    SmallVector<AffineExpr> indices;
    for (AffineExpr index : tensor.indices)
      indices.push_back(context.indices.replace(index, loops));
    return withDigits({tensor.tensor, indices}, loc);
  }
  return std::nullopt;
}

FailureOr<Value> Rewriter::parameter(const Expr *expr, const Element &x,
                                     Type type, Location loc) {
  auto asIs = [&](Value tensor, ArrayRef<AffineExpr> indices) {
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    return type && isAligned(type, indices, x) && isAvailable(tensor, anchor);
  };
  if (expr->kind == Kind::Leaf && asIs(expr->source, expr->indices))
    return expr->source;
  for (const Materialization &tensor : builder.materializations(expr))
    if (asIs(tensor.tensor, tensor.indices))
      return tensor.tensor;

  // Its dimensions, in the order of x.
  SmallVector<unsigned> dims;
  for (auto [dim, index] : llvm::enumerate(x.indices))
    if (context.indices.variablesOf(index) & expr->free)
      dims.push_back(dim);
  llvm::SmallDenseMap<unsigned, AffineExpr> loops;
  for (auto [loop, dim] : llvm::enumerate(dims))
    loops[cast<AffineDimExpr>(x.indices[dim]).getPosition()] =
        context.variable(loop);
  bool scalar = dims.empty();
  unsigned rank = scalar ? 1 : dims.size();

  // Tensors read, each with its map.
  SmallVector<const Expr *> leaves;
  bool readable = true;
  contains(expr, [&](const Expr *part) {
    if (part->kind == Kind::Leaf && !llvm::is_contained(leaves, part)) {
      leaves.push_back(part);
      readable &= isAvailable(part->source, anchor);
    }
    return false;
  });
  if (!readable)
    return failure();
  if (expr->type)
    type = expr->type;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const Expr *leaf : leaves) {
    if (!isa<RankedTensorType>(leaf->source.getType()))
      continue;
    std::optional<Element> element = parameterElement(leaf, loops, loc);
    if (!element)
      return failure();
    inputs.push_back(element->tensor);
    maps.push_back(AffineMap::get(rank, 0, element->indices, b.getContext()));
  }
  SmallVector<OpFoldResult> sizes;
  if (scalar)
    sizes.push_back(b.getIndexAttr(1));
  for (unsigned dim : dims)
    sizes.push_back(tensor::getMixedSize(b, loc, x.tensor, dim));
  Value tensor;
  if (expr->kind == Kind::Leaf && inputs.size() == 1 && !scalar) {
    // Perhaps only its dimensions must move.
    auto given = cast<RankedTensorType>(inputs[0].getType());
    SmallVector<AffineExpr> proper;
    SmallVector<int64_t> shape;
    for (auto [index, extent] :
         llvm::zip_equal(maps[0].getResults(), given.getShape()))
      if (isa<AffineDimExpr>(index)) {
        proper.push_back(index);
        shape.push_back(extent);
      }
    if (proper == b.getMultiDimIdentityMap(rank).getResults())
      tensor =
          withUnitExtents(b, loc, inputs[0],
                          RankedTensorType::get(shape, given.getElementType()));
  }
  if (!tensor) {
    maps.push_back(b.getMultiDimIdentityMap(rank));
    Value empty = tensor::EmptyOp::create(b, loc, sizes, type);
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    tensor =
        linalg::GenericOp::create(
            b, loc, empty.getType(), inputs, empty, maps, iterators,
            [&](OpBuilder &inner, Location loc, ValueRange given) {
              llvm::DenseMap<const Expr *, Value> values;
              unsigned next = 0;
              for (const Expr *leaf : leaves)
                values[leaf] = isa<RankedTensorType>(leaf->source.getType())
                                   ? given[next++]
                                   : leaf->source;
              OpBuilder::InsertionGuard guard(b);
              b.setInsertionPointToEnd(inner.getInsertionBlock());
              linalg::YieldOp::create(b, loc, emit(expr, type, loc, values));
            })
            .getResult(0);
  }
  // Extents of 1 where x has dimensions that the parameter lacks.
  if (scalar ||
      dims.back() - dims.front() + 1 + (x.indices.size() - 1 - dims.back()) ==
          dims.size())
    return tensor;
  SmallVector<ReassociationIndices> groups;
  SmallVector<OpFoldResult> wide;
  for (unsigned dim = dims.front(); dim < x.indices.size(); ++dim) {
    auto own = llvm::find(dims, dim);
    if (own != dims.end()) {
      groups.emplace_back();
      wide.push_back(sizes[own - dims.begin()]);
    } else {
      wide.push_back(b.getIndexAttr(1));
    }
    groups.back().push_back(dim - dims.front());
  }
  SmallVector<int64_t> shape;
  for (OpFoldResult size : wide)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  return tensor::ExpandShapeOp::create(
             b, loc,
             RankedTensorType::get(
                 shape,
                 cast<RankedTensorType>(tensor.getType()).getElementType()),
             tensor, groups, wide)
      .getResult();
}

/// The value as operations; of f32 and f64 algebra in the order of the terms.
Value Rewriter::emit(const Expr *expr, Type type, Location loc,
                     const llvm::DenseMap<const Expr *, Value> &leaves) {
  auto number = [&](double value, Type at) -> Value {
    if (isa<FloatType>(at))
      return arith::ConstantOp::create(b, loc, b.getFloatAttr(at, value));
    return arith::ConstantOp::create(
        b, loc, b.getIntegerAttr(at, static_cast<int64_t>(value)));
  };
  if (expr->isConstant())
    return number(expr->number, type);
  Type own = expr->type;
  auto inOwn = [&](const Expr *part) { return emit(part, own, loc, leaves); };
  Value result;
  switch (expr->kind) {
  case Kind::Leaf:
    result = leaves.lookup(expr);
    break;
  case Kind::Add:
    for (const Term &term : expr->terms) {
      Value part = inOwn(term.expr);
      if (term.number == -1 && result) {
        result = arith::SubFOp::create(b, loc, result, part);
        continue;
      }
      if (term.number != 1)
        part = arith::MulFOp::create(b, loc, part, number(term.number, own));
      result = result ? arith::AddFOp::create(b, loc, result, part).getResult()
                      : part;
    }
    if (expr->number != 0)
      result = arith::AddFOp::create(b, loc, result, number(expr->number, own));
    break;
  case Kind::Mul:
    if (expr->number != 1)
      result = number(expr->number, own);
    for (const Term &term : expr->terms) {
      Value base = inOwn(term.expr);
      bool divides = term.number == -1 && result;
      if (term.number == 2)
        base = arith::MulFOp::create(b, loc, base, base);
      else if (term.number == 0.5)
        base = math::SqrtOp::create(b, loc, base);
      else if (term.number == -0.5)
        base = math::RsqrtOp::create(b, loc, base);
      else if (term.number != 1 && !divides)
        base = math::PowFOp::create(b, loc, base, number(term.number, own));
      if (divides)
        result = arith::DivFOp::create(b, loc, result, base);
      else
        result = result
                     ? arith::MulFOp::create(b, loc, result, base).getResult()
                     : base;
    }
    break;
  case Kind::Max:
    for (const Term &term : expr->terms) {
      Value part = inOwn(term.expr);
      if (!result)
        result = part;
      else if (expr->position)
        result = arith::MaxNumFOp::create(b, loc, result, part);
      else
        result = arith::MaximumFOp::create(b, loc, result, part);
    }
    break;
  case Kind::Abs:
    result = math::AbsFOp::create(b, loc, inOwn(expr->inner()));
    break;
  case Kind::Round: {
    Type wide = expr->inner()->type;
    result = convertFloat(b, loc, emit(expr->inner(), wide, loc, leaves), own);
    break;
  }
  case Kind::Extend:
    result = convertFloat(
        b, loc, emit(expr->inner(), expr->inner()->type, loc, leaves), own);
    break;
  case Kind::Call: {
    IRMapping mapping;
    for (auto [operand, term] :
         llvm::zip_equal(expr->exemplar->getOperands(), expr->terms))
      mapping.map(operand,
                  emit(term.expr, getElementTypeOrSelf(operand.getType()), loc,
                       leaves));
    result = b.clone(*expr->exemplar, mapping)->getResult(0);
    break;
  }
  case Kind::Constant:
  case Kind::Dim:
  case Kind::Sum:
  case Kind::Sign:
    llvm_unreachable("not made of tensors");
  }
  if (isa<FloatType>(type) && isa<FloatType>(result.getType()))
    return convertFloat(b, loc, result, type);
  return result;
}
