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

def RMSNormFuse : Pass<"rmsnorm-fuse"> {
  let summary = "Make row kernels of norms and their neighbours.";
  let description = [{
    Each `rmsnorm.rms_norm`, each elementwise linalg operation and each linalg
    reduction along rows becomes a `rmsnorm.row_kernel`; then kernels that pass a
    tensor from one to the other are merged, so that the tensor
    is not written and read in between: residual additions, casts, gates,
    scales after a rounding, softmax. Every rounding
    stays where it was. A result that others need as well becomes a further
    result of the merged kernel, unless computing it twice is cheaper than
    writing and reading it.

    Not merged are kernels over different rows, and expensive work that would
    be repeated. For norms the reason is given in a missed-optimisation remark.
  }];
  let options = [
    Option<"normsOnly", "norms-only", "bool", "false",
           "Leave everything alone that is not an rms_norm">
  ];
  let dependentDialects = ["::mlir::rmsnorm::RMSNormDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numConverted", "num-converted", "Number of operations made into row kernels">,
    Statistic<"numMerged", "num-merged", "Number of row kernels merged into another">,
    Statistic<"numKernels", "num-kernels", "Number of row kernels at the end">,
    Statistic<"numNorms", "num-norms", "Number of norms in them">
  ];
}

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD
