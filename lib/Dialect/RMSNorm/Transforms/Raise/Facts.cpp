//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Uniform constants, and extents that must be the same.

#include "Facts.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <cstring>

using namespace mlir;
using namespace mlir::rmsnorm::raise;

/// A number of `type` from its bytes.
static std::optional<double> numberFromBytes(Type type, const char *bytes) {
  if (!type.isIntOrFloat())
    return std::nullopt;
  unsigned width = type.getIntOrFloatBitWidth();
  if (width % 8 != 0 || width > 64)
    return std::nullopt;
  uint64_t bits = 0;
  std::memcpy(&bits, bytes, width / 8); // Stored little endian.
  llvm::APInt value(width, bits);
  if (auto floatType = dyn_cast<FloatType>(type)) {
    llvm::APFloat number(floatType.getFloatSemantics(), value);
    bool losesInfo;
    number.convert(llvm::APFloat::IEEEdouble(),
                   llvm::APFloat::rmNearestTiesToEven, &losesInfo);
    return number.convertToDouble();
  }
  return static_cast<double>(value.getSExtValue());
}

static std::optional<double> numberFromBlob(DenseResourceElementsAttr dense) {
  AsmResourceBlob *blob = dense.getRawHandle().getBlob();
  Type type = dense.getType().getElementType();
  if (!blob || !type.isIntOrFloat())
    return std::nullopt;
  ArrayRef<char> data = blob->getData();
  size_t width = type.getIntOrFloatBitWidth() / 8;
  // All the same where the bytes are those that are one element further.
  if (width == 0 || data.size() < width || data.size() % width != 0 ||
      std::memcmp(data.data(), data.data() + width, data.size() - width) != 0)
    return std::nullopt;
  return numberFromBytes(type, data.data());
}

std::optional<double> rmsnorm::raise::uniformNumber(Attribute attribute) {
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto number = dyn_cast<IntegerAttr>(attribute))
    return static_cast<double>(number.getValue().getSExtValue());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    return numberFromBlob(resource);
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense || !dense.isSplat())
    return std::nullopt;
  return uniformNumber(dense.getSplatValue<Attribute>());
}

void Extents::collect(Operation *function) {
  auto callable = dyn_cast<FunctionOpInterface>(function);
  if (!callable || callable.isExternal() ||
      !callable.getFunctionBody().hasOneBlock())
    return;
  llvm::DenseMap<Dim, int64_t> known;
  for (auto op :
       callable.getFunctionBody().front().getOps<linalg::LinalgOp>()) {
    SmallVector<std::optional<Dim>> loops(op.getNumLoops());
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.get().getType());
      if (!type)
        continue;
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [position, index] : llvm::enumerate(map.getResults())) {
        auto loop = dyn_cast<AffineDimExpr>(index);
        if (!loop)
          continue;
        Dim dim{operand.get().getAsOpaquePointer(), position};
        if (!type.isDynamicDim(position))
          known[dim] = type.getDimSize(position);
        std::optional<Dim> &first = loops[loop.getPosition()];
        if (first)
          classes.unionSets(*first, dim);
        else
          first = dim;
      }
    }
  }
  for (auto [dim, extent] : known)
    if (classes.findLeader(dim) != classes.member_end())
      numbers[*classes.findLeader(dim)] = extent;
}

const Expr *Extents::representative(ExprContext &context,
                                    const Expr *dim) const {
  Dim key{dim->source.getAsOpaquePointer(), dim->position};
  auto leader = classes.findLeader(key);
  if (leader == classes.member_end())
    return dim;
  auto number = numbers.find(*leader);
  if (number != numbers.end())
    return context.constant(static_cast<double>(number->second));
  return context.dim(Value::getFromOpaquePointer(leader->first),
                     leader->second);
}
