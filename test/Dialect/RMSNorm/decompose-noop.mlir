// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-decompose | FileCheck %s

// Operations on memrefs are lowered elsewhere; others are none of its business.
// CHECK-LABEL: @memref
// CHECK: rmsnorm.rms_norm
func.func @memref(%x: memref<4x8xf32>) {
  rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%x : memref<4x8xf32>)
  return
}

// CHECK-LABEL: @kernel
// CHECK: rmsnorm.row_kernel
func.func @kernel(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    %t = rmsnorm.reduce add %a : f32
    rmsnorm.yield %t : f32
  }
  return %0 : tensor<4x8xf32>
}
