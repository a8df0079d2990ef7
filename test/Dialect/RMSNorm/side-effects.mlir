// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --cse --canonicalize --loop-invariant-code-motion --split-input-file | FileCheck %s

// On tensors the operations have no effects: equal ones are one, dead ones go.
// CHECK-LABEL: @equal_and_dead
// CHECK-COUNT-1: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm
func.func @equal_and_dead(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  %1 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  %2 = rmsnorm.rms_norm axes = [0] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// On memrefs they write.
// CHECK-LABEL: @memrefs
// CHECK-COUNT-2: rmsnorm.rms_norm
func.func @memrefs(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  return
}

// -----

// Static shapes agree for certain, so the operation may leave the loop, even
// one that might not run.
// CHECK-LABEL: @hoisted
// CHECK: rmsnorm.rms_norm
// CHECK: scf.for
func.func @hoisted(%x: tensor<4x8xf32>, %n: index) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %x) -> tensor<4x8xf32> {
    %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
    %1 = arith.addf %0, %acc : tensor<4x8xf32>
    scf.yield %1 : tensor<4x8xf32>
  }
  return %r : tensor<4x8xf32>
}

// -----

// Dynamic extents might disagree where the loop does not run.
// CHECK-LABEL: @not_hoisted
// CHECK: scf.for
// CHECK: rmsnorm.rms_norm
// CHECK: rmsnorm.row_kernel
func.func @not_hoisted(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %n: index) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %y) -> tensor<?x8xf32> {
    %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<?x8xf32>) outs(%y : tensor<?x8xf32>)
    %1 = rmsnorm.row_kernel iterators = ["parallel", "reduction"]
      maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
      ins(%x : tensor<?x8xf32>) outs(%y : tensor<?x8xf32>) {
    ^bb0(%a: f32):
      %t = rmsnorm.reduce add %a : f32
      rmsnorm.yield %t : f32
    }
    %2 = arith.addf %0, %acc : tensor<?x8xf32>
    %3 = arith.addf %1, %2 : tensor<?x8xf32>
    scf.yield %3 : tensor<?x8xf32>
  }
  return %r : tensor<?x8xf32>
}
