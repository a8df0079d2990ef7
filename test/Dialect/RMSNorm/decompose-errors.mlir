// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --split-input-file --verify-diagnostics

module attributes {transform.with_named_sequence} {
  func.func @memref(%x: memref<4x8xf32>) {
    // expected-note @+2 {{when applied to this op}}
    // expected-error @+1 {{'rmsnorm.rms_norm' op can only be decomposed on tensors}}
    rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%x : memref<4x8xf32>)
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{failed to apply}}
    %d = transform.structured.decompose_interface %n : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
