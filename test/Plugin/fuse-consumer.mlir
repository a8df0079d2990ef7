// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// REQUIRES: mlir-test-passes
// RUN: mlir-opt %s --load-dialect-plugin=%rmsnorm_libs/RMSNormPlugin%shlibext --transform-interpreter --canonicalize --cse | FileCheck %s

// Upstream's transform for the fusion of a consumer exists in its tests only.

#id = affine_map<(d0, d1) -> (d0, d1)>

// The norm as the consumer that is fused into its producer's loop.
// CHECK-LABEL: @norm_into_producer
// CHECK: scf.forall
// CHECK: linalg.generic
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<2x8xf32>) outs(%{{.*}}, %{{.*}} : tensor<2x8xf32>, tensor<2xf32>)
// CHECK: scf.forall.in_parallel
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: return
module attributes {transform.with_named_sequence} {
  func.func @norm_into_producer(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>, %r: tensor<4xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
    %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>) {
    ^bb0(%a: f32, %c: f32):
      %d = arith.negf %a : f32
      linalg.yield %d : f32
    } -> tensor<4x8xf32>
    %n:2 = rmsnorm.rms_norm axes = [1] ins(%s : tensor<4x8xf32>) outs(%y, %r : tensor<4x8xf32>, tensor<4xf32>)
    return %n#0, %n#1 : tensor<4x8xf32>, tensor<4xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %p = transform.structured.match ops{["linalg.generic"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %p tile_sizes [2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %f, %fl = transform.test.fuse_consumer %n into(%l) : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
