// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --split-input-file --verify-diagnostics

// A gradient that is summed over the rows needs all of them.
module attributes {transform.with_named_sequence} {
  func.func @summed_over_rows(%dy: tensor<?x8xf32>, %x: tensor<?x8xf32>, %p: tensor<8xf32>) -> (tensor<?x8xf32>, tensor<8xf32>) {
    // expected-error @+3 {{'rmsnorm.rms_norm_backward' op cannot be tiled along dimension 0, over which it reduces; tile size 0 leaves it whole}}
    // expected-error @+2 {{faild to tile operation}}
    // expected-error @+1 {{failed to generate tiling loops}}
    %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<?x8xf32>, tensor<?x8xf32>) outs(%x, dbias %p : tensor<?x8xf32>, tensor<8xf32>)
    return %0#0, %0#1 : tensor<?x8xf32>, tensor<8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm_backward"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  func.func @along_the_row(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    // expected-error @+3 {{'rmsnorm.rms_norm_backward' op cannot be tiled along dimension 1, over which it reduces}}
    // expected-error @+2 {{faild to tile operation}}
    // expected-error @+1 {{failed to generate tiling loops}}
    %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
    return %0 : tensor<4x8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm_backward"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [0, 4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
