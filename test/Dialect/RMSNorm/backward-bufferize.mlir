// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --split-input-file | FileCheck %s

// dx takes the buffer of dy.
// CHECK-LABEL: @in_place
// CHECK-SAME: (%[[DY:.*]]: memref<4x8xf32>, %[[X:.*]]: memref<4x8xf32>)
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-06 ins(%[[DY]], %[[X]] : memref<4x8xf32>, memref<4x8xf32>) outs(%[[DY]] : memref<4x8xf32>)
// CHECK: return %[[DY]]
func.func @in_place(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%dy : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// Not if a sum over all rows reads dy as well.
// CHECK-LABEL: @not_in_place
// CHECK-SAME: (%[[DY:.*]]: memref<4x8xf32>, %[[X:.*]]: memref<4x8xf32>, %[[P:.*]]: memref<8xf32>)
// CHECK: %[[NEW:.*]] = memref.alloc() {{.*}} : memref<4x8xf32>
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 0.0e+00 ins(%[[DY]], %[[X]] : memref<4x8xf32>, memref<4x8xf32>) outs(%[[NEW]], dbias %[[P]] : memref<4x8xf32>, memref<8xf32>)
// CHECK: return %[[NEW]], %[[P]]
func.func @not_in_place(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %p: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>) {
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%dy, dbias %p : tensor<4x8xf32>, tensor<8xf32>)
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<8xf32>
}
