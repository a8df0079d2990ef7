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
    16 steps, masked tails, short rows kept in registers. What one pass over a longer
    row computes and a later one needs again (a rounded product, say) stays in a
    row on the thread's stack, of 32 KiB at most, where computing it again would
    take more than reading it. A maximum of magnitudes is one of integers. Where most
    rows are of bf16, one vector takes the even elements of twice as many as it has
    lanes, and the next one the odd ones: they are halves of 32-bit integers, which a
    shift and a mask take apart. Where
    the innermost dimension is not part of the row (a channels-first norm), every
    vector lane has a row of its own. Operands with an inner stride other
    than 1 make the kernel scalar. An index that a row is looked up by, and the divisor of an
    integer division, are checked by a `cf.assert` (once per row or vector where
    they are the same for all of it), which fails the call.
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "256",
           "Width of the target's vector registers in bits">
  ];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
  let statistics = [
    Statistic<"numKernels", "num-kernels", "Number of row kernels lowered">,
    Statistic<"numScalar", "num-scalar", "Number of row kernels lowered without vectors">,
    Statistic<"numKept", "num-kept", "Number of rows of values kept between passes">
  ];
}

def RMSNormPrepareEntries : Pass<"rmsnorm-prepare-entries", "::mlir::ModuleOp"> {
  let summary = "Give every public function the shape of an artifact's entry.";
  let description = [{
    On tensors, after fusion. For each public function:
    - tensor arguments become buffers that are only read; those that only row
      kernels read may have any outer strides, the others are contiguous;
    - constants larger than `constant-threshold` bytes become further arguments, so
      that weights go to the artifact's data section and not through code
      generation; their values are collected in the module's attribute
      `rmsnorm.constants`;
    - results become buffers provided by the caller;
    - a function `rmsn_shape_<name>` computes the results' extents from those of
      the arguments.

    What the artifact's manifest has to say of the function is left on it as
    the attribute `rmsnorm.signature`. An argument or result has the name that its
    attribute `rmsnorm.name` says, and unsigned integers if it has `rmsnorm.unsigned`.
  }];
  let options = [
    Option<"constantThreshold", "constant-threshold", "int64_t", "64",
           "Constants of at least this many bytes become arguments">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def RMSNormForwardCopies : Pass<"rmsnorm-forward-copies"> {
  let summary = "Let row kernels write to where their results are copied.";
  let description = [{
    On buffers, before deallocation is inserted. Where the result of a
    `rmsnorm.row_kernel` is only copied into a part of another buffer, and nothing touches that
    part between the kernel and the copy, the kernel writes there itself. Bufferization
    does this for one result in a concatenation, but not for several results of one
    kernel (a rotary embedding's halves).
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numForwarded", "num-forwarded", "Number of copies that were not needed">
  ];
}

def RMSNormConvertToLLVM : Pass<"rmsnorm-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Convert what compiled code asks of the runtime to calls.";
  let description = [{
    `rmsnorm.parallel_call`, `rmsnorm.gemm` and `cf.assert` become calls of the external
    functions `rmsn_parallel_for`, `rmsn_matmul` and `rmsn_assert`, their operands packed
    in memory; `rmsnorm-bind-host` later reaches them through the host's
    table. Upstream's conversions to the LLVM dialect run between the two.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

def RMSNormBindHost : Pass<"rmsnorm-bind-host", "::mlir::ModuleOp"> {
  let summary = "Reach allocation, parallel loops, matmul and failure through the host's table.";
  let description = [{
    On the LLVM dialect. Every function gets the table `rmsn_host` of
    blob_abi.h as its first argument and returns a status. Calls of the external functions
    `aligned_alloc`, `malloc`, `free`, `rmsn_parallel_for`, `rmsn_matmul` and
    `rmsn_assert` become calls through the table, each followed by a return when
    it failed. For each function with `rmsnorm.signature` an entry
    `rmsn_entry_<name>(host, args, results)` is made. Afterwards nothing is
    imported; a call of any other external function is an error that names it.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def RMSNormContractionsToGemm : Pass<"rmsnorm-contractions-to-gemm"> {
  let summary = "Matrix multiplications on buffers by the runtime's library.";
  let description = [{
    A linalg operation on memrefs that is a contraction of floats (matmul,
    batch_matmul, matvec, contract, a generic with that body) becomes
    `rmsnorm.gemm`. Dimensions of one kind that lie behind one another in every operand
    become one; a kind that still has several gets loops around the call,
    its largest dimension staying inside. Zeros filled into the result just before are
    left to the call. Contractions of integers, or of types that the library would compute
    in another precision, are left alone.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::rmsnorm::RMSNormDialect"];
  let statistics = [Statistic<"numGemms", "num-gemms", "Number of contractions converted">];
}

def RMSNormCopiesToKernels : Pass<"rmsnorm-copies-to-kernels"> {
  let summary = "Copies between buffers as row kernels.";
  let description = [{
    `memref.copy` becomes an elementwise `rmsnorm.row_kernel`, in one dimension where both
    sides are contiguous; a single element is loaded and stored. Elements that are no numbers
    (complex ones, say) are left to `linalg.copy`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::rmsnorm::RMSNormDialect"];
  let statistics = [Statistic<"numCopies", "num-copies", "Number of copies">];
}

def RMSNormOutlineParallelLoops : Pass<"rmsnorm-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "Parallel loops as functions over a range that the runtime schedules.";
  let description = [{
    Each outermost `scf.parallel` without results becomes a private function `(begin, end,
    trip counts..., captured values...)` and a `rmsnorm.parallel_call` of it. An item
    of the range is one index of each outer dimension and up to 1024 of the innermost one, so that the
    innermost loop can be vectorised; operations that do not depend on that loop, checks
    included, are done once per item.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::scf::SCFDialect", "::mlir::rmsnorm::RMSNormDialect"];
  let statistics = [Statistic<"numLoops", "num-loops", "Number of loops outlined">];
}

def RMSNormCropBeforePad : Pass<"rmsnorm-crop-before-pad"> {
  let summary = "A padding by a negative number is one of a slice.";
  let description = [{
    To be run first: MLIR folds a `tensor.pad` whose result has its source's shape, and that of
    `low[2] high[-2]` has.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def RMSNormDecomposeTensorOps : Pass<"rmsnorm-decompose-tensor-ops"> {
  let summary = "Concatenation, padding, softmax and convolution in simpler operations.";
  let description = [{
    A `tensor.concat` first moves behind the elementwise operations that read it, so that each
    piece is computed where it is needed (the halves of a rotary embedding); pieces of a row
    become equal ones, alternating elements slices with a step. Then
    `tensor.concat` of up to 32 pieces and `tensor.pad` become insertions into a new tensor
    (more pieces are left to the bufferization, which copies them, each once),
    `linalg.softmax` its four steps, a convolution of floats (any number of dimensions, strides,
    dilations, groups, layouts) the gather of its windows and a matrix multiplication,
    or, where no channels are summed, a sum of shifted images.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def RMSNormPrepareContractions : Pass<"rmsnorm-prepare-contractions"> {
  let summary = "Matrix multiplications that read their operands where they are.";
  let description = [{
    On tensors, before fusion. Every contraction of floats becomes a `linalg.contract`
    whose indexing maps take in what only rearranges an operand: transposes,
    broadcasts (of a batch, of the heads of grouped-query attention), generics
    that permute, reshapes between them, exact widening from f16 or bf16 to f32. No weight
    is copied. A transposition of the result that keeps the innermost dimension is
    taken in as well. Contractions of other types, and reductions that are not
    contractions, are left alone.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RMSNormGuardDivisions : Pass<"rmsnorm-guard-divisions"> {
  let summary = "Integer divisions that cannot end the process.";
  let description = [{
    Before a division or remainder of integers by a number that is only known at run time stands a
    `cf.assert` that it is not zero; the code of a row kernel gets its checks when it is emitted
    (`rmsnorm-lower-row-kernels`). The quotient of the smallest number by -1, which traps on
    x86, becomes the negated number, which wraps around. Divisions by other constants, and of
    vectors, are left alone.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect"];
  let statistics = [Statistic<"numGuarded", "num-guarded", "Number of divisions guarded">];
}

def RMSNormGuardAccesses : Pass<"rmsnorm-guard-accesses"> {
  let summary = "No element outside a tensor is read or written.";
  let description = [{
    On tensors: before a `tensor.extract` or `tensor.insert` at an index that cannot be proved to
    be inside stands a `cf.assert` that it is; likewise before a slice whose offset, size
    or stride is only known at run time. Indices of loops over the tensor's own extents and
    constants cost nothing. The rows that row kernels look up are checked by their own code
    (`rmsnorm-lower-row-kernels`).

    ```mlir
    func.func @element(%t: tensor<?xf32>, %i: index) -> f32 {
      %e = tensor.extract %t[%i] : tensor<?xf32>
      return %e : f32
    }
    ```

    becomes

    ```mlir
    func.func @element(%t: tensor<?xf32>, %i: index) -> f32 {
      %c0 = arith.constant 0 : index
      %extent = tensor.dim %t, %c0 : tensor<?xf32>
      %inside = arith.cmpi ult, %i, %extent : index
      cf.assert %inside, "index out of range of the tensor that it is an index of"
      %e = tensor.extract %t[%i] : tensor<?xf32>
      return %e : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numGuarded", "num-guarded", "Number of checks">];
}

def RMSNormSeparateInits : Pass<"rmsnorm-separate-inits"> {
  let summary = "A destination of its own for every operation.";
  let description = [{
    On tensors, just before bufferization and after the last CSE: a `tensor.empty`, or the
    fill of one, that is the destination of several operations is made again for each, directly
    before it, so that none needs a copy of it and a multiplication finds
    its zeros.
  }];
  let statistics = [Statistic<"numSeparated", "num-separated", "Number of destinations made">];
}

#endif // RMSNORM_CONVERSION_CPU_PASSES_TD
