//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Norms of groups of an axis: what must be reshaped for them.

#include "Rewriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

std::optional<OpFoldResult> Rewriter::size(const Expr *extent, Location loc) {
  Product product = asProduct(extent);
  if (product.factors.empty())
    return OpFoldResult(b.getIndexAttr(static_cast<int64_t>(product.number)));
  Value result;
  auto times = [&](Value factor) {
    result = result ? arith::MulIOp::create(b, loc, result, factor) : factor;
  };
  for (const Term &factor : product.factors) {
    const Expr *dim = factor.expr;
    if (dim->kind != Kind::Dim ||
        factor.number != static_cast<int64_t>(factor.number) ||
        factor.number < 1 || !isAvailable(dim->source, anchor))
      return std::nullopt;
    Value value =
        tensor::DimOp::create(b, loc, dim->source, dim->position).getResult();
    for (int64_t count = 0; count < static_cast<int64_t>(factor.number);
         ++count)
      times(value);
  }
  if (product.number != 1)
    times(arith::ConstantIndexOp::create(b, loc,
                                         static_cast<int64_t>(product.number)));
  return OpFoldResult(result);
}

std::optional<Element> Rewriter::withDigits(const Element &element,
                                            Location loc) {
  auto isNumber = [&](AffineExpr index) {
    return context.indices.composite(index) != nullptr;
  };
  if (llvm::none_of(element.indices, isNumber))
    return element;
  auto type = cast<RankedTensorType>(element.tensor.getType());
  SmallVector<ReassociationIndices> groups;
  SmallVector<OpFoldResult> sizes;
  SmallVector<int64_t> shape;
  Element result;
  for (auto [dim, index] : llvm::enumerate(element.indices)) {
    ReassociationIndices &group = groups.emplace_back();
    const Composite *meaning = context.indices.composite(index);
    if (meaning && !meaning->isNumber())
      return std::nullopt;
    for (size_t part = 0, end = meaning ? meaning->parts.size() : 1; part < end;
         ++part) {
      group.push_back(sizes.size());
      std::optional<OpFoldResult> extent =
          meaning ? size(meaning->extents[part], loc)
                  : tensor::getMixedSize(b, loc, element.tensor, dim);
      if (!extent)
        return std::nullopt;
      sizes.push_back(*extent);
      shape.push_back(
          getConstantIntValue(*extent).value_or(ShapedType::kDynamic));
      result.indices.push_back(meaning ? meaning->parts[part] : index);
    }
    // A static extent is the product of static ones.
    if (!type.isDynamicDim(dim) && llvm::any_of(group, [&](int64_t wide) {
          return ShapedType::isDynamic(shape[wide]);
        }))
      return std::nullopt;
  }
  result.tensor = tensor::ExpandShapeOp::create(
      b, loc, RankedTensorType::get(shape, type.getElementType()),
      element.tensor, groups, sizes);
  return result;
}

std::optional<Element> Rewriter::findSplitX(Match &match, const Expr *x) {
  std::optional<Element> found = findX(match, x);
  if (found || match.form.splits.empty())
    return found;
  // Before it is split, it may be the element of some tensor.
  Replacements back, forth;
  for (const NormForm::Split &split : match.form.splits) {
    AffineExpr whole = context.variable(split.variable);
    SmallVector<AffineExpr> digits;
    for (auto [digit, index] : llvm::zip_equal(
             split.digits, context.indices.digits(whole, split.extents))) {
      back[digit] = index;
      digits.push_back(context.variable(digit));
    }
    forth[split.variable] = context.indices.number(digits, split.extents);
  }
  const Expr *before = context.substitute(x, back);
  found = before ? findX(match, before) : std::nullopt;
  if (found)
    for (AffineExpr &index : found->indices)
      index = context.indices.replace(index, forth);
  return found;
}

LogicalResult Rewriter::joinDigits(Match &match, Location loc) {
  if (match.form.splits.empty())
    return success();
  SmallVector<ReassociationIndices> groups;
  SmallVector<AffineExpr> indices;
  for (size_t dim = 0; dim < match.indices.size();) {
    const NormForm::Split *split = nullptr;
    for (const NormForm::Split &candidate : match.form.splits)
      if (match.indices[dim] == context.variable(candidate.digits[0]))
        split = &candidate;
    ReassociationIndices group{static_cast<int64_t>(dim)};
    indices.push_back(split ? context.variable(split->variable)
                            : match.indices[dim]);
    ++dim;
    if (split)
      for (unsigned digit : ArrayRef(split->digits).drop_front()) {
        if (dim == match.indices.size() ||
            match.indices[dim] != context.variable(digit))
          return failure();
        group.push_back(dim++);
      }
    groups.push_back(group);
  }
  // A digit on its own is none of the value's variables.
  for (AffineExpr index : indices)
    for (const NormForm::Split &split : match.form.splits)
      if (llvm::any_of(split.digits, [&](unsigned digit) {
            return index == context.variable(digit);
          }))
        return failure();
  match.result = tensor::CollapseShapeOp::create(b, loc, match.result, groups);
  match.indices = indices;
  return success();
}

LogicalResult Rewriter::takePart(Match &match, Location loc) {
  if (!match.form.part)
    return success();
  auto [variable, range, whole] = *match.form.part;
  auto found = llvm::find(match.indices, context.variable(variable));
  if (found == match.indices.end())
    return failure();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, match.whole);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  size_t dim = found - match.indices.begin();
  offsets[dim] = b.getIndexAttr(range.offset);
  strides[dim] = b.getIndexAttr(range.stride);
  sizes[dim] = b.getIndexAttr(range.size);
  match.result = tensor::ExtractSliceOp::create(b, loc, match.whole, offsets,
                                                sizes, strides);
  return success();
}

LogicalResult Rewriter::takePart(Match &match, const Match &other) {
  anchor = match.op;
  b.setInsertionPoint(anchor);
  match.whole = other.whole;
  match.indices = other.indices;
  if (failed(takePart(match, match.value.getLoc())))
    return failure();
  made[match.value] = &match;
  inFrontOf[match.result.getDefiningOp()] = anchor;
  return success();
}

/// The dimensions of x that the sum goes over.
LogicalResult Rewriter::findAxes(const NormForm &form, const Element &x,
                                 SmallVectorImpl<int64_t> &axes,
                                 std::string &reason) {
  auto type = cast<RankedTensorType>(x.tensor.getType());
  for (auto [place, axis] : llvm::enumerate(form.axes)) {
    AffineExpr variable = context.variable(axis);
    auto found = llvm::find(x.indices, variable);
    if (found == x.indices.end()) {
      reason = "an axis of the sum is no dimension of the normalised value";
      return failure();
    }
    int64_t dim = found - x.indices.begin();
    axes.push_back(dim);
    // The sum may go over a part of the axis only where the index of what it
    // reads is not the variable itself.
    bool isWhole = builder.extent(x.tensor, dim) == form.axisExtents[place];
    if (!isWhole)
      walkIndices(form.x, [&](AffineExpr index) {
        const Composite *meaning = context.indices.composite(index);
        isWhole |=
            index == variable || (meaning && meaning->isNumber() &&
                                  llvm::is_contained(meaning->parts, variable));
      });
    if (!isWhole) {
      reason = "the sum does not go over the whole axis";
      return failure();
    }
  }
  // All axes have an extent of 1: any dimension with that will do.
  for (int64_t dim = type.getRank() - 1; axes.empty() && dim >= 0; --dim)
    if (type.getDimSize(dim) == 1)
      axes.push_back(dim);
  if (axes.empty()) {
    reason = "the axis, whose extent is 1, is no dimension of the normalised "
             "value";
    return failure();
  }
  llvm::sort(axes);
  return success();
}
