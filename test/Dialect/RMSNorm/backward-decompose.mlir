// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-decompose --split-input-file | FileCheck %s

// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COL:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @saved
// The sum of a * x/d along the row.
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[COL]], #[[ROW]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%arg0, %arg1, %arg2, %arg3 :
// CHECK: ^bb0(%[[DY:.*]]: bf16, %[[X:.*]]: bf16, %[[G:.*]]: f32, %[[R:.*]]: f32, %[[ACC:.*]]: f32):
// CHECK: %[[DY32:.*]] = arith.extf %[[DY]] : bf16 to f32
// CHECK: %[[A:.*]] = arith.mulf %[[DY32]], %[[G]] : f32
// CHECK: %[[X32:.*]] = arith.extf %[[X]] : bf16 to f32
// CHECK: %[[XHAT:.*]] = arith.mulf %[[X32]], %[[R]] : f32
// CHECK: %[[P:.*]] = arith.mulf %[[A]], %[[XHAT]] : f32
// CHECK: arith.addf %[[ACC]], %[[P]] : f32
// dx = (a - x/d * sum/N) / d.
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%arg0, %arg1, %arg2, %arg3, %[[SUM]] :
// CHECK: %[[MEAN:.*]] = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK: %[[ALONG:.*]] = arith.mulf %{{.*}}, %[[MEAN]] : f32
// CHECK: %[[DIFF:.*]] = arith.subf %{{.*}}, %[[ALONG]] : f32
// CHECK: %[[DX:.*]] = arith.mulf %[[DIFF]], %{{.*}} : f32
// CHECK: arith.truncf %[[DX]] : f32 to bf16
// The scale's gradient, in f32, then rounded.
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%arg0, %arg1, %arg2, %arg3 :
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]}
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @saved(%dy: tensor<?x64xbf16>, %x: tensor<?x64xbf16>, %g: tensor<64xf32>, %r: tensor<?xf32>, %i: tensor<?x64xbf16>, %ig: tensor<64xf16>) -> (tensor<?x64xbf16>, tensor<64xf16>) {
  %0:2 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6
    ins(%dy, %x, scale %g, rstd %r : tensor<?x64xbf16>, tensor<?x64xbf16>, tensor<64xf32>, tensor<?xf32>)
    outs(%i, dscale %ig : tensor<?x64xbf16>, tensor<64xf16>)
  return %0#0, %0#1 : tensor<?x64xbf16>, tensor<64xf16>
}

// -----

// Where the clamp acts, the mean is left away; a slice of zeros has no direction.
// CHECK-LABEL: @clamped
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]}
// CHECK: arith.cmpf ugt, %{{.*}}, %{{.*}} : f32
// CHECK: arith.maximumf
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK: arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK: arith.select
func.func @clamped(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-3 eps_mode = outside min_rms = 1.0e-2 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// Buffers are left alone.
// CHECK-LABEL: @buffers
// CHECK: rmsnorm.rms_norm_backward
func.func @buffers(%dy: memref<4x8xf32>, %x: memref<4x8xf32>) {
  rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : memref<4x8xf32>, memref<4x8xf32>) outs(%dy : memref<4x8xf32>)
  return
}
