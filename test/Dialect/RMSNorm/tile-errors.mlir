// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --split-input-file --verify-diagnostics

// A row is never cut: the statistic of a part is not the row's.
module attributes {transform.with_named_sequence} {
  func.func @static_row(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    // expected-warning @+5 {{tiling is not thread safe at axis #1}}
    // expected-note @+4 {{when applied to this op}}
    // expected-error @+3 {{'rmsnorm.rms_norm' op cannot be tiled along dimension 1, over which it reduces; tile size 0 leaves it whole}}
    // expected-error @+2 {{faild to tile operation}}
    // expected-error @+1 {{failed to generate tiling loops}}
    %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
    return %0 : tensor<4x8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{transform.structured.tile_using_forall failed to apply}}
    %t, %l = transform.structured.tile_using_forall %n tile_sizes [0, 4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  func.func @dynamic_row(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
    // expected-error @+3 {{'rmsnorm.rms_norm' op cannot be tiled along dimension 1, over which it reduces}}
    // expected-error @+2 {{faild to tile operation}}
    // expected-error @+1 {{failed to generate tiling loops}}
    %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x?xf32>) outs(%x : tensor<4x?xf32>)
    return %0 : tensor<4x?xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [0, 4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#id = affine_map<(r, c) -> (r, c)>

module attributes {transform.with_named_sequence} {
  func.func @kernel(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    // expected-error @+3 {{'rmsnorm.row_kernel' op cannot be tiled along dimension 1, over which it reduces}}
    // expected-error @+2 {{faild to tile operation}}
    // expected-error @+1 {{failed to generate tiling loops}}
    %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
      ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
    ^bb0(%a: f32):
      %t = rmsnorm.reduce add %a : f32
      rmsnorm.yield %t : f32
    }
    return %0 : tensor<4x8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.row_kernel"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [0, 3] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// There is no implementation for one element.
module attributes {transform.with_named_sequence} {
  func.func @scalars(%x: memref<4x8xf32>) {
    // expected-note @+2 {{attempted to apply to this op}}
    // expected-error @+1 {{has no implementation for one element: its value depends on the whole row}}
    rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%x : memref<4x8xf32>)
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{failed to apply}}
    %l = transform.structured.convert_to_loops %n : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
