// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --split-input-file | FileCheck %s

// With rstd one pass for the sum and one for dx; the scale's gradient reduces over
// rows, and reads what the caller saved.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COL:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @saved
// CHECK: rmsnorm.row_kernel "rms_norm_backward" iterators = ["parallel", "reduction"] maps = [#[[ID]], #[[ID]], #[[COL]], #[[ROW]], #[[ID]]]
// CHECK-SAME: ins(%arg0, %arg1, %arg2, %arg3 :
// CHECK-COUNT-1: rmsnorm.reduce add
// CHECK: rmsnorm.row_kernel "rms_norm_backward_parameters" iterators = ["reduction", "parallel"] maps = [#[[ID]], #[[ID]], #[[ROW]], #[[COL]], #[[COL]]]
// CHECK-SAME: ins(%arg0, %arg1, %arg3 :
// CHECK: rmsnorm.reduce add
// CHECK: rmsnorm.reduce add
func.func @saved(%dy: tensor<?x64xbf16>, %x: tensor<?x64xbf16>, %g: tensor<64xf32>, %r: tensor<?xf32>, %i: tensor<?x64xbf16>, %ig: tensor<64xf32>) -> (tensor<?x64xbf16>, tensor<64xf32>, tensor<64xf32>) {
  %0:3 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6
    ins(%dy, %x, scale %g, rstd %r : tensor<?x64xbf16>, tensor<?x64xbf16>, tensor<64xf32>, tensor<?xf32>)
    outs(%i, dscale %ig, dbias %ig : tensor<?x64xbf16>, tensor<64xf32>, tensor<64xf32>)
  return %0#0, %0#1, %0#2 : tensor<?x64xbf16>, tensor<64xf32>, tensor<64xf32>
}

// -----

// Without it the statistic is computed once and handed on. A scalar epsilon's
// gradient is summed along the rows by the first kernel, and over them by another.
// CHECK-LABEL: @recomputed
// CHECK: %[[K:.*]]:3 = rmsnorm.row_kernel "rms_norm_backward"
// CHECK-COUNT-2: rmsnorm.reduce add
// CHECK: rmsnorm.row_kernel "rms_norm_backward_parameters" {{.*}} ins(%arg0, %arg1, %[[K]]#1 :
// CHECK: rmsnorm.row_kernel "rms_norm_backward_sum" iterators = ["reduction"] {{.*}} ins(%[[K]]#2 : tensor<?xf32>)
// CHECK: tensor.expand_shape %{{.*}} [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
func.func @recomputed(%dy: tensor<?x64xf32>, %x: tensor<?x64xf32>, %i: tensor<?x64xf32>, %ig: tensor<64xf32>, %ie: tensor<1x1xf32>) -> (tensor<?x64xf32>, tensor<64xf32>, tensor<1x1xf32>) {
  %0:3 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6 min_rms = 1.0e-3
    ins(%dy, %x : tensor<?x64xf32>, tensor<?x64xf32>)
    outs(%i, dscale %ig, deps %ie : tensor<?x64xf32>, tensor<64xf32>, tensor<1x1xf32>)
  return %0#0, %0#1, %0#2 : tensor<?x64xf32>, tensor<64xf32>, tensor<1x1xf32>
}

// -----

// Neighbours join the first kernel: a residual sum before, a second gradient after.
// CHECK-LABEL: @neighbours
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%arg1, %arg2, %arg0, %arg3 :
// CHECK-NOT: = linalg
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: return
func.func @neighbours(%dy: tensor<?x64xf32>, %x: tensor<?x64xf32>, %residual: tensor<?x64xf32>, %dsum: tensor<?x64xf32>, %i: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %s = linalg.add ins(%x, %residual : tensor<?x64xf32>, tensor<?x64xf32>) outs(%i : tensor<?x64xf32>) -> tensor<?x64xf32>
  %0 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6 ins(%dy, %s : tensor<?x64xf32>, tensor<?x64xf32>) outs(%i : tensor<?x64xf32>)
  %1 = linalg.add ins(%0, %dsum : tensor<?x64xf32>, tensor<?x64xf32>) outs(%i : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// -----

// Buffers are left alone.
// CHECK-LABEL: @buffers
// CHECK: rmsnorm.rms_norm_backward
func.func @buffers(%dy: memref<4x8xf32>, %x: memref<4x8xf32>) {
  rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : memref<4x8xf32>, memref<4x8xf32>) outs(%dy : memref<4x8xf32>)
  return
}
