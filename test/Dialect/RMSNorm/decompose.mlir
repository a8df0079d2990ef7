// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-decompose --split-input-file | FileCheck %s

// Input extended, squares summed in f32; then divided, scaled, moved, and
// rounded once.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COL:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @scale_and_bias
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xbf16>, %[[G:.*]]: tensor<8xf32>, %[[B:.*]]: tensor<8xbf16>, %[[Y:.*]]: tensor<4x8xbf16>)
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[INIT:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<4xf32>)
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[X]] : tensor<4x8xbf16>) outs(%[[INIT]] : tensor<4xf32>)
// CHECK: ^bb0(%[[A:.*]]: bf16, %[[ACC:.*]]: f32):
// CHECK: %[[AX:.*]] = arith.extf %[[A]] : bf16 to f32
// CHECK: %[[SQ:.*]] = arith.mulf %[[AX]], %[[AX]] : f32
// CHECK: %[[ADD:.*]] = arith.addf %[[ACC]], %[[SQ]] : f32
// CHECK: linalg.yield %[[ADD]] : f32
// CHECK: %[[N:.*]] = arith.constant 8.000000e+00 : f32
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[COL]], #[[COL]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[X]], %[[SUM]], %[[G]], %[[B]] : {{.*}}) outs(%[[Y]] : tensor<4x8xbf16>)
// CHECK: ^bb0(%[[X1:.*]]: bf16, %[[SS:.*]]: f32, %[[G1:.*]]: f32, %[[B1:.*]]: bf16, %{{.*}}: bf16):
// CHECK: %[[MS:.*]] = arith.divf %[[SS]], %[[N]] : f32
// CHECK: %[[EPS:.*]] = arith.constant 9.99999997E-7 : f32
// CHECK: %[[MSE:.*]] = arith.addf %[[MS]], %[[EPS]] : f32
// CHECK: %[[D:.*]] = math.sqrt %[[MSE]] : f32
// CHECK: %[[X2:.*]] = arith.extf %[[X1]] : bf16 to f32
// CHECK: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[R:.*]] = arith.divf %[[ONE]], %[[D]] : f32
// CHECK: %[[NX:.*]] = arith.mulf %[[X2]], %[[R]] : f32
// CHECK: %[[S:.*]] = arith.mulf %[[NX]], %[[G1]] : f32
// CHECK: %[[B2:.*]] = arith.extf %[[B1]] : bf16 to f32
// CHECK: %[[T:.*]] = arith.addf %[[S]], %[[B2]] : f32
// CHECK: %[[O:.*]] = arith.truncf %[[T]] : f32 to bf16
// CHECK: linalg.yield %[[O]] : bf16
func.func @scale_and_bias(%x: tensor<4x8xbf16>, %g: tensor<8xf32>, %b: tensor<8xbf16>, %y: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g, bias %b : tensor<4x8xbf16>, tensor<8xf32>, tensor<8xbf16>) outs(%y : tensor<4x8xbf16>)
  return %0 : tensor<4x8xbf16>
}

// -----

// f32 in, f32 out: nothing is extended or rounded.
// CHECK-LABEL: @f32
// CHECK-NOT: arith.extf
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @f32(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// f64 computes in f64, as f32 does when told to.
// CHECK-LABEL: @f64
// CHECK: math.sqrt %{{.*}} : f64
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: math.sqrt %{{.*}} : f64
// CHECK: arith.truncf %{{.*}} : f64 to f16
func.func @f64(%x: tensor<4x8xf64>, %w: tensor<4x8xf32>, %y: tensor<4x8xf16>) -> (tensor<4x8xf64>, tensor<4x8xf16>) {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf64>) outs(%x : tensor<4x8xf64>)
  %1 = rmsnorm.rms_norm axes = [1] compute_type = f64 ins(%w : tensor<4x8xf32>) outs(%y : tensor<4x8xf16>)
  return %0, %1 : tensor<4x8xf64>, tensor<4x8xf16>
}

// -----

// The statistic is of the same sum.
// CHECK-LABEL: @statistic
// CHECK: %[[SUM:.*]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel"]
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel"]} ins(%[[SUM]] : tensor<4xf32>) outs(%{{.*}} : tensor<4xf32>)
// CHECK: %[[D:.*]] = math.sqrt
// CHECK: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[R:.*]] = arith.divf %[[ONE]], %[[D]] : f32
// CHECK: linalg.yield %[[R]]
func.func @statistic(%x: tensor<4x8xf16>, %r: tensor<4xf32>) -> (tensor<4x8xf16>, tensor<4xf32>) {
  %0:2 = rmsnorm.rms_norm axes = [1] eps = 1.0e-5 ins(%x : tensor<4x8xf16>) outs(%x, %r : tensor<4x8xf16>, tensor<4xf32>)
  return %0#0, %0#1 : tensor<4x8xf16>, tensor<4xf32>
}
