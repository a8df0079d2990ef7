//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormDecompose : Pass<"rmsnorm-decompose"> {
  let summary = "Decompose rms_norm into linalg in the compute type.";
  let description = [{
    Replaces each `rmsnorm.rms_norm` by what it means: a `linalg.generic` that
    sums the squares of a row, and a `linalg.generic` that divides, scales and
    rounds once. Nothing is approximated; the rounding points stay where the
    operation has them.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [
    Statistic<"numDecomposed", "num-decomposed", "Number of rms_norm operations decomposed">
  ];
}

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD
