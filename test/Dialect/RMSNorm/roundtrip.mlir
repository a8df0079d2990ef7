// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --mlir-print-op-generic | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --emit-bytecode | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --mlir-print-debuginfo --emit-bytecode | rmsnorm-opt --emit-bytecode | rmsnorm-opt | FileCheck %s

//===----------------------------------------------------------------------===//
// rms_norm: operands
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @plain
// CHECK: rmsnorm.rms_norm axes = [1] eps = 1.0e-06 ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf32>){{$}}
func.func @plain(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: @result_types_spelled_out
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf32>){{$}}
func.func @result_types_spelled_out(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: @everything
// CHECK: %{{.*}}:2 = rmsnorm.rms_norm axes = [0, 2] eps = 1.0e-05 eps_mode = clamp min_rms = 1.0e-40 compute_type = f64
// CHECK-SAME: ins(%{{.*}}, scale %{{.*}}, bias %{{.*}} : tensor<?x5x?xbf16>, tensor<?xf32>, tensor<1x?xf16>)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<?x5x?xf16>, tensor<5xf64>) {note = "kept"}
func.func @everything(%x: tensor<?x5x?xbf16>, %g: tensor<?xf32>, %b: tensor<1x?xf16>, %y: tensor<?x5x?xf16>, %r: tensor<5xf64>) -> (tensor<?x5x?xf16>, tensor<5xf64>) {
  %0:2 = rmsnorm.rms_norm compute_type = f64 min_rms = 1.0e-40 eps_mode = clamp eps = 1.0e-5 axes = [0, 2]
    ins(%x, scale %g, bias %b : tensor<?x5x?xbf16>, tensor<?xf32>, tensor<1x?xf16>)
    outs(%y, %r : tensor<?x5x?xf16>, tensor<5xf64>) {note = "kept"}
  return %0#0, %0#1 : tensor<?x5x?xf16>, tensor<5xf64>
}

// Parameters may come in any order; they are printed in one.
// CHECK-LABEL: @all_parameters
// CHECK: rmsnorm.rms_norm axes = [1] ins(%{{.*}}, scale %arg1, bias %arg2, eps %arg3 : tensor<4x8xf16>, tensor<8xf16>, tensor<8xbf16>, tensor<1xf32>) outs(
func.func @all_parameters(%x: tensor<4x8xf16>, %g: tensor<8xf16>, %b: tensor<8xbf16>, %e: tensor<1xf32>) -> tensor<4x8xf16> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, eps %e, bias %b, scale %g : tensor<4x8xf16>, tensor<1xf32>, tensor<8xbf16>, tensor<8xf16>) outs(%x : tensor<4x8xf16>)
  return %0 : tensor<4x8xf16>
}

// CHECK-LABEL: @bias_alone
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}}, bias %{{.*}} : tensor<4x8xf64>, tensor<8xf64>) outs(
func.func @bias_alone(%x: tensor<4x8xf64>, %b: tensor<8xf64>) -> tensor<4x8xf64> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, bias %b : tensor<4x8xf64>, tensor<8xf64>) outs(%x : tensor<4x8xf64>)
  return %0 : tensor<4x8xf64>
}

// CHECK-LABEL: @scalar_statistic
// CHECK: rmsnorm.rms_norm axes = [0] eps = 0.0e+00 ins(%{{.*}} : tensor<?xf32>) outs(%{{.*}}, %{{.*}} : tensor<?xf32>, tensor<f32>)
func.func @scalar_statistic(%x: tensor<?xf32>, %r: tensor<f32>) -> (tensor<?xf32>, tensor<f32>) {
  %0:2 = rmsnorm.rms_norm axes = [0] ins(%x : tensor<?xf32>) outs(%x, %r : tensor<?xf32>, tensor<f32>)
  return %0#0, %0#1 : tensor<?xf32>, tensor<f32>
}

// CHECK-LABEL: @memrefs
// CHECK: rmsnorm.rms_norm axes = [1] ins(%{{.*}}, eps %{{.*}} : memref<4x8xf32, strided<[?, 2], offset: ?>>, memref<8xf32>) outs(%{{.*}} : memref<4x8xf32>)
func.func @memrefs(%x: memref<4x8xf32, strided<[?, 2], offset: ?>>, %e: memref<8xf32>, %y: memref<4x8xf32>) {
  rmsnorm.rms_norm {axes = [1]} ins(%x, eps %e : memref<4x8xf32, strided<[?, 2], offset: ?>>, memref<8xf32>) outs(%y : memref<4x8xf32>)
  return
}

//===----------------------------------------------------------------------===//
// rms_norm: attributes
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @dictionary
// CHECK: rmsnorm.rms_norm axes = [2, 0] eps = 1.0e-05 eps_mode = outside min_rms = 5.0e-01 compute_type = f64 ins(
func.func @dictionary(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = rmsnorm.rms_norm {axes = [2, 0], eps = 1.0e-5 : f64, eps_mode = "outside", min_rms = 0.5, compute_type = f64}
    ins(%x : tensor<2x3x4xf32>) outs(%x : tensor<2x3x4xf32>)
  return %0 : tensor<2x3x4xf32>
}

// Numbers survive to the last bit.
// CHECK-LABEL: @exact_numbers
// CHECK: eps = 1.0000000000000002e-06 min_rms = 5.0e-324 ins(
// CHECK: eps = 9.999999747378752e-06 ins(
func.func @exact_numbers(%x: tensor<4x8xf64>) -> tensor<4x8xf64> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0000000000000002e-06 min_rms = 4.9406564584124654e-324 ins(%x : tensor<4x8xf64>) outs(%x : tensor<4x8xf64>)
  %1 = rmsnorm.rms_norm {axes = [1], eps = 1.0e-5 : f32} ins(%0 : tensor<4x8xf64>) outs(%0 : tensor<4x8xf64>)
  return %1 : tensor<4x8xf64>
}

// Defaults, spelled out or not, are the same operation.
// CHECK-LABEL: @defaults
// CHECK-COUNT-2: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf32>){{$}}
func.func @defaults(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  %1 = rmsnorm.rms_norm axes = [1] eps = 0.0 eps_mode = inside min_rms = 0.0 ins(%0 : tensor<4x8xf32>) outs(%0 : tensor<4x8xf32>)
  return %1 : tensor<4x8xf32>
}

//===----------------------------------------------------------------------===//
// row_kernel
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @kernel
// CHECK: rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"] maps = [#{{.*}}, #{{.*}}, #{{.*}}] ins(%{{.*}} : tensor<4x8xbf16>) outs(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4xf32>) attributes {note = 1 : i64} {
// CHECK-NEXT: ^bb0(%[[A:.*]]: bf16):
// CHECK: %[[S:.*]] = rmsnorm.reduce add %{{.*}} : f32
// CHECK: rmsnorm.yield %{{.*}}, %[[S]] : f32, f32
func.func @kernel(%x: tensor<4x8xbf16>, %y: tensor<4x8xf32>, %r: tensor<4xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %0:2 = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>]
    ins(%x : tensor<4x8xbf16>) outs(%y, %r : tensor<4x8xf32>, tensor<4xf32>) attributes {note = 1 : i64} {
  ^bb0(%a: bf16):
    %e = arith.extf %a : bf16 to f32
    %s = arith.mulf %e, %e : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %e, %t : f32
    rmsnorm.yield %u, %t : f32, f32
  }
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<4xf32>
}

// CHECK-LABEL: @kernel_without_inputs
// CHECK: rmsnorm.row_kernel iterators = ["parallel"] maps = [#{{.*}}] ins() outs(%{{.*}} : memref<?xf32>) {
func.func @kernel_without_inputs(%y: memref<?xf32>) {
  rmsnorm.row_kernel iterators = ["parallel"] maps = [affine_map<(r) -> (r)>] ins() outs(%y : memref<?xf32>) {
    %c = arith.constant 1.0 : f32
    rmsnorm.yield %c : f32
  }
  return
}

// CHECK-LABEL: @kernel_of_all_reductions
// CHECK: rmsnorm.row_kernel iterators = ["reduction", "parallel"]
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : memref<?x?xf64>, i64)
// CHECK: rmsnorm.reduce maximum
// CHECK: rmsnorm.reduce minimum
func.func @kernel_of_all_reductions(%x: memref<?x?xf64>, %n: i64, %r: memref<?xf64>) {
  rmsnorm.row_kernel iterators = ["reduction", "parallel"]
    maps = [affine_map<(c, r) -> (c, r)>, affine_map<(c, r) -> ()>, affine_map<(c, r) -> (r)>]
    ins(%x, %n : memref<?x?xf64>, i64) outs(%r : memref<?xf64>) {
  ^bb0(%a: f64, %k: i64):
    %h = rmsnorm.reduce maximum %a : f64
    %l = rmsnorm.reduce minimum %a : f64
    %d = arith.subf %h, %l : f64
    rmsnorm.yield %d : f64
  }
  return
}

//===----------------------------------------------------------------------===//
// The host's operations
//===----------------------------------------------------------------------===//

func.func private @callee(index, index, memref<?x8xf32>)

// CHECK-LABEL: @host
// CHECK: rmsnorm.parallel_call @callee(%{{.*}}, %{{.*}}, %{{.*}}) args(%{{.*}}) : memref<?x8xf32>
// CHECK: rmsnorm.gemm ins(%{{.*}}, %{{.*}} : memref<?x8xf32>, memref<8x16xf32>) outs(%{{.*}} : memref<?x16xf32>) {a_dims = array<i64: -1, 0, 1>, accumulate, b_dims = array<i64: -1, 0, 1>, c_dims = array<i64: -1, 0, 1>}
func.func @host(%n: index, %a: memref<?x8xf32>, %b: memref<8x16xf32>, %c: memref<?x16xf32>) {
  rmsnorm.parallel_call @callee(%n, %n, %n) args(%a) : memref<?x8xf32>
  rmsnorm.gemm ins(%a, %b : memref<?x8xf32>, memref<8x16xf32>) outs(%c : memref<?x16xf32>)
    {a_dims = array<i64: -1, 0, 1>, b_dims = array<i64: -1, 0, 1>, c_dims = array<i64: -1, 0, 1>, accumulate}
  return
}
