// RUN: rmsnorm-opt %s --rmsnorm-crop-before-pad --canonicalize | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The shape stays, which --canonicalize alone takes for no padding at all.
// CHECK-LABEL: func.func @shift(
// CHECK: %[[S:.*]] = tensor.extract_slice %arg0[0, 0] [4, 6] [1, 1]
// CHECK: tensor.pad %[[S]] low[0, 2] high[0, 0]
func.func @shift(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 2] high[0, -2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<4x8xf32> to tensor<4x8xf32>
  return %p : tensor<4x8xf32>
}
