// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --cse --canonicalize | FileCheck %s

// Tiled by rows with its producer and bufferised: the norm reads the producer's
// tile and writes into the destination itself; nothing is copied.
// CHECK-LABEL: @tiled
// CHECK-SAME: (%[[X:.*]]: memref<?x64xf32>, %[[Y:.*]]: memref<?x64xf32>)
// CHECK-NOT: memref.copy
// CHECK: scf.forall
// CHECK: %[[XS:.*]] = memref.subview %[[X]]
// CHECK: %[[T:.*]] = memref.alloc(
// CHECK-NOT: memref.alloc
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[XS]] : {{.*}}) outs(%[[T]] :
// CHECK: %[[YS:.*]] = memref.subview %[[Y]]
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%[[T]] : {{.*}}) outs(%[[YS]] :
// CHECK-NOT: memref.copy
// CHECK: return %[[Y]]
#id = affine_map<(d0, d1) -> (d0, d1)>
module attributes {transform.with_named_sequence} {
  func.func @tiled(%x: tensor<?x64xf32>, %y: tensor<?x64xf32>) -> tensor<?x64xf32> {
    %c0 = arith.constant 0 : index
    %d = tensor.dim %x, %c0 : tensor<?x64xf32>
    %e = tensor.empty(%d) : tensor<?x64xf32>
    %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) {
    ^bb0(%a: f32, %b: f32):
      %c = arith.negf %a : f32
      linalg.yield %c : f32
    } -> tensor<?x64xf32>
    %n = rmsnorm.rms_norm axes = [1] ins(%s : tensor<?x64xf32>) outs(%y : tensor<?x64xf32>)
    return %n : tensor<?x64xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.fuse %n tile_sizes [8] {use_forall} : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
