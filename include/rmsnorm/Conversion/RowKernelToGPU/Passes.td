//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_CONVERSION_ROWKERNELTOGPU_PASSES_TD
#define RMSNORM_CONVERSION_ROWKERNELTOGPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def RowKernelToGPU : Pass<"rmsnorm-row-kernel-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Generate a GPU kernel for each row kernel.";
  let description = [{
    Adds a `gpu.module @rmsnorm_kernels` with one `gpu.func` for each different
    `rmsnorm.row_kernel` of the module. The row kernels stay where they are and get the
    attribute `rmsnorm.gpu_kernel`, a reference to their kernel: the runtime
    launches kernels from the artifact's description, not from host code.

    Parameters of a kernel: for each operand (inputs, then outputs) a pointer to element 0 and one
    i64 stride in elements per dimension, or the value of a scalar; then the i64
    extents of the iteration space, row dimensions first.
    Its attribute `rmsnorm.launch` is a dictionary that says how to launch it:

    | entry | meaning |
    |---|---|
    | `operand_types` | type of each operand, inputs first |
    | `indexing_maps` | for each operand, from the kernel's iteration space (row dimensions first) to its dimensions |
    | `num_inputs` | how many of them are inputs |
    | `extent_operand`, `extent_dim` | extent k of the space is extent `extent_dim[k]` of operand `extent_operand[k]` |
    | `num_row_dims` | how many of the extents are those of the rows |
    | `rows_per_block`, `block_x`, `cluster_x`, `shared_bytes` | the launch: `ceil(rows / rows_per_block)` blocks of `block_x` threads, `shared_bytes` of dynamic shared memory |
    | `description` | for people |

    Configuration depends on the row's length, the types and the fused operands, never on
    the number of rows. Sums are taken pairwise in a tree that depends on the configuration alone.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numKernels", "num-kernels", "Number of GPU kernels made">,
    Statistic<"numShared", "num-shared", "Number of row kernels that use another's GPU kernel">
  ];
}

def PrepareLaunches : Pass<"rmsnorm-prepare-launches", "::mlir::func::FuncOp"> {
  let summary = "Move into row kernels what a list of launches cannot do.";
  let description = [{
    On a GPU a function is a list of launches, with nothing computed in between. Three things that fusion leaves
    next to row kernels are moved into them:

    - the number of elements of a row whose extent is known only in a call: a kernel with that number as an operand
      adds it up, as a sum of ones (exact up to 2^24 elements in f32);
    - what is returned more than once: the kernel gets a further output for each repetition;
    - an elementwise operation on a single number that a kernel sums over everything.

    What it cannot move stays, and the function has no GPU code.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numCounts", "num-counts", "Number of counts that kernels take themselves">,
    Statistic<"numRepeated", "num-repeated", "Number of outputs added for repeated results">,
    Statistic<"numMerged", "num-merged", "Number of operations on single numbers merged">
  ];
}

def GPUToNVVM : Pass<"rmsnorm-gpu-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Lower a GPU module of kernels to NVVM without libdevice.";
  let description = [{
    Converts arith, cf, math, memref, vector and gpu operations of a `gpu.module` to
    the LLVM dialect with NVVM intrinsics. Unlike upstream's `convert-gpu-to-nvvm` it never calls
    libdevice: square roots are `llvm.nvvm.sqrt.rn`, `math.rsqrt` is an exact division by one, and a math
    operation that has no instruction is an error (expand it before).
    Structured control flow must have been lowered to `cf`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect"];
}

#endif // RMSNORM_CONVERSION_ROWKERNELTOGPU_PASSES_TD
