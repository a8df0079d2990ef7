// RUN: rmsnorm-opt %s --split-input-file --rmsnorm-decompose-tensor-ops | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: func.func @pad
// CHECK-NOT: tensor.pad
// CHECK: linalg.fill
// CHECK: tensor.insert_slice
func.func @pad(%x: tensor<3x?xf32>) -> tensor<5x?xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[1, 2] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<3x?xf32> to tensor<5x?xf32>
  return %p : tensor<5x?xf32>
}

// -----

// CHECK-LABEL: func.func @softmax
// CHECK-NOT: linalg.softmax
// CHECK: arith.maxnumf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
func.func @softmax(%x: tensor<4x?xf32>, %o: tensor<4x?xf32>) -> tensor<4x?xf32> {
  %r = linalg.softmax dimension(1) ins(%x : tensor<4x?xf32>) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
  return %r : tensor<4x?xf32>
}

// -----

// CHECK-LABEL: func.func @convolution
// CHECK-NOT: linalg.conv_2d
// CHECK: linalg.generic {{.*}} ins(%{{.+}} : tensor<2x3x9x9xf32>) outs(%{{.+}} : tensor<2x27x49xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<8x27xf32>, tensor<2x27x49xf32>)
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @convolution(%x: tensor<2x3x9x9xf32>, %w: tensor<8x3x3x3xf32>, %o: tensor<2x8x7x7xf32>) -> tensor<2x8x7x7xf32> {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<2x3x9x9xf32>, tensor<8x3x3x3xf32>) outs(%o : tensor<2x8x7x7xf32>) -> tensor<2x8x7x7xf32>
  return %r : tensor<2x8x7x7xf32>
}

// -----

// torch-mlir's softmax asks for the position of the maximum and never looks at it.
// CHECK-LABEL: func.func @position_unused
// CHECK-NOT: linalg.index
// CHECK: arith.maximumf
func.func @position_unused(%x: tensor<4x8xf32>, %m: tensor<4xf32>, %p: tensor<4xi64>) -> tensor<4xf32> {
  %r:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%m, %p : tensor<4xf32>, tensor<4xi64>) {
  ^bb0(%a: f32, %b: f32, %c: i64):
    %i = linalg.index 1 : index
    %i64 = arith.index_cast %i : index to i64
    %max = arith.maximumf %a, %b : f32
    %gt = arith.cmpf ogt, %a, %b : f32
    %pos = arith.select %gt, %i64, %c : i64
    linalg.yield %max, %pos : f32, i64
  } -> (tensor<4xf32>, tensor<4xi64>)
  return %r#0 : tensor<4xf32>
}

// -----

// A convolution of integers, and one with dilation, stay as they are.
// CHECK-LABEL: func.func @left_alone
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: linalg.conv_2d_nchw_fchw
func.func @left_alone(%x: tensor<2x3x9x9xi32>, %w: tensor<8x3x3x3xi32>, %o: tensor<2x8x7x7xi32>,
                      %y: tensor<2x3x9x9xf32>, %v: tensor<8x3x3x3xf32>, %q: tensor<2x8x5x5xf32>) -> (tensor<2x8x7x7xi32>, tensor<2x8x5x5xf32>) {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<2x3x9x9xi32>, tensor<8x3x3x3xi32>) outs(%o : tensor<2x8x7x7xi32>) -> tensor<2x8x7x7xi32>
  %s = linalg.conv_2d_nchw_fchw {dilations = dense<2> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%y, %v : tensor<2x3x9x9xf32>, tensor<8x3x3x3xf32>) outs(%q : tensor<2x8x5x5xf32>) -> tensor<2x8x5x5xf32>
  return %r, %s : tensor<2x8x7x7xi32>, tensor<2x8x5x5xf32>
}
