//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Normal forms of indices.

#include "Indices.h"

#include "Expr.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

const Expr *Indices::product(const Expr *a, const Expr *b) {
  return context.mul(Type(), {{a, 1}, {b, 1}});
}

const Expr *Indices::quotient(const Expr *a, const Expr *b) {
  const Expr *result = context.mul(Type(), {{a, 1}, {b, -1}});
  Product parts = asProduct(result);
  bool isWhole = parts.number >= 1 &&
                 parts.number == std::floor(parts.number) &&
                 llvm::all_of(parts.factors, [](const Term &factor) {
                   return factor.expr->kind == Kind::Dim && factor.number > 0;
                 });
  return isWhole ? result : nullptr;
}

const Composite *Indices::composite(AffineExpr index) const {
  auto symbol = dyn_cast<AffineSymbolExpr>(index);
  return symbol ? &composites[symbol.getPosition()] : nullptr;
}

uint64_t Indices::variablesOf(AffineExpr index) const {
  uint64_t mask = 0;
  index.walk([&](AffineExpr part) {
    if (auto dim = dyn_cast<AffineDimExpr>(part))
      mask |= uint64_t(1) << dim.getPosition();
    else if (const Composite *meaning = composite(part))
      mask |= meaning->free;
  });
  return mask;
}

uint64_t Indices::variablesOf(ArrayRef<AffineExpr> indices) const {
  uint64_t mask = 0;
  for (AffineExpr index : indices)
    mask |= variablesOf(index);
  return mask;
}

AffineExpr Indices::symbol(Composite::Kind kind, ArrayRef<AffineExpr> parts,
                           ArrayRef<const Expr *> extents) {
  std::vector<const void *> key{
      reinterpret_cast<const void *>(static_cast<uintptr_t>(kind))};
  for (AffineExpr part : parts)
    key.push_back(part.getAsOpaquePointer());
  key.insert(key.end(), extents.begin(), extents.end());
  auto [position, inserted] = known.insert({key, composites.size()});
  if (inserted)
    composites.push_back({kind, SmallVector<AffineExpr>(parts),
                          SmallVector<const Expr *>(extents),
                          variablesOf(parts)});
  return getAffineSymbolExpr(position->second, context.getContext());
}

AffineExpr Indices::digit(AffineExpr number, const Expr *total,
                          const Expr *stride, const Expr *extent) {
  if (extent->isConstant(1))
    return getAffineConstantExpr(0, context.getContext());
  if (auto known = dyn_cast<AffineConstantExpr>(number)) {
    if (known.getValue() == 0)
      return number;
    if (stride->isConstant() && extent->isConstant())
      return getAffineConstantExpr(known.getValue() /
                                       static_cast<int64_t>(stride->number) %
                                       static_cast<int64_t>(extent->number),
                                   context.getContext());
  }
  if (stride->isConstant(1) && extent == total)
    return number;
  // A digit of a digit is one of the number behind.
  const Composite *outer = composite(number);
  if (outer && outer->isDigit() && outer->extents[2] == total)
    return digit(outer->parts[0], outer->extents[0],
                 product(outer->extents[1], stride), extent);
  return symbol(Composite::Digit, number, {total, stride, extent});
}

AffineExpr Indices::number(ArrayRef<AffineExpr> digits,
                           ArrayRef<const Expr *> extents) {
  SmallVector<AffineExpr> parts;
  SmallVector<const Expr *> sizes;
  auto append = [&](AffineExpr part, const Expr *size) {
    if (size->isConstant(1))
      return;
    // Neighbouring digits of one number are one digit.
    const Composite *low = composite(part);
    const Composite *high = parts.empty() ? nullptr : composite(parts.back());
    if (low && high && low->isDigit() && high->isDigit() &&
        low->parts[0] == high->parts[0] &&
        low->extents[0] == high->extents[0] && low->extents[2] == size &&
        high->extents[2] == sizes.back() &&
        high->extents[1] == product(low->extents[1], low->extents[2])) {
      // The table may move.
      AffineExpr whole = low->parts[0];
      const Expr *total = low->extents[0], *stride = low->extents[1];
      sizes.back() = product(sizes.back(), size);
      parts.back() = digit(whole, total, stride, sizes.back());
      return;
    }
    parts.push_back(part);
    sizes.push_back(size);
  };
  for (auto [part, size] : llvm::zip_equal(digits, extents)) {
    const Composite *inner = composite(part);
    if (!inner || !inner->isNumber()) {
      append(part, size);
      continue;
    }
    SmallVector<AffineExpr> innerParts = inner->parts;
    SmallVector<const Expr *> innerSizes = inner->extents;
    for (auto [innerPart, innerSize] : llvm::zip_equal(innerParts, innerSizes))
      append(innerPart, innerSize);
  }
  AffineExpr zero = getAffineConstantExpr(0, context.getContext());
  if (llvm::all_of(parts, [&](AffineExpr part) { return part == zero; }))
    return zero;
  if (parts.size() == 1)
    return parts[0];
  if (llvm::any_of(
          parts, [](AffineExpr part) { return isa<AffineConstantExpr>(part); }))
    if (AffineExpr sliced = withoutConstants(parts, sizes))
      return sliced;
  return symbol(Composite::Number, parts, sizes);
}

/// The digits of a number that is made of digits itself, whose groups or parts
/// they are.
bool Indices::matchDigits(const Composite &number,
                          ArrayRef<const Expr *> extents,
                          SmallVectorImpl<AffineExpr> &result) {
  SmallVector<AffineExpr> parts = number.parts;
  SmallVector<const Expr *> sizes = number.extents;
  const Expr *one = context.constant(1);
  for (int64_t place = extents.size() - 1; place >= 0; --place) {
    SmallVector<AffineExpr> chosen;
    SmallVector<const Expr *> chosenSizes;
    const Expr *have = one;
    while (have != extents[place]) {
      const Expr *missing = quotient(extents[place], have);
      if (!missing || parts.empty())
        return false;
      const Expr *size = sizes.back();
      if (quotient(missing, size)) {
        chosen.insert(chosen.begin(), parts.pop_back_val());
        chosenSizes.insert(chosenSizes.begin(), sizes.pop_back_val());
        have = product(have, size);
        continue;
      }
      const Expr *rest = quotient(size, missing);
      if (!rest)
        return false;
      chosen.insert(chosen.begin(), digit(parts.back(), size, one, missing));
      chosenSizes.insert(chosenSizes.begin(), missing);
      parts.back() = digit(parts.back(), size, missing, rest);
      sizes.back() = rest;
      have = extents[place];
    }
    result[place] = this->number(chosen, chosenSizes);
  }
  return parts.empty();
}

SmallVector<AffineExpr> Indices::digits(AffineExpr number,
                                        ArrayRef<const Expr *> extents) {
  SmallVector<AffineExpr> result(
      extents.size(), getAffineConstantExpr(0, context.getContext()));
  if (isa<AffineConstantExpr>(number) &&
      cast<AffineConstantExpr>(number).getValue() == 0)
    return result;
  const Expr *total = context.constant(1);
  SmallVector<int64_t> proper;
  for (auto [place, extent] : llvm::enumerate(extents)) {
    total = product(total, extent);
    if (!extent->isConstant(1))
      proper.push_back(place);
  }
  if (proper.size() == 1) {
    result[proper[0]] = number;
    return result;
  }
  if (const Composite *meaning = composite(number);
      meaning && meaning->isNumber()) {
    Composite copy = *meaning; // The table may move.
    if (matchDigits(copy, extents, result))
      return result;
  }
  const Expr *stride = context.constant(1);
  for (int64_t place = extents.size() - 1; place >= 0; --place) {
    result[place] = digit(number, total, stride, extents[place]);
    stride = product(stride, extents[place]);
  }
  return result;
}

AffineExpr Indices::replace(AffineExpr index,
                            const Replacements &replacements) {
  if (auto dim = dyn_cast<AffineDimExpr>(index)) {
    auto found = replacements.find(dim.getPosition());
    return found == replacements.end() ? index : found->second;
  }
  if (const Composite *meaning = composite(index)) {
    Composite copy = *meaning; // The table may move.
    SmallVector<AffineExpr> parts;
    for (AffineExpr part : copy.parts)
      parts.push_back(replace(part, replacements));
    if (parts == copy.parts)
      return index;
    if (copy.isNumber())
      return number(parts, copy.extents);
    if (copy.isSlice())
      return slice(parts[0], static_cast<int64_t>(copy.extents[0]->number),
                   static_cast<int64_t>(copy.extents[1]->number),
                   copy.extents[2], copy.extents[3]);
    if (copy.kind == Composite::Position)
      return position(parts[0], copy);
    auto [total, stride, extent] =
        std::tuple(copy.extents[0], copy.extents[1], copy.extents[2]);
    const Expr *above = quotient(total, product(stride, extent));
    if (!above)
      return digit(parts[0], total, stride, extent);
    return digits(parts[0], {above, extent, stride})[1];
  }
  llvm::DenseMap<AffineExpr, AffineExpr> map;
  index.walk([&](AffineExpr part) {
    if (isa<AffineDimExpr, AffineSymbolExpr>(part) && part != index)
      map[part] = replace(part, replacements);
  });
  return map.empty() ? index : index.replace(map);
}
