//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-booleans-as-bytes: vectors of i1 lie in memory as bytes.

#include "rmsnorm/Conversion/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMBOOLEANSASBYTES
#include "rmsnorm/Conversion/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;

namespace {
/// The vector of bytes for a vector of i1, null for any other type.
VectorType bytesFor(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || !vector.getElementType().isInteger(1))
    return {};
  return vector.clone(IntegerType::get(type.getContext(), 8));
}

Value toBytes(OpBuilder &b, Location loc, Value booleans) {
  return LLVM::ZExtOp::create(b, loc, bytesFor(booleans.getType()), booleans);
}

/// A read of booleans as a read of bytes, of which any but zero is true.
void readBytes(Operation *op) {
  Value result = op->getResult(0);
  VectorType bytes = bytesFor(result.getType());
  OpBuilder b(op);
  // What masked lanes get comes after the address and the mask.
  for (OpOperand &operand : op->getOpOperands().drop_front(
           std::min<unsigned>(2, op->getNumOperands())))
    operand.set(toBytes(b, op->getLoc(), operand.get()));
  result.setType(bytes);
  b.setInsertionPointAfter(op);
  Value zero = LLVM::ZeroOp::create(b, op->getLoc(), bytes);
  auto booleans = LLVM::ICmpOp::create(b, op->getLoc(), LLVM::ICmpPredicate::ne,
                                       result, zero);
  result.replaceAllUsesExcept(booleans, booleans);
}

struct BooleansAsBytesPass
    : public mlir::rmsnorm::impl::RMSNormBooleansAsBytesBase<
          BooleansAsBytesPass> {
  void runOnOperation() override {
    SmallVector<Operation *> reads, writes;
    getOperation()->walk([&](Operation *op) {
      if (isa<LLVM::LoadOp, LLVM::MaskedLoadOp, LLVM::masked_gather>(op)) {
        if (bytesFor(op->getResult(0).getType()))
          reads.push_back(op);
      } else if (isa<LLVM::StoreOp, LLVM::MaskedStoreOp, LLVM::masked_scatter>(
                     op)) {
        if (bytesFor(op->getOperand(0).getType()))
          writes.push_back(op);
      }
    });
    for (Operation *op : reads)
      readBytes(op);
    for (Operation *op : writes) {
      OpBuilder b(op);
      op->setOperand(0, toBytes(b, op->getLoc(), op->getOperand(0)));
    }
  }
};
} // namespace
