//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_HOSTOPS_TD
#define RMSNORM_DIALECT_RMSNORM_IR_HOSTOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormBase.td"

def RMSNorm_ParallelCallOp : RMSNorm_Op<"parallel_call", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a function over ranges of an index space, in parallel.";
  let description = [{
    Calls `callee(begin, end, arguments...)` for ranges that together cover
    [0, `count`), each index once, on any number of threads, in any order;
    returns when all are done. `grain` is the smallest range worth scheduling,
    `work` an estimate of the whole loop's nanoseconds, by which the runtime decides whether
    to use threads at all.

    ```mlir
    func.func private @kernel(index, index, memref<?x8xf32>, memref<?x8xf32>)
    func.func @rows(%x: memref<?x8xf32>, %y: memref<?x8xf32>, %count: index, %grain: index, %work: index) {
      rmsnorm.parallel_call @kernel(%count, %grain, %work) args(%x, %y) : memref<?x8xf32>, memref<?x8xf32>
      return
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Index:$count, Index:$grain,
                       Index:$work, Variadic<AnyType>:$arguments);
  let assemblyFormat = [{
    $callee `(` $count `,` $grain `,` $work `)` `args` `(` $arguments `)`
    attr-dict (`:` type($arguments)^)?
  }];
}

def RMSNorm_GemmOp : RMSNorm_Op<"gemm", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Matrix multiplication by the runtime's library.";
  let description = [{
    `c[batch, m, n] (+)= sum over k of a[batch, m, k] * b[batch, k, n]`, with any
    strides. `a_dims`, `b_dims` and `c_dims` give the positions of (batch, m, k),
    (batch, k, n) and (batch, m, n) in the operands' dimensions; -1 is an extent 1 (or, for a
    batch, one matrix for all). Accumulates in f32, or in f64 for f64 operands.

    ```mlir
    rmsnorm.gemm ins(%a, %b : memref<4x8xf32>, memref<8x16xf32>) outs(%c : memref<4x16xf32>)
      {a_dims = array<i64: -1, 0, 1>, b_dims = array<i64: -1, 0, 1>, c_dims = array<i64: -1, 0, 1>}
    ```
  }];
  let arguments = (ins AnyStridedMemRef:$a, AnyStridedMemRef:$b, AnyStridedMemRef:$c,
                       DenseI64ArrayAttr:$a_dims, DenseI64ArrayAttr:$b_dims,
                       DenseI64ArrayAttr:$c_dims, UnitAttr:$accumulate);
  let assemblyFormat = [{
    `ins` `(` $a `,` $b `:` type($a) `,` type($b) `)` `outs` `(` $c `:` type($c) `)` attr-dict
  }];
  let hasVerifier = 1;
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_HOSTOPS_TD
