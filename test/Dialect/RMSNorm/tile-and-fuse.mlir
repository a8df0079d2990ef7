// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// A residual addition before the norm and a gate after it: tiling the last pulls
// the others into one loop over the rows.
// CHECK-LABEL: @residual_norm_gate
// CHECK-NOT: linalg.generic
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: %[[R:.*]] = scf.forall
// CHECK: linalg.generic
// CHECK: arith.addf
// CHECK: %[[N:.*]] = rmsnorm.rms_norm axes = [1] eps = 1.0e-06 ins(%{{.*}}, scale %{{.*}} : tensor<?x4096xf32>, tensor<4096xf32>) outs(%{{.*}} : tensor<?x4096xf32>)
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[N]],
// CHECK: arith.mulf
// CHECK: tensor.parallel_insert_slice
// CHECK-NOT: linalg.generic
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: return %[[R]]
module attributes {transform.with_named_sequence} {
  func.func @residual_norm_gate(%x: tensor<?x4096xf32>, %r: tensor<?x4096xf32>, %g: tensor<4096xf32>, %gate: tensor<?x4096xf32>, %y: tensor<?x4096xf32>) -> tensor<?x4096xf32> {
    %s = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %r : tensor<?x4096xf32>, tensor<?x4096xf32>) outs(%y : tensor<?x4096xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %d = arith.addf %a, %b : f32
      linalg.yield %d : f32
    } -> tensor<?x4096xf32>
    %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%s, scale %g : tensor<?x4096xf32>, tensor<4096xf32>) outs(%y : tensor<?x4096xf32>)
    %m = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%n, %gate : tensor<?x4096xf32>, tensor<?x4096xf32>) outs(%y : tensor<?x4096xf32>) attrs = {last} {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %d = arith.mulf %a, %b : f32
      linalg.yield %d : f32
    } -> tensor<?x4096xf32>
    return %m : tensor<?x4096xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %m = transform.structured.match attributes {last} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.fuse %m tile_sizes [4, 0] interchange [0, 1] {use_forall} : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// The same with rows whose length is known only at run time.
// CHECK-LABEL: @dynamic_rows
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: scf.forall
// CHECK: linalg.generic
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<?x?xf32>) outs(%{{.*}} : tensor<?x?xf32>)
// CHECK: linalg.generic
module attributes {transform.with_named_sequence} {
  func.func @dynamic_rows(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
    %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>) {
    ^bb0(%a: f32, %c: f32):
      %d = math.exp %a : f32
      linalg.yield %d : f32
    } -> tensor<?x?xf32>
    %n = rmsnorm.rms_norm axes = [1] ins(%s : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>)
    %m = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%n : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>) attrs = {last} {
    ^bb0(%a: f32, %c: f32):
      %d = arith.negf %a : f32
      linalg.yield %d : f32
    } -> tensor<?x?xf32>
    return %m : tensor<?x?xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %m = transform.structured.match attributes {last} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.fuse %m tile_sizes [4, 0] {use_forall} : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A consumer that is tiled along the row takes what it needs of the result; the
// norm itself stays outside and whole.
// CHECK-LABEL: @row_is_not_cut
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<4x8xf32>)
// CHECK: scf.forall
// CHECK-NOT: rmsnorm.rms_norm
module attributes {transform.with_named_sequence} {
  func.func @row_is_not_cut(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %n = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
    %m = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%n : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) attrs = {last} {
    ^bb0(%a: f32, %c: f32):
      %d = arith.negf %a : f32
      linalg.yield %d : f32
    } -> tensor<4x8xf32>
    return %m : tensor<4x8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %m = transform.structured.match attributes {last} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.fuse %m tile_sizes [1, 4] {use_forall} : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// A row kernel is tiled and fused in the same way, here by its statistic.
// CHECK-LABEL: @kernel
// CHECK: scf.forall
// CHECK: rmsnorm.row_kernel
// CHECK: rmsnorm.reduce
// CHECK: linalg.generic
// CHECK: scf.forall.in_parallel
// CHECK-NOT: rmsnorm.row_kernel
module attributes {transform.with_named_sequence} {
  func.func @kernel(%x: tensor<?x8xf32>, %r: tensor<?xf32>) -> tensor<?xf32> {
    %k = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #row]
      ins(%x : tensor<?x8xf32>) outs(%r : tensor<?xf32>) {
    ^bb0(%a: f32):
      %t = rmsnorm.reduce add %a : f32
      rmsnorm.yield %t : f32
    }
    %m = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%k : tensor<?xf32>) outs(%r : tensor<?xf32>) attrs = {last} {
    ^bb0(%a: f32, %c: f32):
      %d = math.sqrt %a : f32
      linalg.yield %d : f32
    } -> tensor<?xf32>
    return %m : tensor<?xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %m = transform.structured.match attributes {last} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.fuse %m tile_sizes [4] {use_forall} : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
