// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-decompose --split-input-file | FileCheck %s

// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: @outer
// CHECK: tensor.empty() : tensor<3x4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["reduction", "parallel", "parallel"]}
// CHECK: arith.constant 2.000000e+00 : f32
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]]
func.func @outer(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = rmsnorm.rms_norm axes = [0] ins(%x : tensor<2x3x4xf32>) outs(%x : tensor<2x3x4xf32>)
  return %0 : tensor<2x3x4xf32>
}

// -----

// Not adjacent; N is the product, a channels-first scale keeps its place.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[CHANNEL:.*]] = affine_map<(d0, d1, d2) -> (d1, 0)>
// CHECK-LABEL: @not_adjacent
// CHECK: iterator_types = ["reduction", "parallel", "reduction"]
// CHECK: arith.constant 8.000000e+00 : f32
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[ROW]], #[[CHANNEL]], #{{.*}}]
func.func @not_adjacent(%x: tensor<2x3x4xf32>, %g: tensor<3x1xf32>) -> tensor<2x3x4xf32> {
  %0 = rmsnorm.rms_norm axes = [0, 2] ins(%x, scale %g : tensor<2x3x4xf32>, tensor<3x1xf32>) outs(%x : tensor<2x3x4xf32>)
  return %0 : tensor<2x3x4xf32>
}

// -----

// The order in which axes are named is of no consequence.
// CHECK-LABEL: @unordered
// CHECK: iterator_types = ["reduction", "parallel", "reduction"]
func.func @unordered(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = rmsnorm.rms_norm axes = [2, 0] ins(%x : tensor<2x3x4xf32>) outs(%x : tensor<2x3x4xf32>)
  return %0 : tensor<2x3x4xf32>
}

// -----

// One statistic for everything.
// CHECK-DAG: #[[NONE:.*]] = affine_map<(d0, d1) -> ()>
// CHECK-LABEL: @all
// CHECK: tensor.empty() : tensor<f32>
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[NONE]]], iterator_types = ["reduction", "reduction"]}
// CHECK: arith.constant 1.200000e+01 : f32
// CHECK: linalg.generic {indexing_maps = [#[[STAT:.*]], #[[STAT]]], iterator_types = []} ins(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<f32>)
func.func @all(%x: tensor<3x4xf32>, %r: tensor<f32>) -> (tensor<3x4xf32>, tensor<f32>) {
  %0:2 = rmsnorm.rms_norm axes = [0, 1] ins(%x : tensor<3x4xf32>) outs(%x, %r : tensor<3x4xf32>, tensor<f32>)
  return %0#0, %0#1 : tensor<3x4xf32>, tensor<f32>
}

// -----

// An empty row divides by zero, as it should: 0/0 is NaN.
// CHECK-LABEL: @empty
// CHECK: arith.constant 0.000000e+00 : f32
// CHECK: arith.divf
func.func @empty(%x: tensor<4x0xf32>, %r: tensor<4xf32>) -> tensor<4xf32> {
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x0xf32>) outs(%x, %r : tensor<4x0xf32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}
