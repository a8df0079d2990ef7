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
// CHECK: %[[START:.+]] = arith.constant 0xFF800000 : f32
// CHECK: linalg.fill ins(%[[START]] : f32)
// CHECK: arith.maximumf
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
// CHECK: linalg.generic {{.*}} ins(%{{.+}} : tensor<2x3x9x9xf32>) outs(%{{.+}} : tensor<2x3x3x3x7x7xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<2x3x3x3x7x7xf32>, tensor<8x3x3x3xf32>)
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

// Dilated, with strides: windows, then a multiplication. Groups are a batch of it.
// CHECK-DAG: #[[WINDOWS:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 3 + d4 * 2, d3 + d5)>
// CHECK-LABEL: func.func @dilated
// CHECK-NOT: linalg.conv_2d
// CHECK: linalg.generic {indexing_maps = [#[[WINDOWS]], #{{.+}}], {{.*}} outs(%{{.+}} : tensor<2x3x2x3x2x7xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<2x3x2x3x2x7xf32>, tensor<8x3x2x3xf32>)
func.func @dilated(%y: tensor<2x3x9x9xf32>, %v: tensor<8x3x2x3xf32>, %q: tensor<2x8x2x7xf32>) -> tensor<2x8x2x7xf32> {
  %s = linalg.conv_2d_nchw_fchw {dilations = dense<[3, 1]> : vector<2xi64>, strides = dense<[2, 1]> : vector<2xi64>}
      ins(%y, %v : tensor<2x3x9x9xf32>, tensor<8x3x2x3xf32>) outs(%q : tensor<2x8x2x7xf32>) -> tensor<2x8x2x7xf32>
  return %s : tensor<2x8x2x7xf32>
}

// -----

// A filter of one point reads the input where it is.
// CHECK-LABEL: func.func @pointwise
// CHECK-SAME: %[[X:[^:]+]]:
// CHECK-NOT: tensor.empty
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%[[X]],
func.func @pointwise(%x: tensor<?x3x?x9xbf16>, %w: tensor<8x3x1x1xbf16>, %o: tensor<?x8x?x9xbf16>) -> tensor<?x8x?x9xbf16> {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<?x3x?x9xbf16>, tensor<8x3x1x1xbf16>) outs(%o : tensor<?x8x?x9xbf16>) -> tensor<?x8x?x9xbf16>
  return %r : tensor<?x8x?x9xbf16>
}

// -----

// No channels are summed: shifted images are. Half types are summed in f32.
// CHECK-LABEL: func.func @depthwise
// CHECK-NOT: linalg.depthwise
// CHECK-DAG: tensor.extract_slice %{{.+}}[0, 0, 0] [2, 16, 20] [1, 1, 1]
// CHECK-DAG: tensor.extract_slice %{{.+}}[0, 0, 6] [2, 16, 20] [1, 1, 1]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK-COUNT-4: arith.mulf {{.*}} : f32
// CHECK: arith.truncf
func.func @depthwise(%x: tensor<2x16x26xf16>, %w: tensor<16x4xf16>, %o: tensor<2x16x20xf16>) -> tensor<2x16x20xf16> {
  %r = linalg.depthwise_conv_1d_ncw_cw {dilations = dense<2> : vector<1xi64>, strides = dense<1> : vector<1xi64>}
      ins(%x, %w : tensor<2x16x26xf16>, tensor<16x4xf16>) outs(%o : tensor<2x16x20xf16>) -> tensor<2x16x20xf16>
  return %r : tensor<2x16x20xf16>
}

// -----

// A convolution of integers, and a sum of windows that no filter weighs, stay.
// CHECK-LABEL: func.func @left_alone
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: linalg.pooling_nchw_sum
func.func @left_alone(%x: tensor<2x3x9x9xi32>, %w: tensor<8x3x3x3xi32>, %o: tensor<2x8x7x7xi32>,
                      %y: tensor<2x3x9x9xf32>, %v: tensor<3x3xf32>, %q: tensor<2x3x7x7xf32>) -> (tensor<2x8x7x7xi32>, tensor<2x3x7x7xf32>) {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<2x3x9x9xi32>, tensor<8x3x3x3xi32>) outs(%o : tensor<2x8x7x7xi32>) -> tensor<2x8x7x7xi32>
  %s = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%y, %v : tensor<2x3x9x9xf32>, tensor<3x3xf32>) outs(%q : tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xf32>
  return %r, %s : tensor<2x8x7x7xi32>, tensor<2x3x7x7xf32>
}

// -----

// A piece is computed where it lies; the same of the same once.
// CHECK-LABEL: func.func @elementwise_of_concat
// CHECK-SAME: %[[A:.+]]: tensor<4x8xf32>, %[[B:.+]]: tensor<4x16xf32>
// CHECK: %[[COS:.+]] = linalg.generic {{.*}} ins(%[[A]] :
// CHECK: math.cos
// CHECK-NOT: math.cos
// CHECK-DAG: %[[B0:.+]] = tensor.extract_slice %[[B]][0, 0] [4, 8]
// CHECK-DAG: %[[B1:.+]] = tensor.extract_slice %[[B]][0, 8] [4, 8]
// CHECK-DAG: linalg.generic {{.*}} ins(%[[COS]], %[[B0]] :
// CHECK-DAG: linalg.generic {{.*}} ins(%[[COS]], %[[B1]] :
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice
func.func @elementwise_of_concat(%a: tensor<4x8xf32>, %b: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %c = tensor.concat dim(1) %a, %a : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %cos = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.cos %x : f32
    linalg.yield %y : f32
  } -> tensor<4x16xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%cos, %b : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %z = arith.mulf %x, %y : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %m : tensor<4x16xf32>
}

// -----

// What depends on the position stays behind the concatenation.
// CHECK-LABEL: func.func @position
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice
// CHECK: linalg.generic
// CHECK: linalg.index
func.func @position(%a: tensor<4x8xi64>, %b: tensor<4x8xi64>) -> tensor<4x16xi64> {
  %c = tensor.concat dim(1) %a, %b : (tensor<4x8xi64>, tensor<4x8xi64>) -> tensor<4x16xi64>
  %e = tensor.empty() : tensor<4x16xi64>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<4x16xi64>) outs(%e : tensor<4x16xi64>) {
  ^bb0(%x: i64, %o: i64):
    %j = linalg.index 1 : index
    %j64 = arith.index_cast %j : index to i64
    %y = arith.addi %x, %j64 : i64
    linalg.yield %y : i64
  } -> tensor<4x16xi64>
  return %r : tensor<4x16xi64>
}

// -----

// CHECK-LABEL: func.func @slice_of_transpose
// CHECK-SAME: %[[X:.+]]: tensor<2x?x4x8xf32>
// CHECK: %[[S:.+]] = tensor.extract_slice %[[X]][0, 0, 0, 4] [2, %{{.+}}, 4, 4] [1, 1, 1, 1]
// CHECK: linalg.transpose ins(%[[S]] : tensor<2x?x4x4xf32>) outs(%{{.+}} : tensor<2x4x?x4xf32>) permutation = [0, 2, 1, 3]
func.func @slice_of_transpose(%x: tensor<2x?x4x8xf32>, %n: index) -> tensor<2x4x?x4xf32> {
  %e = tensor.empty(%n) : tensor<2x4x?x8xf32>
  %t = linalg.transpose ins(%x : tensor<2x?x4x8xf32>) outs(%e : tensor<2x4x?x8xf32>) permutation = [0, 2, 1, 3]
  %s = tensor.extract_slice %t[0, 0, 0, 4] [2, 4, %n, 4] [1, 1, 1, 1] : tensor<2x4x?x8xf32> to tensor<2x4x?x4xf32>
  return %s : tensor<2x4x?x4xf32>
}

// -----

// One element has no stride.
// CHECK-LABEL: func.func @one_element
// CHECK: tensor.extract_slice %{{.+}}[0, 7, 1] [3, 1, 1] [2, 1, 1]
func.func @one_element(%a: tensor<6x8x3xf32>) -> tensor<3x1xf32> {
  %r = tensor.extract_slice %a[0, 7, 1] [3, 1, 1] [2, 4, 2] : tensor<6x8x3xf32> to tensor<3x1xf32>
  return %r : tensor<3x1xf32>
}

// -----

// Even and odd elements of a row, put together again: slices with a step, of the
// row itself, and a concatenation of elementwise results.
// CHECK-LABEL: func.func @alternating
// CHECK-DAG: %[[EVEN:.*]] = tensor.extract_slice %arg0[0, 0] [4, 8] [1, 2] : tensor<4x16xf32> to tensor<4x8xf32>
// CHECK-DAG: %[[ODD:.*]] = tensor.extract_slice %arg0[0, 1] [4, 8] [1, 2] : tensor<4x16xf32> to tensor<4x8xf32>
// CHECK-NOT: tensor.extract_slice %{{.*}} : tensor<4x8x2xf32>
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice
// CHECK: %[[R:.*]] = tensor.collapse_shape
// CHECK: return %[[R]]
#id = affine_map<(d0, d1) -> (d0, d1)>
#kept = affine_map<(d0, d1) -> (0, d1)>
func.func @alternating(%x: tensor<4x16xf32>, %c: tensor<1x16xf32>) -> tensor<4x16xf32> {
  %pairs = tensor.expand_shape %x [[0], [1, 2]] output_shape [4, 8, 2] : tensor<4x16xf32> into tensor<4x8x2xf32>
  %even = tensor.extract_slice %pairs[0, 0, 0] [4, 8, 1] [1, 1, 1] : tensor<4x8x2xf32> to tensor<4x8x1xf32>
  %odd = tensor.extract_slice %pairs[0, 0, 1] [4, 8, 1] [1, 1, 1] : tensor<4x8x2xf32> to tensor<4x8x1xf32>
  %swapped = tensor.concat dim(2) %odd, %even : (tensor<4x8x1xf32>, tensor<4x8x1xf32>) -> tensor<4x8x2xf32>
  %flat = tensor.collapse_shape %swapped [[0], [1, 2]] : tensor<4x8x2xf32> into tensor<4x16xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #kept, #id], iterator_types = ["parallel", "parallel"]} ins(%flat, %c : tensor<4x16xf32>, tensor<1x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A part that is left as it is becomes pieces as short as the others; an
// argument, which nothing computes, is not cut.
// CHECK-LABEL: func.func @unequal
// CHECK: %[[N:.*]] = rmsnorm.rms_norm
// CHECK-DAG: tensor.extract_slice %[[N]][0, 0] [4, 4] [1, 1]
// CHECK-DAG: tensor.extract_slice %[[N]][0, 4] [4, 4] [1, 1]
// CHECK-DAG: tensor.extract_slice %[[N]][0, 8] [4, 4] [1, 1]
// CHECK-DAG: tensor.extract_slice %[[N]][0, 12] [4, 4] [1, 1]
// CHECK-NOT: tensor.extract_slice %[[N]]
// CHECK: tensor.extract_slice %arg1[0, 8] [4, 8] [1, 1]
// CHECK: return
func.func @unequal(%x: tensor<4x16xf32>, %z: tensor<4x16xf32>, %e: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x12xf32>) {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>)
  %a = tensor.extract_slice %n[0, 0] [4, 4] [1, 1] : tensor<4x16xf32> to tensor<4x4xf32>
  %b = tensor.extract_slice %n[0, 4] [4, 4] [1, 1] : tensor<4x16xf32> to tensor<4x4xf32>
  %c = tensor.extract_slice %n[0, 8] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %turned = tensor.concat dim(1) %b, %a : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  %y = tensor.concat dim(1) %turned, %c : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %p = tensor.extract_slice %z[0, 0] [4, 4] [1, 1] : tensor<4x16xf32> to tensor<4x4xf32>
  %q = tensor.extract_slice %z[0, 8] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %w = tensor.concat dim(1) %p, %q : (tensor<4x4xf32>, tensor<4x8xf32>) -> tensor<4x12xf32>
  return %y, %w : tensor<4x16xf32>, tensor<4x12xf32>
}

// -----

// A negative padding crops before anything is filled.
// CHECK-LABEL: func.func @crop(
// CHECK: %[[S:.*]] = tensor.extract_slice %arg0[0, 0] [2, 40] [1, 1]
// CHECK: %[[F:.*]] = linalg.fill
// CHECK: tensor.insert_slice %[[S]] into %[[F]][0, 4] [2, 40] [1, 1]
func.func @crop(%x: tensor<2x48xf32>) -> tensor<2x44xf32> {
  %cst = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 4] high[0, -8] {
  ^bb0(%i: index, %j: index):
    tensor.yield %cst : f32
  } : tensor<2x48xf32> to tensor<2x44xf32>
  return %p : tensor<2x44xf32>
}

// -----

// CHECK: #[[LESS:.*]] = affine_map<()[s0] -> (s0 - 12)>
// CHECK-LABEL: func.func @crop_dynamic(
// CHECK: %[[N:.*]] = affine.apply #[[LESS]]()[%{{.*}}]
// CHECK: %[[S:.*]] = tensor.extract_slice %arg0[0, 4] [%{{.*}}, %[[N]]] [1, 1]
// CHECK: tensor.insert_slice %[[S]] into %{{.*}}[1, 0] [%{{.*}}, %[[N]]] [1, 1]
func.func @crop_dynamic(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %cst = arith.constant 0.0 : f32
  %p = tensor.pad %x low[1, -4] high[0, -8] {
  ^bb0(%i: index, %j: index):
    tensor.yield %cst : f32
  } : tensor<?x?xf32> to tensor<?x?xf32>
  return %p : tensor<?x?xf32>
}

// -----

// So many pieces in slices of one tensor would take the bufferization minutes.

// CHECK-LABEL: func.func @many_pieces
// CHECK-NOT: tensor.insert_slice
// CHECK: tensor.concat
func.func @many_pieces(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) -> tensor<3x132xf32> {
  %o = tensor.concat dim(1) %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x
      : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>)
      -> tensor<3x132xf32>
  return %o : tensor<3x132xf32>
}
