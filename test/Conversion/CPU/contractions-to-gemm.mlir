// RUN: rmsnorm-opt %s --split-input-file --rmsnorm-contractions-to-gemm | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Zeros filled just before are the library's to make.
// CHECK-LABEL: func.func @zeros
// CHECK-NOT: linalg.fill
// CHECK: rmsnorm.gemm
// CHECK-NOT: accumulate
// CHECK-SAME: a_dims = array<i64: -1, 0, 1>, b_dims = array<i64: -1, 0, 1>, c_dims = array<i64: -1, 0, 1>
// CHECK-NOT: linalg
func.func @zeros(%a: memref<4x8xf32>, %b: memref<8x16xf32>, %c: memref<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<4x16xf32>)
  linalg.matmul ins(%a, %b : memref<4x8xf32>, memref<8x16xf32>) outs(%c : memref<4x16xf32>)
  return
}

// -----

// Something reads the zeros in between: they stay.
// CHECK-LABEL: func.func @zeros_seen
// CHECK: linalg.fill
// CHECK: memref.copy
// CHECK: rmsnorm.gemm {{.*}} {a_dims = array<i64: -1, 0, 1>, accumulate
func.func @zeros_seen(%a: memref<4x8xf32>, %b: memref<8x16xf32>, %c: memref<4x16xf32>, %d: memref<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<4x16xf32>)
  memref.copy %c, %d : memref<4x16xf32> to memref<4x16xf32>
  linalg.matmul ins(%a, %b : memref<4x8xf32>, memref<8x16xf32>) outs(%c : memref<4x16xf32>)
  return
}

// -----

// Ones are no zeros, and halves are multiplied as they are.
// CHECK-LABEL: func.func @ones
// CHECK: linalg.fill
// CHECK: rmsnorm.gemm ins({{.*}} : memref<4x8xbf16{{.*}}>, memref<8x16xbf16{{.*}}>) outs({{.*}} : memref<4x16xf32{{.*}}>)
// CHECK-SAME: accumulate
func.func @ones(%a: memref<4x8xbf16>, %b: memref<8x16xbf16>, %c: memref<4x16xf32>) {
  %one = arith.constant 1.0 : f32
  linalg.fill ins(%one : f32) outs(%c : memref<4x16xf32>)
  linalg.matmul ins(%a, %b : memref<4x8xbf16>, memref<8x16xbf16>) outs(%c : memref<4x16xf32>)
  return
}

// -----

// Grouped-query attention: heads of a group and positions lie behind one another, so
// they are one m of extent 3 * 5; the keys are read once per group.
// CHECK-LABEL: func.func @grouped
// CHECK-DAG: %[[A:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [2, 15, 8], strides: [120, 8, 1]
// CHECK-DAG: %[[B:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [2, 8, 7], strides: [56, 1, 8]
// CHECK-DAG: %[[C:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [2, 15, 7], strides: [105, 7, 1]
// CHECK: rmsnorm.gemm ins(%[[A]], %[[B]] :
// CHECK-SAME: outs(%[[C]] :
func.func @grouped(%q: memref<2x3x5x8xf32>, %k: memref<2x7x8xf32>, %s: memref<2x3x5x7xf32>) {
  linalg.contract indexing_maps = [affine_map<(g, h, i, j, d) -> (g, h, i, d)>, affine_map<(g, h, i, j, d) -> (g, j, d)>, affine_map<(g, h, i, j, d) -> (g, h, i, j)>]
    ins(%q, %k : memref<2x3x5x8xf32>, memref<2x7x8xf32>) outs(%s : memref<2x3x5x7xf32>)
  return
}

// -----

// Dimensions of one kind that do not lie behind one another: one is the call's, one
// its batch, the third a loop.
// CHECK-LABEL: func.func @apart
// CHECK: scf.for
// CHECK: %[[C:.*]] = memref.reinterpret_cast {{.*}} sizes: [4, 6, 7], strides: [3, 12, 72]
// CHECK: rmsnorm.gemm {{.*}} outs(%[[C]]
// CHECK-SAME: a_dims = array<i64: 0, 1, 2>
// CHECK-SAME: b_dims = array<i64: -1, 0, 1>
func.func @apart(%a: memref<3x4x6x5xf32>, %b: memref<5x7xf32>, %c: memref<7x6x4x3xf32>) {
  linalg.contract indexing_maps = [affine_map<(p, q, i, j, k) -> (p, q, i, k)>, affine_map<(p, q, i, j, k) -> (k, j)>, affine_map<(p, q, i, j, k) -> (j, i, q, p)>]
    ins(%a, %b : memref<3x4x6x5xf32>, memref<5x7xf32>) outs(%c : memref<7x6x4x3xf32>)
  return
}

// -----

// Two sums that are not one: each call goes on where the last one ended.
// CHECK-LABEL: func.func @two_sums
// CHECK: linalg.fill
// CHECK: scf.for
// CHECK: rmsnorm.gemm
// CHECK-SAME: accumulate
func.func @two_sums(%a: memref<4x5x6xf32>, %b: memref<6x5x8xf32>, %c: memref<4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<4x8xf32>)
  linalg.contract indexing_maps = [affine_map<(i, j, p, q) -> (i, p, q)>, affine_map<(i, j, p, q) -> (q, p, j)>, affine_map<(i, j, p, q) -> (i, j)>]
    ins(%a, %b : memref<4x5x6xf32>, memref<6x5x8xf32>) outs(%c : memref<4x8xf32>)
  return
}

// -----

// Extents known only at run time, contiguous: batch and rows become one.
// CHECK-LABEL: func.func @dynamic
// CHECK: %[[M:.*]] = arith.muli
// CHECK: memref.reinterpret_cast {{.*}} sizes: [%[[M]], 8], strides: [8, 1]
// CHECK-NOT: scf.for
// CHECK: rmsnorm.gemm
// CHECK-NOT: scf.for
func.func @dynamic(%a: memref<?x?x8xf32>, %b: memref<16x8xf32>, %c: memref<?x?x16xf32>) {
  linalg.contract indexing_maps = [affine_map<(p, i, j, k) -> (p, i, k)>, affine_map<(p, i, j, k) -> (j, k)>, affine_map<(p, i, j, k) -> (p, i, j)>]
    ins(%a, %b : memref<?x?x8xf32>, memref<16x8xf32>) outs(%c : memref<?x?x16xf32>)
  return
}

// -----

// CHECK-LABEL: func.func @vectors
// CHECK: rmsnorm.gemm
// CHECK-SAME: b_dims = array<i64: -1, 0, -1>, c_dims = array<i64: -1, 0, -1>
// CHECK: rmsnorm.gemm
// CHECK-SAME: a_dims = array<i64: -1, -1, 0>{{.*}}b_dims = array<i64: -1, 0, -1>, c_dims = array<i64: -1, -1, -1>
func.func @vectors(%a: memref<4x8xf64>, %x: memref<8xf64>, %y: memref<4xf64>, %s: memref<f64>) {
  linalg.matvec ins(%a, %x : memref<4x8xf64>, memref<8xf64>) outs(%y : memref<4xf64>)
  linalg.dot ins(%x, %x : memref<8xf64>, memref<8xf64>) outs(%s : memref<f64>)
  return
}

// -----

// Left alone: integers; products of f32 that are summed in f64, which the library
// would make in f32; a body that does something else; tensors.
// CHECK-LABEL: func.func @others
// CHECK-NOT: rmsnorm.gemm
// CHECK-COUNT-4: linalg.
func.func @others(%a: memref<4x8xi32>, %b: memref<8x16xi32>, %c: memref<4x16xi32>,
                  %d: memref<4x8xf32>, %e: memref<8x16xf32>, %f: memref<4x16xf64>, %g: memref<4x16xf32>,
                  %t: tensor<4x8xf32>, %u: tensor<8x16xf32>, %v: tensor<4x16xf32>) -> tensor<4x16xf32> {
  linalg.matmul ins(%a, %b : memref<4x8xi32>, memref<8x16xi32>) outs(%c : memref<4x16xi32>)
  linalg.matmul ins(%d, %e : memref<4x8xf32>, memref<8x16xf32>) outs(%f : memref<4x16xf64>)
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%d, %e : memref<4x8xf32>, memref<8x16xf32>) outs(%g : memref<4x16xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %p = arith.mulf %x, %y : f32
    %m = arith.maximumf %p, %z : f32
    linalg.yield %m : f32
  }
  %r = linalg.matmul ins(%t, %u : tensor<4x8xf32>, tensor<8x16xf32>) outs(%v : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %r : tensor<4x16xf32>
}
