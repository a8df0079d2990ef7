// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --resolve-ranked-shaped-type-result-dims --cse --canonicalize --split-input-file | FileCheck %s

// Extents of results come from the inputs.
// CHECK-LABEL: @norm
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x?xf32>, %[[Y:.*]]: tensor<?x4x?xf16>, %[[R:.*]]: tensor<?x?xf32>)
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[D0:.*]] = tensor.dim %[[X]], %[[C0]]
// CHECK-DAG: %[[D2:.*]] = tensor.dim %[[X]], %[[C2]]
// CHECK: return %[[D0]], %[[D2]], %[[D0]], %[[D2]]
func.func @norm(%x: tensor<?x4x?xf32>, %y: tensor<?x4x?xf16>, %r: tensor<?x?xf32>) -> (index, index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<?x4x?xf32>) outs(%y, %r : tensor<?x4x?xf16>, tensor<?x?xf32>)
  %d0 = tensor.dim %0#0, %c0 : tensor<?x4x?xf16>
  %d2 = tensor.dim %0#0, %c2 : tensor<?x4x?xf16>
  %e0 = tensor.dim %0#1, %c0 : tensor<?x?xf32>
  %e1 = tensor.dim %0#1, %c1 : tensor<?x?xf32>
  return %d0, %d2, %e0, %e1 : index, index, index, index
}

// -----

// An operand that knows an extent statically is asked first.
// CHECK-LABEL: @kernel
// CHECK: %[[C8:.*]] = arith.constant 8 : index
// CHECK: return %[[C8]]
func.func @kernel(%x: tensor<?x?xf32>, %g: tensor<8xf32>, %y: tensor<?x?xf32>) -> index {
  %c1 = arith.constant 1 : index
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %g : tensor<?x?xf32>, tensor<8xf32>) outs(%y : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %t = rmsnorm.reduce add %a : f32
    rmsnorm.yield %t : f32
  }
  %d = tensor.dim %0, %c1 : tensor<?x?xf32>
  return %d : index
}
