//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Indices that read a part of an axis.

#include "Expr.h"
#include "Indices.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

/// Digits that are numbers, all extents being numbers, are an offset; null
/// where that leaves no slice.
AffineExpr Indices::withoutConstants(ArrayRef<AffineExpr> digits,
                                     ArrayRef<const Expr *> extents) {
  double offset = 0, stride = 1, step = 0;
  SmallVector<AffineExpr> parts;
  SmallVector<const Expr *> sizes;
  bool isLast = false;
  for (int64_t place = digits.size() - 1; place >= 0; --place) {
    const Expr *extent = extents[place];
    if (!extent->isConstant())
      return AffineExpr();
    if (auto known = dyn_cast<AffineConstantExpr>(digits[place])) {
      offset += stride * static_cast<double>(known.getValue());
      isLast = false;
    } else {
      // One number only, of neighbouring digits.
      if (!parts.empty() && !isLast)
        return AffineExpr();
      step = parts.empty() ? stride : step;
      isLast = true;
      parts.insert(parts.begin(), digits[place]);
      sizes.insert(sizes.begin(), extent);
    }
    stride *= extent->number;
  }
  if (parts.size() == digits.size())
    return AffineExpr();
  if (parts.empty())
    return getAffineConstantExpr(static_cast<int64_t>(offset),
                                 context.getContext());
  const Expr *size = context.constant(1);
  for (const Expr *part : sizes)
    size = product(size, part);
  AffineExpr varying = number(parts, sizes);
  return slice(varying, static_cast<int64_t>(offset),
               static_cast<int64_t>(step), size, context.constant(stride));
}

AffineExpr Indices::slice(AffineExpr index, int64_t offset, int64_t stride,
                          const Expr *size, const Expr *total) {
  if (auto known = dyn_cast<AffineConstantExpr>(index))
    return getAffineConstantExpr(offset + stride * known.getValue(),
                                 context.getContext());
  if (size->isConstant(1))
    return getAffineConstantExpr(offset, context.getContext());
  if (offset == 0 && stride == 1 && size == total)
    return index;
  SmallVector<const Expr *> extents{
      context.constant(static_cast<double>(offset)),
      context.constant(static_cast<double>(stride)), size, total};
  const Composite *inner = composite(index);
  if (inner && inner->kind == Composite::Position && inner->extents == extents)
    return inner->parts[0];
  // A slice of a slice.
  if (inner && inner->isSlice() && inner->extents[3] == size)
    return slice(inner->parts[0],
                 offset +
                     stride * static_cast<int64_t>(inner->extents[0]->number),
                 stride * static_cast<int64_t>(inner->extents[1]->number),
                 inner->extents[2], total);
  return symbol(Composite::Slice, index, extents);
}

AffineExpr Indices::position(AffineExpr index, const Composite &slice) {
  SmallVector<const Expr *> extents = slice.extents; // The table may move.
  return symbol(Composite::Position, index, extents);
}

std::optional<IndexRange> Indices::rangeOf(const Composite &slice) {
  if (!slice.isSlice() || !slice.extents[2]->isConstant() ||
      !slice.extents[3]->isConstant())
    return std::nullopt;
  auto number = [&](unsigned place) {
    return static_cast<int64_t>(slice.extents[place]->number);
  };
  return IndexRange{number(0), number(1), number(2), number(3)};
}

AffineExpr Indices::affine(AffineExpr expr, ArrayRef<AffineExpr> loops,
                           ArrayRef<const Expr *> ranges, const Expr *total) {
  int64_t offset = 0;
  llvm::SmallDenseMap<unsigned, int64_t> factors;
  std::function<bool(AffineExpr, int64_t)> collect = [&](AffineExpr part,
                                                         int64_t factor) {
    if (auto number = dyn_cast<AffineConstantExpr>(part)) {
      offset += factor * number.getValue();
      return true;
    }
    if (auto dim = dyn_cast<AffineDimExpr>(part)) {
      if (auto known = dyn_cast<AffineConstantExpr>(loops[dim.getPosition()]))
        offset += factor * known.getValue();
      else
        factors[dim.getPosition()] += factor;
      return true;
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(part);
    if (!binary)
      return false;
    if (part.getKind() == AffineExprKind::Add)
      return collect(binary.getLHS(), factor) &&
             collect(binary.getRHS(), factor);
    auto number = dyn_cast<AffineConstantExpr>(binary.getRHS());
    return part.getKind() == AffineExprKind::Mul && number &&
           collect(binary.getLHS(), factor * number.getValue());
  };
  if (!collect(expr, 1))
    return AffineExpr();
  SmallVector<std::pair<int64_t, unsigned>> order;
  for (auto [loop, factor] : factors)
    if (factor != 0)
      order.push_back({factor, loop});
  if (order.empty())
    return getAffineConstantExpr(offset, context.getContext());
  if (order.size() == 1 && order[0].first == 1 && offset == 0 &&
      ranges[order[0].second] == total)
    return loops[order[0].second];
  llvm::sort(order, std::greater<>());
  // Digits of mixed radix, the last one with any stride.
  if (!total->isConstant())
    return AffineExpr();
  int64_t least = order.back().first, place = least;
  int64_t lowest = offset, highest = offset;
  SmallVector<AffineExpr> digits;
  SmallVector<const Expr *> extents;
  const Expr *size = context.constant(1);
  for (auto [factor, loop] : llvm::reverse(order)) {
    const Expr *range = ranges[loop];
    if (!range || !range->isConstant() || range->number < 1 || factor != place)
      return AffineExpr();
    int64_t count = static_cast<int64_t>(range->number);
    (factor > 0 ? highest : lowest) += factor * (count - 1);
    place *= count;
    digits.insert(digits.begin(), loops[loop]);
    extents.insert(extents.begin(), range);
    size = product(size, range);
  }
  if (lowest < 0 || static_cast<double>(highest) >= total->number)
    return AffineExpr();
  return slice(number(digits, extents), offset, least, size, total);
}

bool Indices::readsSlice(AffineExpr index) const {
  if (auto known = dyn_cast<AffineConstantExpr>(index))
    return known.getValue() != 0;
  const Composite *meaning = composite(index);
  return meaning && (meaning->isSlice() ||
                     llvm::any_of(meaning->parts, [&](AffineExpr part) {
                       return readsSlice(part);
                     }));
}
