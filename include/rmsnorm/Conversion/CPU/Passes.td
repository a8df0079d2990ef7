//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_CONVERSION_CPU_PASSES_TD
#define RMSNORM_CONVERSION_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormLowerRowKernels : Pass<"rmsnorm-lower-row-kernels", "::mlir::ModuleOp"> {
  let summary = "Lower row kernels on buffers to vector code that the runtime schedules.";
  let description = [{
    Turns each `rmsnorm.row_kernel` on memrefs into a private function over a
    range of rows, `(begin, end, operands...)`, and a `rmsnorm.parallel_call` of it.
    Within a row the code is made of vectors along the innermost contiguous dimension:
    several independent accumulators whose partial results move up a tree every
    16 steps, masked tails, short rows kept in registers. Where
    the innermost dimension is not part of the row (a channels-first norm), every
    vector lane has a row of its own. Operands with an inner stride other
    than 1 make the kernel scalar.
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "256",
           "Width of the target's vector registers in bits">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
  let statistics = [
    Statistic<"numKernels", "num-kernels", "Number of row kernels lowered">,
    Statistic<"numScalar", "num-scalar", "Number of row kernels lowered without vectors">
  ];
}

#endif // RMSNORM_CONVERSION_CPU_PASSES_TD
