//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-bf16-as-integers: the LLVM dialect without the type bf16.

#include "rmsnorm/Conversion/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AttrTypeSubElements.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMBF16ASINTEGERS
#include "rmsnorm/Conversion/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;

namespace {
/// Operations that only carry bits from one place to another.
bool isMove(Operation *op) {
  return isa<LLVM::LoadOp, LLVM::StoreOp, LLVM::BitcastOp, LLVM::SelectOp,
             LLVM::FreezeOp, LLVM::BrOp, LLVM::CondBrOp, LLVM::SwitchOp,
             LLVM::CallOp, LLVM::ReturnOp, LLVM::InsertValueOp,
             LLVM::ExtractValueOp, LLVM::InsertElementOp,
             LLVM::ExtractElementOp, LLVM::ShuffleVectorOp, LLVM::ConstantOp,
             LLVM::UndefOp, LLVM::PoisonOp, LLVM::ZeroOp, LLVM::MaskedLoadOp,
             LLVM::MaskedStoreOp, LLVM::masked_gather, LLVM::masked_scatter,
             LLVM::vector_insert, LLVM::vector_extract>(op);
}

bool mentionsBF16(Type type) {
  return type.walk([](BFloat16Type) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

bool touchesBF16(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), mentionsBF16) ||
         llvm::any_of(op->getResultTypes(), mentionsBF16);
}

struct BF16AsIntegersPass
    : public mlir::rmsnorm::impl::RMSNormBF16AsIntegersBase<
          BF16AsIntegersPass> {
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([](Operation *op) {
      if (!touchesBF16(op) || isMove(op))
        return WalkResult::advance();
      op->emitError("an operation on bf16 that is no mere move; expected "
                    "rmsnorm-expand-narrow-floats and the conversion to the "
                    "LLVM dialect to have run");
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return signalPassFailure();

    Type integer = IntegerType::get(&getContext(), 16);
    AttrTypeReplacer replacer;
    replacer.addReplacement(
        [integer](BFloat16Type) -> Type { return integer; });
    replacer.addReplacement(
        [integer](FloatAttr attr) -> std::optional<Attribute> {
          if (!attr.getType().isBF16())
            return std::nullopt;
          return IntegerAttr::get(integer, attr.getValue().bitcastToAPInt());
        });
    replacer.addReplacement(
        [integer](DenseElementsAttr attr) -> std::optional<Attribute> {
          if (!attr.getElementType().isBF16())
            return std::nullopt;
          return attr.bitcast(integer);
        });
    getOperation()->walk([&](Operation *op) {
      // What others attached (an entry's signature, say) speaks of the types
      // that the caller sees.
      DictionaryAttr attached = op->getDiscardableAttrDictionary();
      replacer.replaceElementsIn(op, /*replaceAttrs=*/true,
                                 /*replaceLocs=*/false, /*replaceTypes=*/true);
      op->setDiscardableAttrs(attached);
    });
  }
};
} // namespace
