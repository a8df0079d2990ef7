//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Expressions in terms of the tensors behind slices, concatenations and
/// paddings.

#include "Resolver.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

template <typename... Ops>
static Operation *sourceAs(const Expr *expr) {
  Operation *op = expr->kind == Kind::Leaf && expr->source
                      ? expr->source.getDefiningOp()
                      : nullptr;
  return op && isa<Ops...>(op) ? op : nullptr;
}

bool Resolver::isResolvable(const Expr *expr) {
  return contains(expr, [](const Expr *part) {
    return sourceAs<tensor::ExtractSliceOp, tensor::ConcatOp, tensor::PadOp>(
               part) != nullptr;
  });
}

const Expr *Resolver::resolve(const Expr *expr) {
  if (expr->isConstant() || expr->kind == Kind::Dim)
    return expr;
  auto known = done.find(expr);
  if (known != done.end())
    return known->second;
  const Expr *result = rebuild(expr);
  return done[expr] = result;
}

const Expr *Resolver::rebuild(const Expr *expr) {
  if (expr->kind == Kind::Sum)
    return rebuildSum(expr);
  SmallVector<Term> terms;
  SmallVector<const Expr *> values;
  for (const Term &term : expr->terms) {
    const Expr *value = resolve(term.expr);
    if (!value)
      return nullptr;
    terms.push_back({value, term.number});
    values.push_back(value);
  }
  switch (expr->kind) {
  case Kind::Constant:
  case Kind::Dim:
  case Kind::Sum:
    return expr;
  case Kind::Leaf:
    return leaf(expr);
  case Kind::Add:
    terms.push_back({context.constant(expr->number), 1});
    return context.add(expr->type, terms);
  case Kind::Mul:
    terms.push_back({context.constant(expr->number), 1});
    return context.mul(expr->type, terms);
  case Kind::Abs:
    return context.magnitude(values[0]);
  case Kind::Sign:
    return context.sign(expr->type, values[0], expr->position != 0);
  case Kind::Max:
    return context.maximum(expr->type, values,
                           static_cast<NaNRule>(expr->position));
  case Kind::Round:
    return context.round(expr->type, values[0]);
  case Kind::Extend:
    return context.extend(expr->type, values[0]);
  case Kind::Call:
    return context.call(expr->exemplar, expr->type, values);
  }
  llvm_unreachable("unknown kind");
}

/// What is behind a leaf may be a sum, which takes the names that the variables
/// of this one have: so these are temporaries meanwhile.
const Expr *Resolver::rebuildSum(const Expr *expr) {
  const Expr *value = expr->inner();
  SmallVector<unsigned> bound;
  Replacements names;
  unsigned next = firstTemporary;
  for (unsigned variable : expr->bound) {
    while (next < maxVariables && (value->free & (uint64_t(1) << next)))
      ++next;
    if (next == maxVariables)
      return nullptr;
    names[variable] = context.variable(next);
    bound.push_back(next++);
  }
  value = bound.empty() ? value : context.substitute(value, names);
  value = value ? resolve(value) : nullptr;
  SmallVector<const Expr *> extents;
  for (const Term &extent : expr->extents())
    extents.push_back(extent.expr);
  return value ? sum(expr->type, value, bound, extents) : nullptr;
}

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

/// The elements that an index reads: one, or those of a slice.
static std::optional<IndexRange> rangeOf(ExprContext &context,
                                         AffineExpr index) {
  if (auto known = dyn_cast<AffineConstantExpr>(index))
    return IndexRange{known.getValue(), 1, 1, known.getValue() + 1};
  const Composite *meaning = context.indices.composite(index);
  return meaning ? Indices::rangeOf(*meaning) : std::nullopt;
}

/// Whether the range lies within [begin, end).
static bool isWithin(const IndexRange &range, int64_t begin, int64_t end) {
  int64_t last = range.offset + range.stride * (range.size - 1);
  return std::min(range.offset, last) >= begin &&
         std::max(range.offset, last) < end;
}

/// The index `index` less `begin`, of an axis with this extent.
static AffineExpr moved(ExprContext &context, AffineExpr index,
                        const IndexRange &range, int64_t begin,
                        const Expr *extent) {
  const Composite *meaning = context.indices.composite(index);
  if (!meaning)
    return getAffineConstantExpr(range.offset - begin, context.getContext());
  AffineExpr inner = meaning->parts[0];
  const Expr *size = meaning->extents[2];
  return context.indices.slice(inner, range.offset - begin, range.stride, size,
                               extent);
}

const Expr *Resolver::leaf(const Expr *expr) {
  const Expr *behind = nullptr;
  Operation *op =
      sourceAs<tensor::ExtractSliceOp, tensor::ConcatOp, tensor::PadOp>(expr);
  if (auto slice = dyn_cast_if_present<tensor::ExtractSliceOp>(op))
    behind = this->slice(expr, slice);
  else if (auto concat = dyn_cast_if_present<tensor::ConcatOp>(op))
    behind = this->concat(expr, concat);
  else if (auto pad = dyn_cast_if_present<tensor::PadOp>(op))
    behind = padded(expr, pad);
  if (!behind)
    return expr;
  const Expr *result = resolve(behind);
  // The tensor in front still has the element.
  if (result && !result->isConstant() && !result->someSum)
    builder.addMaterializations(result, expr);
  return result;
}

const Expr *Resolver::slice(const Expr *expr, tensor::ExtractSliceOp op) {
  if (op->getNumOperands() < 1)
    return nullptr;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<AffineExpr> indices;
  size_t next = 0;
  for (int64_t dim = 0; dim < op.getSourceType().getRank(); ++dim) {
    int64_t offset = op.getStaticOffsets()[dim],
            stride = op.getStaticStrides()[dim];
    if (ShapedType::isDynamic(offset) || ShapedType::isDynamic(stride))
      return nullptr;
    if (dropped.test(dim)) {
      indices.push_back(getAffineConstantExpr(offset, context.getContext()));
      continue;
    }
    const Expr *size =
        builder.extent(op.getResult(), static_cast<int64_t>(next));
    // The same element many times is no part of an axis.
    if (stride == 0 && !size->isConstant(1))
      return nullptr;
    indices.push_back(
        context.indices.slice(expr->indices[next], offset, stride, size,
                              builder.extent(op.getSource(), dim)));
    ++next;
  }
  return builder.element(op.getSource(), indices);
}

const Expr *Resolver::concat(const Expr *expr, tensor::ConcatOp op) {
  int64_t dim = static_cast<int64_t>(op.getDim());
  // Where the operands begin.
  SmallVector<int64_t> starts{0};
  for (Value input : op.getInputs()) {
    const Expr *extent = builder.extent(input, dim);
    if (!extent->isConstant())
      return nullptr;
    starts.push_back(starts.back() + static_cast<int64_t>(extent->number));
  }
  if (op.getInputs().size() == 1)
    return builder.element(op.getInputs().front(), expr->indices);
  AffineExpr index = expr->indices[dim];
  std::optional<IndexRange> range = rangeOf(context, index);
  if (!range)
    return joined(expr, op, starts);
  for (auto [place, input] : llvm::enumerate(op.getInputs())) {
    if (!isWithin(*range, starts[place], starts[place + 1]))
      continue;
    SmallVector<AffineExpr> indices =
        SmallVector<AffineExpr>(ArrayRef<AffineExpr>(expr->indices));
    indices[dim] = moved(context, index, *range, starts[place],
                         builder.extent(input, dim));
    return builder.element(input, indices);
  }
  return nullptr;
}

/// All operands are the same value, each at its place: parts that were taken
/// apart and are joined again.
const Expr *Resolver::joined(const Expr *expr, tensor::ConcatOp op,
                             ArrayRef<int64_t> starts) {
  int64_t dim = static_cast<int64_t>(op.getDim());
  auto variable = dyn_cast<AffineDimExpr>(expr->indices[dim]);
  if (!variable)
    return nullptr;
  const Expr *whole = nullptr;
  for (auto [place, input] : llvm::enumerate(op.getInputs())) {
    const Expr *part = resolve(builder.element(input, expr->indices));
    if (!part)
      return nullptr;
    std::optional<Composite> slice =
        onlySliceOf(context, part, variable.getPosition());
    std::optional<IndexRange> range =
        slice ? Indices::rangeOf(*slice) : std::nullopt;
    if (!range || range->offset != starts[place] || range->stride != 1 ||
        range->size != starts[place + 1] - starts[place] ||
        range->total != starts.back())
      return nullptr;
    const Expr *value = context.unslice(part, variable.getPosition(), *slice);
    if (!value || (whole && whole != value))
      return nullptr;
    whole = value;
  }
  joins.push_back(op);
  return whole;
}

const Expr *Resolver::padded(const Expr *expr, tensor::PadOp op) {
  Value padding = op.getConstantPaddingValue();
  if (!padding)
    return nullptr;
  SmallVector<AffineExpr> indices =
      SmallVector<AffineExpr>(ArrayRef<AffineExpr>(expr->indices));
  for (auto [dim, low, high] :
       llvm::enumerate(op.getStaticLow(), op.getStaticHigh())) {
    if (low == 0 && high == 0)
      continue;
    const Expr *inner = builder.extent(op.getSource(), dim);
    std::optional<IndexRange> range = rangeOf(context, expr->indices[dim]);
    if (!range || low < 0 || high < 0 || !inner->isConstant())
      return nullptr;
    int64_t end = low + static_cast<int64_t>(inner->number);
    if (isWithin(*range, end, std::numeric_limits<int64_t>::max()) ||
        isWithin(*range, 0, low))
      return builder.scalar(padding);
    if (!isWithin(*range, low, end))
      return nullptr;
    indices[dim] = moved(context, expr->indices[dim], *range, low, inner);
  }
  return builder.element(op.getSource(), indices);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// A variable of the sum, and where its range is split so that what is joined
/// or padded is read in one part only on either side.
std::optional<std::pair<unsigned, int64_t>>
Resolver::findSplit(const Expr *value, ArrayRef<unsigned> bound,
                    ArrayRef<const Expr *> extents) {
  std::optional<std::pair<unsigned, int64_t>> found;
  auto splitAt = [&](AffineExpr index, int64_t border) {
    const Composite *meaning = context.indices.composite(index);
    // The highest digit, where the border is one of its steps.
    if (meaning && meaning->isNumber()) {
      const Expr *step = context.constant(1);
      for (const Expr *extent : ArrayRef(meaning->extents).drop_front())
        step = context.mul(Type(), {{step, 1}, {extent, 1}});
      if (!step->isConstant() ||
          border % static_cast<int64_t>(step->number) != 0)
        return;
      border /= static_cast<int64_t>(step->number);
      index = meaning->parts[0];
      meaning = context.indices.composite(index);
    }
    IndexRange range{0, 1, 0, 0};
    if (meaning) {
      std::optional<IndexRange> sliced = Indices::rangeOf(*meaning);
      if (!sliced)
        return;
      range = *sliced;
      index = meaning->parts[0];
    }
    auto variable = dyn_cast<AffineDimExpr>(index);
    if (!variable || !llvm::is_contained(bound, variable.getPosition()))
      return;
    size_t place = llvm::find(bound, variable.getPosition()) - bound.begin();
    if (!extents[place]->isConstant())
      return;
    // The first step at which the index is on the other side.
    int64_t distance =
        range.stride > 0 ? border - range.offset : range.offset - border + 1;
    int64_t stride = std::abs(range.stride);
    int64_t at = distance <= 0 ? 0 : (distance + stride - 1) / stride;
    if (at > 0 && static_cast<double>(at) < extents[place]->number)
      found = std::pair(static_cast<unsigned>(place), at);
  };
  contains(value, [&](const Expr *part) {
    Operation *op = sourceAs<tensor::ConcatOp, tensor::PadOp>(part);
    if (auto concat = dyn_cast_if_present<tensor::ConcatOp>(op)) {
      int64_t dim = static_cast<int64_t>(concat.getDim()), border = 0;
      for (Value input : concat.getInputs().drop_back()) {
        const Expr *extent = builder.extent(input, dim);
        if (!extent->isConstant())
          break;
        border += static_cast<int64_t>(extent->number);
        splitAt(part->indices[dim], border);
      }
    } else if (auto pad = dyn_cast_if_present<tensor::PadOp>(op)) {
      for (auto [dim, low, high] :
           llvm::enumerate(pad.getStaticLow(), pad.getStaticHigh())) {
        const Expr *inner = builder.extent(pad.getSource(), dim);
        if ((low == 0 && high == 0) || low < 0 || high < 0 ||
            !inner->isConstant())
          continue;
        splitAt(part->indices[dim], low);
        splitAt(part->indices[dim], low + static_cast<int64_t>(inner->number));
      }
    }
    return found.has_value();
  });
  return found;
}

const Expr *Resolver::sum(Type type, const Expr *value,
                          ArrayRef<unsigned> bound,
                          ArrayRef<const Expr *> extents) {
  std::optional<std::pair<unsigned, int64_t>> split =
      splits ? findSplit(value, bound, extents) : std::nullopt;
  if (!split) {
    value = decide(value, bound, extents);
    return value ? context.sum(type, value, bound, extents) : nullptr;
  }
  --splits;
  auto [place, at] = *split;
  const Expr *total = extents[place];
  int64_t end = static_cast<int64_t>(total->number);
  SmallVector<Term> parts;
  for (auto [from, to] : {std::pair<int64_t, int64_t>(0, at), {at, end}}) {
    const Expr *size = context.constant(static_cast<double>(to - from));
    Replacements replacements;
    replacements[bound[place]] = context.indices.slice(
        context.variable(bound[place]), from, 1, size, total);
    const Expr *part = context.substitute(value, replacements);
    part = part ? resolve(part) : nullptr;
    SmallVector<const Expr *> sizes(extents);
    sizes[place] = size;
    part = part ? sum(type, part, bound, sizes) : nullptr;
    if (!part)
      return nullptr;
    parts.push_back({part, 1});
  }
  return context.add(type, parts);
}
