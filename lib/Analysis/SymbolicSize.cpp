//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Analysis/SymbolicSize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::rmsnorm;

SymbolicProduct &SymbolicProduct::operator*=(const SymbolicProduct &other) {
  factor *= other.factor;
  extents.insert(extents.end(), other.extents.begin(), other.extents.end());
  llvm::sort(extents);
  if (factor == 0)
    extents.clear();
  return *this;
}

SymbolicSum &SymbolicSum::operator+=(const SymbolicProduct &term) {
  if (term.factor != 0)
    terms[term.extents] += term.factor;
  return *this;
}

SymbolicSum &SymbolicSum::operator+=(const SymbolicSum &other) {
  for (const auto &[extents, factor] : other.terms)
    terms[extents] += factor;
  return *this;
}

std::optional<int64_t> SymbolicSum::getStatic() const {
  int64_t sum = 0;
  for (const auto &[extents, factor] : terms) {
    if (!extents.empty())
      return std::nullopt;
    sum += factor;
  }
  return sum;
}

std::string SymbolicSum::str() const {
  std::string text;
  // What grows comes first.
  for (const auto &[extents, factor] : llvm::reverse(terms)) {
    if (!text.empty())
      text += " + ";
    text += std::to_string(factor);
    for (const std::string &extent : extents)
      text += "*" + extent;
  }
  return text.empty() ? "0" : text;
}

SymbolicSum SymbolicSum::withPrefix(llvm::StringRef prefix) const {
  SymbolicSum result;
  for (const auto &[extents, factor] : terms) {
    SymbolicProduct term(factor);
    for (const std::string &extent : extents)
      term.extents.push_back((prefix + extent).str());
    llvm::sort(term.extents);
    result += term;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// ExtentNames
//===----------------------------------------------------------------------===//

SymbolicProduct ExtentNames::get(Value shaped, int64_t dim) {
  auto type = cast<ShapedType>(shaped.getType());
  if (!type.isDynamicDim(dim))
    return SymbolicProduct(type.getDimSize(dim));
  auto found = known.find({shaped, dim});
  if (found != known.end())
    return found->second;
  SymbolicProduct extent = resolve(shaped, dim);
  known[{shaped, dim}] = extent;
  return extent;
}

SymbolicProduct ExtentNames::getNumElements(Value shaped) {
  SymbolicProduct product;
  int64_t rank = cast<ShapedType>(shaped.getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim)
    product *= get(shaped, dim);
  return product;
}

SymbolicProduct ExtentNames::unknown(Value value, int64_t dim) {
  auto [entry, inserted] = known.try_emplace({value, dim});
  if (inserted)
    entry->second.extents = {"n" + std::to_string(numUnknown++)};
  return entry->second;
}

SymbolicProduct ExtentNames::resolve(OpFoldResult size) {
  if (std::optional<int64_t> number = getConstantIntValue(size))
    return SymbolicProduct(*number);
  return resolveIndex(cast<Value>(size));
}

SymbolicProduct ExtentNames::resolveIndex(Value index) {
  APInt number;
  if (matchPattern(index, m_ConstantInt(&number)))
    return SymbolicProduct(number.getSExtValue());
  auto dimOf = [&](Value source, std::optional<int64_t> dim) {
    auto type = dyn_cast<ShapedType>(source.getType());
    return dim && type && type.hasRank() && *dim >= 0 && *dim < type.getRank()
               ? get(source, *dim)
               : unknown(index, -1);
  };
  if (auto dim = index.getDefiningOp<tensor::DimOp>())
    return dimOf(dim.getSource(), dim.getConstantIndex());
  if (auto dim = index.getDefiningOp<memref::DimOp>())
    return dimOf(dim.getSource(), dim.getConstantIndex());
  if (auto product = index.getDefiningOp<arith::MulIOp>()) {
    SymbolicProduct result = resolveIndex(product.getLhs());
    return result *= resolveIndex(product.getRhs());
  }
  if (auto cast = index.getDefiningOp<arith::IndexCastOp>())
    return resolveIndex(cast.getIn());
  return unknown(index, -1);
}

/// The dimension of the full slice that `dim` of a rank-reduced one is.
template <typename SliceOp>
static std::optional<int64_t> unreducedDim(SliceOp slice, int64_t dim) {
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  for (int64_t full = 0, kept = 0; full < int64_t(dropped.size()); ++full) {
    if (dropped.test(full))
      continue;
    if (kept++ == dim)
      return full;
  }
  return std::nullopt;
}

SymbolicProduct ExtentNames::resolve(Value shaped, int64_t dim) {
  if (auto argument = dyn_cast<BlockArgument>(shaped)) {
    if (!isa<FunctionOpInterface>(argument.getOwner()->getParentOp()) ||
        !argument.getOwner()->isEntryBlock())
      return unknown(shaped, dim);
    SymbolicProduct extent;
    extent.extents = {"arg" + std::to_string(argument.getArgNumber()) + ".d" +
                      std::to_string(dim)};
    return extent;
  }
  Operation *op = shaped.getDefiningOp();
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return get(destination.getTiedOpOperand(cast<OpResult>(shaped))->get(),
               dim);
  auto ofSizes = [&](auto sized) {
    return resolve(sized.getMixedSizes()[dim]);
  };
  auto ofSlice = [&](auto slice) {
    std::optional<int64_t> full = unreducedDim(slice, dim);
    return full ? resolve(slice.getMixedSizes()[*full]) : unknown(shaped, dim);
  };
  auto ofExpansion = [&](auto expand) {
    return resolve(getMixedValues(expand.getStaticOutputShape(),
                                  expand.getOutputShape(),
                                  op->getContext())[dim]);
  };
  auto ofCollapse = [&](auto collapse) {
    SymbolicProduct product;
    for (int64_t source : collapse.getReassociationIndices()[dim])
      product *= get(collapse.getSrc(), source);
    return product;
  };
  return llvm::TypeSwitch<Operation *, SymbolicProduct>(op)
      .Case<tensor::EmptyOp>(ofSizes)
      .Case<memref::AllocOp, memref::AllocaOp>(
          [&](auto alloc) { return resolve(alloc.getMixedSizes()[dim]); })
      .Case<tensor::ExtractSliceOp, memref::SubViewOp>(ofSlice)
      .Case<tensor::ExpandShapeOp, memref::ExpandShapeOp>(ofExpansion)
      .Case<tensor::CollapseShapeOp, memref::CollapseShapeOp>(ofCollapse)
      .Case<tensor::ConcatOp>([&](auto concat) {
        return int64_t(concat.getDim()) == dim
                   ? unknown(shaped, dim)
                   : get(concat.getInputs().front(), dim);
      })
      .Case<tensor::InsertSliceOp>(
          [&](auto insert) { return get(insert.getDest(), dim); })
      .Case<tensor::CastOp, memref::CastOp>(
          [&](auto cast) { return get(cast.getSource(), dim); })
      .Case<bufferization::ToBufferOp>(
          [&](auto cast) { return get(cast.getTensor(), dim); })
      .Case<bufferization::ToTensorOp>(
          [&](auto cast) { return get(cast.getBuffer(), dim); })
      .Default([&](Operation *) { return unknown(shaped, dim); });
}
