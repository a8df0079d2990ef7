// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @unused_gradients
// CHECK: %[[DX:.*]]:2 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-06 ins(%{{.*}}, %{{.*}} : {{.*}}) outs(%{{.*}}, dbias %{{.*}} : tensor<4x8xf32>, tensor<8xf32>)
// CHECK: return %[[DX]]#0, %[[DX]]#1
func.func @unused_gradients(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %p: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>) {
  %0:4 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>)
    outs(%x, dscale %p, dbias %p, deps %p : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
  return %0#0, %0#2 : tensor<4x8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: @unit_scale
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 0.0e+00 ins(%{{[^,]*}}, %{{[^,]*}} : {{.*}}) outs(%{{.*}}, dscale
func.func @unit_scale(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %p: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>) {
  %one = arith.constant dense<1.0> : tensor<8xf32>
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, scale %one : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>)
    outs(%x, dscale %p : tensor<4x8xf32>, tensor<8xf32>)
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: @splat_epsilon
// CHECK: rmsnorm.rms_norm_backward axes = [0, 1] eps = 2.5e-01 ins(%{{[^,]*}}, %{{[^,]*}} : {{.*}}) outs(%{{.*}}, deps
func.func @splat_epsilon(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %p: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>) {
  %e = arith.constant dense<0.25> : tensor<8xf32>
  %0:2 = rmsnorm.rms_norm_backward axes = [1, 0] ins(%dy, %x, eps %e : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>)
    outs(%x, deps %p : tensor<4x8xf32>, tensor<8xf32>)
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<8xf32>
}

// -----

// Extensions become part of the operation; that of rstd cannot.
// CHECK-LABEL: @extensions
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 0.0e+00 ins(%arg0, %arg1, rstd %{{.*}} : tensor<4x8xbf16>, tensor<4x8xf16>, tensor<4xf32>)
func.func @extensions(%dy: tensor<4x8xbf16>, %x: tensor<4x8xf16>, %r: tensor<4xf16>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %dy32 = arith.extf %dy : tensor<4x8xbf16> to tensor<4x8xf32>
  %x32 = arith.extf %x : tensor<4x8xf16> to tensor<4x8xf32>
  %r32 = arith.extf %r : tensor<4xf16> to tensor<4xf32>
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy32, %x32, rstd %r32 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>) outs(%i : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// The mode says how the gradient of an epsilon of 0 is.
// CHECK-LABEL: @mode_with_deps
// CHECK: eps_mode = clamp
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 0.0e+00 ins
func.func @mode_with_deps(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %p: tensor<f32>) -> (tensor<4x8xf32>, tensor<f32>, tensor<4x8xf32>) {
  %0:2 = rmsnorm.rms_norm_backward axes = [1] eps_mode = clamp ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>)
    outs(%x, deps %p : tensor<4x8xf32>, tensor<f32>)
  %1 = rmsnorm.rms_norm_backward axes = [1] eps_mode = clamp ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0#0, %0#1, %1 : tensor<4x8xf32>, tensor<f32>, tensor<4x8xf32>
}

// -----

// Without rows there is no dx, but a bias has a gradient of zeros.
// CHECK-LABEL: @empty
// CHECK: rmsnorm.rms_norm_backward
// CHECK-NOT: rmsnorm.rms_norm_backward
// CHECK: return
func.func @empty(%dy: tensor<0x8xf32>, %p: tensor<8xf32>) -> (tensor<0x8xf32>, tensor<0x8xf32>, tensor<8xf32>) {
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %dy : tensor<0x8xf32>, tensor<0x8xf32>) outs(%dy : tensor<0x8xf32>)
  %1:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %dy : tensor<0x8xf32>, tensor<0x8xf32>) outs(%dy, dbias %p : tensor<0x8xf32>, tensor<8xf32>)
  return %0, %1#0, %1#1 : tensor<0x8xf32>, tensor<0x8xf32>, tensor<8xf32>
}
