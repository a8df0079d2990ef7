// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --split-input-file | FileCheck %s

// The output takes the buffer of the input: no allocation, no copy.
// CHECK-LABEL: @norm_in_place
// CHECK-SAME: (%[[X:.*]]: memref<4x8xf32>, %[[G:.*]]: memref<8xf32>)
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: rmsnorm.rms_norm axes = [1] eps = 1.0e-06 ins(%[[X]], scale %[[G]] : memref<4x8xf32>, memref<8xf32>) outs(%[[X]] : memref<4x8xf32>)
// CHECK: return %[[X]]
func.func @norm_in_place(%x: tensor<4x8xf32>, %g: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// The contents of a destination are not read: nothing is copied into it.
// CHECK-LABEL: @destination_is_only_written
// CHECK-SAME: (%[[X:.*]]: memref<4x8xf32>, %[[Y:.*]]: memref<4x8xf32>
// CHECK-NOT: memref.copy
// CHECK: %[[ALLOC:.*]] = memref.alloc() {{.*}} : memref<4x8xf32>
// CHECK-NOT: memref.copy
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%[[X]] : memref<4x8xf32>) outs(%[[ALLOC]] : memref<4x8xf32>)
// CHECK-NOT: memref.copy
// CHECK: return %[[ALLOC]], %[[Y]]
func.func @destination_is_only_written(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>)
  return %0, %y : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// The input is still needed: the output gets a buffer of its own.
// CHECK-LABEL: @input_used_later
// CHECK-SAME: (%[[X:.*]]: memref<4x8xf32>)
// CHECK: %[[ALLOC:.*]] = memref.alloc
// CHECK: rmsnorm.rms_norm {{.*}} ins(%[[X]] : {{.*}}) outs(%[[ALLOC]] :
// CHECK: return %[[ALLOC]], %[[X]]
func.func @input_used_later(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0, %x : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// A broadcast scale is read again for every row: it cannot be overwritten.
// CHECK-LABEL: @scale_as_destination
// CHECK-SAME: (%[[X:.*]]: memref<8x8xf32>, %[[G:.*]]: memref<8xf32>)
// CHECK: %[[ALLOC:.*]] = memref.alloc() {{.*}} : memref<8xf32>
// CHECK: rmsnorm.rms_norm {{.*}} ins(%[[X]], scale %[[G]] : {{.*}}) outs(%{{.*}}, %[[ALLOC]] :
func.func @scale_as_destination(%x: tensor<8x8xf32>, %g: tensor<8xf32>) -> (tensor<8x8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8x8xf32>
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<8x8xf32>, tensor<8xf32>) outs(%e, %g : tensor<8x8xf32>, tensor<8xf32>)
  return %0#0, %0#1 : tensor<8x8xf32>, tensor<8xf32>
}

// -----

// A scale of the input's own shape is read once per element: it can.
// CHECK-LABEL: @full_scale_as_destination
// CHECK-SAME: (%[[X:.*]]: memref<4x8xf32>, %[[G:.*]]: memref<4x8xf32>)
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.rms_norm {{.*}} ins(%[[X]], scale %[[G]] : {{.*}}) outs(%[[G]] :
func.func @full_scale_as_destination(%x: tensor<4x8xf32>, %g: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<4x8xf32>, tensor<4x8xf32>) outs(%g : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// Where the input's first extent is 1, a broadcast operand of rank 2 still
// aligns element by element, but one of rank 1 has another type than the output.
// CHECK-LABEL: @bias_of_one_row
// CHECK-SAME: (%[[X:.*]]: memref<1x8xf32>, %[[B:.*]]: memref<1x8xf32>)
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.rms_norm {{.*}} ins(%[[X]], bias %[[B]] : {{.*}}) outs(%[[B]] :
func.func @bias_of_one_row(%x: tensor<1x8xf32>, %b: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, bias %b : tensor<1x8xf32>, tensor<1x8xf32>) outs(%b : tensor<1x8xf32>)
  return %0 : tensor<1x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>
#row = affine_map<(r, c) -> (r)>
#col = affine_map<(r, c) -> (c)>

// CHECK-LABEL: @kernel_in_place
// CHECK-SAME: (%[[X:.*]]: memref<4x8xf32>, %[[G:.*]]: memref<8xf32>, %[[S:.*]]: f32)
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"]
// CHECK-SAME: ins(%[[X]], %[[G]], %[[S]] : memref<4x8xf32>, memref<8xf32>, f32) outs(%[[X]] : memref<4x8xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK: rmsnorm.yield %{{.*}} : f32
// CHECK: return %[[X]]
func.func @kernel_in_place(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %s: f32) -> tensor<4x8xf32> {
  %0 = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"] maps = [#id, #col, affine_map<(r, c) -> ()>, #id]
    ins(%x, %g, %s : tensor<4x8xf32>, tensor<8xf32>, f32) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32, %w: f32, %k: f32):
    %t = rmsnorm.reduce add %a : f32
    %u = arith.divf %a, %t : f32
    %v = arith.mulf %u, %w : f32
    %z = arith.mulf %v, %k : f32
    rmsnorm.yield %z : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>
#tr = affine_map<(r, c) -> (c, r)>

// Read transposed: in place would overwrite what other rows still read.
// CHECK-LABEL: @kernel_transposed
// CHECK-SAME: (%[[X:.*]]: memref<8x8xf32>)
// CHECK: %[[ALLOC:.*]] = memref.alloc
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%[[X]] : {{.*}}) outs(%[[ALLOC]] :
func.func @kernel_transposed(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#tr, #id]
    ins(%x : tensor<8x8xf32>) outs(%x : tensor<8x8xf32>) {
  ^bb0(%a: f32):
    %t = rmsnorm.reduce add %a : f32
    rmsnorm.yield %t : f32
  }
  return %0 : tensor<8x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>
#row = affine_map<(r, c) -> (r)>

// A statistic's element is written once and its input read for each column:
// they do not share a buffer.
// CHECK-LABEL: @kernel_statistic
// CHECK-SAME: (%[[X:.*]]: memref<4x8xf32>, %[[R:.*]]: memref<4xf32>)
// CHECK: %[[ALLOC:.*]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%[[X]], %[[R]] : {{.*}}) outs(%[[ALLOC]] :
func.func @kernel_statistic(%x: tensor<4x8xf32>, %r: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #row, #row]
    ins(%x, %r : tensor<4x8xf32>, tensor<4xf32>) outs(%r : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %a, %b : f32
    %t = rmsnorm.reduce add %s : f32
    rmsnorm.yield %t : f32
  }
  return %0 : tensor<4xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>
#tr = affine_map<(r, c) -> (c, r)>

// An input that only gives an extent is not read.
// CHECK-LABEL: @kernel_unread_input
// CHECK-SAME: (%[[X:.*]]: memref<8x8xf32>, %[[Z:.*]]: memref<8x8xf32>)
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%[[X]], %[[Z]] : {{.*}}) outs(%[[Z]] :
func.func @kernel_unread_input(%x: tensor<8x8xf32>, %z: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #tr, #id]
    ins(%x, %z : tensor<8x8xf32>, tensor<8x8xf32>) outs(%z : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<8x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

// A producer's buffer is reused through the chain of both operations.
// CHECK-LABEL: @chain
// CHECK-SAME: (%[[X:.*]]: memref<?x8xf32>)
// CHECK: %[[ALLOC:.*]] = memref.alloc
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.rms_norm {{.*}} ins(%[[X]] : {{.*}}) outs(%[[ALLOC]] :
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%[[ALLOC]] : {{.*}}) outs(%[[ALLOC]] :
// CHECK: return %[[ALLOC]]
func.func @chain(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>)
  %1 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%0 : tensor<?x8xf32>) outs(%0 : tensor<?x8xf32>) {
  ^bb0(%a: f32):
    %m = rmsnorm.reduce maximum %a : f32
    %s = arith.subf %a, %m : f32
    rmsnorm.yield %s : f32
  }

  return %1 : tensor<?x8xf32>
}
