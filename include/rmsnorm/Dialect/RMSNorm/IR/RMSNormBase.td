//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBASE_TD
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBASE_TD

include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def RMSNorm_Dialect : Dialect {
  let name = "rmsnorm";
  let cppNamespace = "::mlir::rmsnorm";
  let summary = "RMS normalisation: what it means, and the row kernels made of it.";
  let description = [{
    `rmsnorm.rms_norm` says only what the normalisation means. Everything around
    it (residual additions, weights applied after a rounding, gates, casts)
    stays ordinary `linalg` with its own explicit roundings.

    `rmsnorm.row_kernel` is what fusion makes of a norm and its neighbours: one
    pass over the rows in which every tensor is read once and written once. It
    is the one form from which both the CPU and the GPU code is generated.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
}

class RMSNorm_Op<string mnemonic, list<Trait> traits = []>
    : Op<RMSNorm_Dialect, mnemonic, traits>;

def RMSNorm_RankedTensorOrMemRef
    : AnyTypeOf<[AnyRankedTensor, AnyMemRef], "ranked tensor or memref",
                "::mlir::ShapedType">;

def RMSNorm_EpsModeAttr : I32EnumAttr<"EpsMode", "where epsilon enters the denominator", [
    I32EnumAttrCase<"Inside", 0, "inside">,
    I32EnumAttrCase<"Clamp", 1, "clamp">,
    I32EnumAttrCase<"Outside", 2, "outside">
  ]> {
  let cppNamespace = "::mlir::rmsnorm";
}

def RMSNorm_ReduceKindAttr : I32EnumAttr<"ReduceKind", "how a row is combined", [
    I32EnumAttrCase<"Add", 0, "add">,
    I32EnumAttrCase<"Maximum", 1, "maximum">,
    I32EnumAttrCase<"Minimum", 2, "minimum">
  ]> {
  let cppNamespace = "::mlir::rmsnorm";
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBASE_TD
