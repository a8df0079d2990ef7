//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_CONVERSION_PASSES_TD
#define RMSNORM_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormExpandMath : Pass<"rmsnorm-expand-math"> {
  let summary = "Expand functions of the math dialect into arithmetic.";
  let description = [{
    Replaces the functions of the math dialect (and `arith.remf`) on scalars and
    vectors of f16, bf16, f32 and f64 by branch-free arithmetic that every
    target has instructions for: no call is left, on the CPU or on the GPU, and
    vectors stay vectors. What remains is `arith`, and of `math` only fma, sqrt,
    absf, copysign, floor, ceil, trunc and roundeven.

    Results are within 2 ulp over the whole range, denormal results included;
    special values are those of C99 Annex F. sin, cos and tan are within 2 ulp
    for arguments up to 2^50 (about 1e15) in magnitude; finite arguments beyond
    count as zero, so that the result stays in range. f16 and bf16 compute in f32 and
    round once. A constant integer exponent becomes multiplications as PyTorch
    has them. `arith.remf` on f64 becomes a loop (`scf.while`), of one round as
    a rule; everything else is straight-line code.

    Tensors and other element types are left alone, with a remark.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cpu\"",
           "cpu, avx512 or gpu: all get the same arithmetic, but for the powers of two in "
           "exponentials, for which AVX-512 has an instruction. Any other name is refused.">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
  let statistics = [
    Statistic<"numExpanded", "num-expanded", "Number of operations expanded">
  ];
}

def RMSNormExpandNarrowFloats : Pass<"rmsnorm-expand-narrow-floats"> {
  let summary = "Expand arithmetic and conversions of f16, bf16 and f8.";
  let description = [{
    Arithmetic on f16 and bf16 becomes f32 arithmetic with a rounding after each
    operation. Each rounding is part of the meaning: none of the casts carries a
    fastmath flag, so that no later folding drops one.

    Conversions: f32 to bf16 on the bits, to nearest even, NaN staying a
    NaN and denormals exact (nothing is asked about NaN where one can only come from bf16 and
    from arithmetic, as its payload then survives the rounding); bf16 to f32 by a shift; f64 to f16 and bf16 in one
    correct rounding (through f32 rounded to odd); f32 to and from f16 by the
    instructions of the target; f8E4M3FN and f8E5M2 on the bits, with overflow
    to NaN and to infinity respectively, as `arith.truncf` folds constants.
    Integers reach the half types through f32, as in PyTorch.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cpu\"",
           "cpu, or gpu: f32 to bf16 stays the target's own instruction.">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
  let statistics = [
    Statistic<"numExpanded", "num-expanded", "Number of operations expanded">
  ];
}

def RMSNormBF16AsIntegers : Pass<"rmsnorm-bf16-as-integers"> {
  let summary = "Replace the type bf16 by i16 in the LLVM dialect.";
  let description = [{
    After `rmsnorm-expand-narrow-floats` a bf16 is only carried about. The x86
    back end of LLVM 22 nevertheless carries a vector of bf16 from one block to
    another, or through a masked load or store, by way of f32, and calls
    `__truncsfbf2` for each lane. As i16 the same moves are moves.

    Runs on the LLVM dialect, functions and globals included. An operation that
    computes with bf16 is an error.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def RMSNormBooleansAsBytes : Pass<"rmsnorm-booleans-as-bytes"> {
  let summary = "Read and write vectors of i1 as bytes in the LLVM dialect.";
  let description = [{
    A buffer of i1 has a byte for each element, which is where a scalar access
    looks. A vector of i1, however, LLVM packs into bits when it is loaded or
    stored: kernels with different vector lengths then disagree about the same
    buffer. Loads, stores, their masked forms, gathers and scatters of vectors
    of i1 become those of bytes: zero is false, anything else read is true, and
    1 is written.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // RMSNORM_CONVERSION_PASSES_TD
