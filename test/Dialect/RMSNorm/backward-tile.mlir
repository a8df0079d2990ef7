// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

// Rows of dx alone can be tiled.
// CHECK-LABEL: @rows
// CHECK: scf.for %[[I:[^ ]*]] =
// CHECK: %[[DY:.*]] = tensor.extract_slice %arg0[%[[I]], 0] [2, 64] [1, 1]
// CHECK: %[[X:.*]] = tensor.extract_slice %arg1[%[[I]], 0] [2, 64] [1, 1]
// CHECK: %[[R:.*]] = tensor.extract_slice %arg3[%[[I]]] [2] [1]
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-06 ins(%[[DY]], %[[X]], scale %arg2, rstd %[[R]] :
module attributes {transform.with_named_sequence} {
  func.func @rows(%dy: tensor<8x64xbf16>, %x: tensor<8x64xbf16>, %g: tensor<64xf32>, %r: tensor<8xf32>, %i: tensor<8x64xbf16>) -> tensor<8x64xbf16> {
    %0 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6 ins(%dy, %x, scale %g, rstd %r : tensor<8x64xbf16>, tensor<8x64xbf16>, tensor<64xf32>, tensor<8xf32>) outs(%i : tensor<8x64xbf16>)
    return %0 : tensor<8x64xbf16>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm_backward"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A parameter for each head: its gradient is summed over dimension 1, but not
// over heads, which can be tiled.
// CHECK-LABEL: @heads
// CHECK: scf.for %[[I:[^ ]*]] =
// CHECK: tensor.extract_slice %arg2[%[[I]], 0, 0] [1, 1, 16]
// CHECK: rmsnorm.rms_norm_backward axes = [2] {{.*}} outs(%{{.*}}, dscale %{{.*}} : tensor<1x5x16xf32>, tensor<1x1x16xf32>)
module attributes {transform.with_named_sequence} {
  func.func @heads(%dy: tensor<4x5x16xf32>, %x: tensor<4x5x16xf32>, %g: tensor<4x1x16xf32>, %i: tensor<4x5x16xf32>, %ig: tensor<4x1x16xf32>) -> (tensor<4x5x16xf32>, tensor<4x1x16xf32>) {
    %0:2 = rmsnorm.rms_norm_backward axes = [2] ins(%dy, %x, scale %g : tensor<4x5x16xf32>, tensor<4x5x16xf32>, tensor<4x1x16xf32>) outs(%i, dscale %ig : tensor<4x5x16xf32>, tensor<4x1x16xf32>)
    return %0#0, %0#1 : tensor<4x5x16xf32>, tensor<4x1x16xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm_backward"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [1] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
