// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-decompose --split-input-file | FileCheck %s

// CHECK-LABEL: @clamp
// CHECK: %[[MS:.*]] = arith.divf
// CHECK: %[[EPS:.*]] = arith.constant 1.250000e-01 : f32
// CHECK: %[[M:.*]] = arith.maximumf %[[MS]], %[[EPS]] : f32
// CHECK: math.sqrt %[[M]] : f32
func.func @clamp(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 0.125 eps_mode = clamp ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: @outside
// CHECK: %[[MS:.*]] = arith.divf
// CHECK: %[[EPS:.*]] = arith.constant 1.250000e-01 : f32
// CHECK: %[[D:.*]] = math.sqrt %[[MS]] : f32
// CHECK: %[[DE:.*]] = arith.addf %[[D]], %[[EPS]] : f32
// CHECK: arith.divf %{{.*}}, %[[DE]] : f32
func.func @outside(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 0.125 eps_mode = outside ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: @bounded
// CHECK: %[[D:.*]] = math.sqrt
// CHECK: %[[MIN:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: %[[M:.*]] = arith.maximumf %[[D]], %[[MIN]] : f32
// CHECK: arith.divf %{{.*}}, %[[M]] : f32
func.func @bounded(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 0.125 min_rms = 0.25 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// Nothing is added or clamped where there is nothing.
// CHECK-LABEL: @none
// CHECK: %[[MS:.*]] = arith.divf
// CHECK-NOT: arith.addf
// CHECK-NOT: arith.maximumf
// CHECK: math.sqrt %[[MS]] : f32
// CHECK-NOT: arith.maximumf
// CHECK: return
func.func @none(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// 1/d would overflow for a d that is a legal divisor: x is divided by d.
// CHECK-LABEL: @tiny_bound
// CHECK: %[[D:.*]] = arith.maximumf
// CHECK: %[[Q:.*]] = arith.divf %{{.*}}, %[[D]] : f32
// CHECK: linalg.yield %[[Q]]
func.func @tiny_bound(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] min_rms = 1.0e-40 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// An epsilon per feature takes the attribute's place.
// CHECK-DAG: #[[COL:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @operand
// CHECK-SAME: %[[E:[a-z0-9]*]]: tensor<8xbf16>
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #{{.*}}, #[[COL]], #{{.*}}], {{.*}}} ins(%{{.*}}, %{{.*}}, %[[E]] :
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %[[E1:.*]]: bf16, %{{.*}}: f32):
// CHECK: %[[MS:.*]] = arith.divf
// CHECK: %[[E2:.*]] = arith.extf %[[E1]] : bf16 to f32
// CHECK: arith.addf %[[MS]], %[[E2]] : f32
func.func @operand(%x: tensor<4x8xf32>, %e: tensor<8xbf16>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, eps %e : tensor<4x8xf32>, tensor<8xbf16>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}
