// RUN: rmsnorm-opt %s --split-input-file --rmsnorm-copies-to-kernels | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: func.func @strided
// CHECK: rmsnorm.row_kernel "copy" iterators = ["parallel", "parallel"]
// CHECK-SAME: ins(%{{.*}} : memref<?x8xf32, strided<[16, 1]>>) outs(%{{.*}} : memref<?x8xf32>)
// CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
// CHECK-NEXT: rmsnorm.yield %[[E]] : f32
func.func @strided(%a: memref<?x8xf32, strided<[16, 1]>>, %b: memref<?x8xf32>) {
  memref.copy %a, %b : memref<?x8xf32, strided<[16, 1]>> to memref<?x8xf32>
  return
}

// -----

// CHECK-LABEL: func.func @contiguous
// CHECK-COUNT-2: memref.collapse_shape
// CHECK: rmsnorm.row_kernel "copy" iterators = ["parallel"]
func.func @contiguous(%a: memref<3x?x8xi64>, %b: memref<3x?x8xi64>) {
  memref.copy %a, %b : memref<3x?x8xi64> to memref<3x?x8xi64>
  return
}

// -----

// CHECK-LABEL: func.func @single
// CHECK: %[[E:.*]] = memref.load
// CHECK: memref.store %[[E]]
// CHECK-NOT: row_kernel
func.func @single(%a: memref<f32>, %b: memref<f32>) {
  memref.copy %a, %b : memref<f32> to memref<f32>
  return
}

// -----

// Onto itself: nothing to do. Without copies: nothing changes.
// CHECK-LABEL: func.func @nothing
// CHECK-NEXT: memref.store
// CHECK-NEXT: return
func.func @nothing(%a: memref<8xf32>, %f: f32, %i: index) {
  memref.copy %a, %a : memref<8xf32> to memref<8xf32>
  memref.store %f, %a[%i] : memref<8xf32>
  return
}

// What is no number is copied by loops.
// CHECK-LABEL: func.func @complex
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: linalg.copy
func.func @complex(%a: memref<4xcomplex<f32>>, %b: memref<4xcomplex<f32>>) {
  memref.copy %a, %b : memref<4xcomplex<f32>> to memref<4xcomplex<f32>>
  return
}
