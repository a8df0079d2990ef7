//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-contractions-to-gemm: matrix multiplications on buffers become calls
/// of the runtime's library.

#include "Contraction.h"

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMCONTRACTIONSTOGEMM
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// One dimension of the multiplication, possibly several loops in one, with its
/// stride in each of a, b and c (0 where the operand does not have it).
struct GemmDim {
  OpFoldResult extent;
  OpFoldResult strides[3];
  /// Positions in the operands, -1 where absent.
  int64_t first[3], last[3];
};

/// A buffer seen through its extents and strides.
struct Operand {
  Value buffer;
  MemRefType type;
  AffineMap map;
  memref::ExtractStridedMetadataOp metadata;
  /// Row-major without gaps.
  bool contiguous;
};

class GemmBuilder {
public:
  GemmBuilder(linalg::LinalgOp op, const Contraction &contraction)
      : op(op), contraction(contraction), b(op.getLoc(), op) {}
  void emit();

private:
  using Dims = SmallVector<GemmDim>;

  GemmDim makeDim(unsigned loop);
  Dims collect(ArrayRef<unsigned> loops);
  bool canMerge(const GemmDim &outer, const GemmDim &inner);
  void merge(Dims &dims);
  void emitLoops(ArrayRef<GemmDim> outer,
                 MutableArrayRef<OpFoldResult> offsets);
  void emitGemm(ArrayRef<OpFoldResult> offsets);
  GemmDim takeLargest(Dims &dims);
  OpFoldResult multiply(OpFoldResult lhs, OpFoldResult rhs);

  linalg::LinalgOp op;
  const Contraction &contraction;
  ImplicitLocOpBuilder b;
  Operand operands[3];
  /// The dimensions of the call itself: batch, m, n, k.
  std::optional<GemmDim> inner[4];
  bool accumulate = true;
};
} // namespace

/// The fill of `buffer` by zeros that nothing can have seen before `op`.
static linalg::FillOp findZeroFill(linalg::LinalgOp op, Value buffer) {
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    if (auto fill = dyn_cast<linalg::FillOp>(before)) {
      if (fill.getOutputs()[0] == buffer)
        return matchPattern(fill.getInputs()[0], m_AnyZeroFloat())
                   ? fill
                   : linalg::FillOp();
    }
    // Anything else that touches memory might read what the fill wrote; but
    // memory that is only now made is another.
    if (!isMemoryEffectFree(before) &&
        !isa<memref::AllocOp, memref::AllocaOp>(before))
      return {};
  }
  return {};
}

OpFoldResult GemmBuilder::multiply(OpFoldResult lhs, OpFoldResult rhs) {
  std::optional<int64_t> left = getConstantIntValue(lhs);
  std::optional<int64_t> right = getConstantIntValue(rhs);
  if (left && right)
    return b.getIndexAttr(*left * *right);
  if (left == 0 || right == 0)
    return b.getIndexAttr(0);
  if (left == 1)
    return rhs;
  if (right == 1)
    return lhs;
  return arith::MulIOp::create(
             b, getValueOrCreateConstantIndexOp(b, b.getLoc(), lhs),
             getValueOrCreateConstantIndexOp(b, b.getLoc(), rhs))
      .getResult();
}

GemmDim GemmBuilder::makeDim(unsigned loop) {
  GemmDim dim;
  dim.extent = b.getIndexAttr(1);
  for (auto [index, operand] : llvm::enumerate(operands)) {
    dim.strides[index] = b.getIndexAttr(0);
    dim.first[index] = dim.last[index] = -1;
    std::optional<unsigned> position =
        operand.map.getResultPosition(b.getAffineDimExpr(loop));
    if (!position)
      continue;
    dim.first[index] = dim.last[index] = *position;
    dim.strides[index] =
        operand.metadata.getConstifiedMixedStrides()[*position];
    OpFoldResult extent = operand.metadata.getConstifiedMixedSizes()[*position];
    if (!isa<Attribute>(dim.extent) || isa<Attribute>(extent) ||
        isConstantIntValue(dim.extent, 1))
      dim.extent = extent;
  }
  return dim;
}

/// Whether the two are one dimension in every operand that has them.
bool GemmBuilder::canMerge(const GemmDim &outer, const GemmDim &inner) {
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if ((outer.first[index] < 0) != (inner.first[index] < 0))
      return false;
    if (outer.first[index] < 0)
      continue;
    std::optional<int64_t> outerStride =
        getConstantIntValue(outer.strides[index]);
    std::optional<int64_t> innerStride =
        getConstantIntValue(inner.strides[index]);
    std::optional<int64_t> extent = getConstantIntValue(inner.extent);
    if (outerStride && innerStride && extent &&
        *outerStride == *innerStride * *extent)
      continue;
    // Unit dimensions between the two do not matter.
    auto between = operand.type.getShape().slice(
        outer.last[index] + 1,
        std::max<int64_t>(inner.first[index] - outer.last[index] - 1, 0));
    if (operand.contiguous && outer.last[index] < inner.first[index] &&
        llvm::all_of(between, [](int64_t extent) { return extent == 1; }))
      continue;
    return false;
  }
  return true;
}

void GemmBuilder::merge(Dims &dims) {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t outer = 0; outer < dims.size() && !changed; ++outer)
      for (size_t inner = 0; inner < dims.size() && !changed; ++inner) {
        if (outer == inner || !canMerge(dims[outer], dims[inner]))
          continue;
        GemmDim merged = dims[inner];
        merged.extent = multiply(dims[outer].extent, dims[inner].extent);
        for (int64_t index = 0; index < 3; ++index)
          merged.first[index] = dims[outer].first[index];
        dims[inner] = merged;
        dims.erase(dims.begin() + outer);
        changed = true;
      }
  }
}

GemmBuilder::Dims GemmBuilder::collect(ArrayRef<unsigned> loops) {
  Dims dims;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  for (unsigned loop : loops)
    if (extents[loop] != 1)
      dims.push_back(makeDim(loop));
  merge(dims);
  return dims;
}

/// An extent known only at run time counts as large.
GemmDim GemmBuilder::takeLargest(Dims &dims) {
  auto size = [](const GemmDim &dim) {
    return getConstantIntValue(dim.extent).value_or(INT64_MAX);
  };
  size_t best = 0;
  for (size_t index = 1; index < dims.size(); ++index)
    if (size(dims[index]) >= size(dims[best]))
      best = index;
  GemmDim taken = dims[best];
  dims.erase(dims.begin() + best);
  return taken;
}

void GemmBuilder::emitGemm(ArrayRef<OpFoldResult> offsets) {
  // Which of (batch, m, n, k) each operand has, in the order of gemm.
  const int64_t kinds[3][3] = {{0, 1, 3}, {0, 3, 2}, {0, 1, 2}};
  Value views[3];
  SmallVector<int64_t> dims[3];
  for (int64_t index = 0; index < 3; ++index) {
    SmallVector<OpFoldResult> sizes, strides;
    for (int64_t kind : kinds[index]) {
      const std::optional<GemmDim> &dim = inner[kind];
      bool present = dim && dim->first[index] >= 0;
      dims[index].push_back(present ? int64_t(sizes.size()) : -1);
      if (!present)
        continue;
      sizes.push_back(dim->extent);
      strides.push_back(dim->strides[index]);
    }
    SmallVector<int64_t> staticSizes, staticStrides, staticOffset;
    SmallVector<Value> ignored;
    dispatchIndexOpFoldResults(sizes, ignored, staticSizes);
    dispatchIndexOpFoldResults(strides, ignored, staticStrides);
    dispatchIndexOpFoldResults({offsets[index]}, ignored, staticOffset);
    auto type = MemRefType::get(
        staticSizes, operands[index].type.getElementType(),
        StridedLayoutAttr::get(b.getContext(), staticOffset[0], staticStrides),
        operands[index].type.getMemorySpace());
    views[index] = memref::ReinterpretCastOp::create(
        b, type, operands[index].metadata.getBaseBuffer(), offsets[index],
        sizes, strides);
  }
  GemmOp::create(b, views[0], views[1], views[2], dims[0], dims[1], dims[2],
                 accumulate);
}

/// Loops over what one call cannot do, with the operands' offsets inside.
void GemmBuilder::emitLoops(ArrayRef<GemmDim> outer,
                            MutableArrayRef<OpFoldResult> offsets) {
  if (outer.empty()) {
    emitGemm(offsets);
    return;
  }
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value extent =
      getValueOrCreateConstantIndexOp(b, b.getLoc(), outer.front().extent);
  auto loop = scf::ForOp::create(b, zero, extent, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<OpFoldResult> next;
  for (auto [index, offset] : llvm::enumerate(offsets)) {
    OpFoldResult moved =
        multiply(loop.getInductionVar(), outer.front().strides[index]);
    if (isConstantIntValue(moved, 0)) {
      next.push_back(offset);
      continue;
    }
    next.push_back(arith::AddIOp::create(
                       b, getValueOrCreateConstantIndexOp(b, b.getLoc(), moved),
                       getValueOrCreateConstantIndexOp(b, b.getLoc(), offset))
                       .getResult());
  }
  emitLoops(outer.drop_front(), next);
}

void GemmBuilder::emit() {
  const AffineMap maps[] = {contraction.aMap, contraction.bMap,
                            contraction.cMap};
  SmallVector<OpFoldResult> offsets;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    operand.buffer = op->getOperand(index);
    operand.type = cast<MemRefType>(operand.buffer.getType());
    operand.map = maps[index];
    operand.metadata =
        memref::ExtractStridedMetadataOp::create(b, operand.buffer);
    operand.contiguous = operand.type.getLayout().isIdentity();
    offsets.push_back(operand.metadata.getConstifiedMixedOffset());
  }
  Dims batch = collect(contraction.batch), m = collect(contraction.m),
       n = collect(contraction.n), k = collect(contraction.k);
  if (!batch.empty())
    inner[0] = takeLargest(batch);
  if (!m.empty())
    inner[1] = takeLargest(m);
  if (!n.empty())
    inner[2] = takeLargest(n);
  if (!k.empty())
    inner[3] = takeLargest(k);
  // A second m or n is a batch whose other operand stands still.
  for (Dims *dims : {&m, &n})
    if (!inner[0] && !dims->empty())
      inner[0] = takeLargest(*dims);

  // The sum goes on over the calls of surplus k dimensions.
  if (k.empty())
    if (linalg::FillOp fill = findZeroFill(op, operands[2].buffer)) {
      accumulate = false;
      fill.erase();
    }
  SmallVector<GemmDim> outer;
  for (Dims *dims : {&batch, &m, &n, &k})
    llvm::append_range(outer, *dims);
  emitLoops(outer, offsets);
  op.erase();
}

namespace {
struct ContractionsToGemmPass
    : public mlir::rmsnorm::impl::RMSNormContractionsToGemmBase<
          ContractionsToGemmPass> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.hasPureBufferSemantics())
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      std::optional<Contraction> contraction = matchContraction(op);
      if (!contraction || !llvm::all_of(op->getOperandTypes(), [](Type type) {
            auto memref = dyn_cast<MemRefType>(type);
            return memref && memref.isStrided();
          }))
        continue;
      GemmBuilder(op, *contraction).emit();
      ++numGemms;
    }
  }
};
} // namespace
