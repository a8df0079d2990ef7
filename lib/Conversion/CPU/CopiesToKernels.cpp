//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-copies-to-kernels: copies between buffers become row kernels, so
/// that they are vectorised and shared out like any other; strided ones would
/// else become calls of a library function.

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMCOPIESTOKERNELS
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

/// `buffer` as one dimension, which it must have without gaps.
static Value flatten(ImplicitLocOpBuilder &b, Value buffer) {
  int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
  if (rank == 1)
    return buffer;
  ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return memref::CollapseShapeOp::create(b, buffer,
                                         ArrayRef<ReassociationIndices>{all});
}

static void convert(memref::CopyOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value source = op.getSource(), target = op.getTarget();
  auto type = cast<MemRefType>(target.getType());
  if (type.getRank() == 0) {
    memref::StoreOp::create(b, memref::LoadOp::create(b, source), target);
    op.erase();
    return;
  }
  // Row kernels are of numbers; others are copied by loops.
  if (!type.getElementType().isIntOrIndexOrFloat()) {
    linalg::CopyOp::create(b, source, target);
    op.erase();
    return;
  }
  if (cast<MemRefType>(source.getType()).getLayout().isIdentity() &&
      type.getLayout().isIdentity()) {
    source = flatten(b, source);
    target = flatten(b, target);
    type = cast<MemRefType>(target.getType());
  }
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(type.getRank(), b.getContext());
  SmallVector<StringRef> iterators(type.getRank(), "parallel");
  auto kernel =
      RowKernelOp::create(b, TypeRange(), source, target,
                          b.getAffineMapArrayAttr({identity, identity}),
                          b.getStrArrayAttr(iterators), b.getStringAttr("copy"),
                          /*gathers=*/DenseI64ArrayAttr());
  Block *body = b.createBlock(&kernel.getBody());
  Value element = body->addArgument(type.getElementType(), op.getLoc());
  YieldOp::create(b, element);
  op.erase();
}

namespace {
struct CopiesToKernelsPass
    : public mlir::rmsnorm::impl::RMSNormCopiesToKernelsBase<
          CopiesToKernelsPass> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp op) {
      if (isa<MemRefType>(op.getSource().getType()) &&
          isa<MemRefType>(op.getTarget().getType()))
        copies.push_back(op);
    });
    for (memref::CopyOp op : copies) {
      if (op.getSource() == op.getTarget())
        op.erase();
      else
        convert(op);
    }
    numCopies += copies.size();
  }
};
} // namespace
