// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --canonicalize --split-input-file | FileCheck %s

//===----------------------------------------------------------------------===//
// Neutral parameters
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @unit_scale
// CHECK: rmsnorm.rms_norm axes = [1] eps = 1.0e-06 ins(%{{[^,]*}} : tensor<4x8xf32>) outs(
func.func @unit_scale(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %g = arith.constant dense<1.0> : tensor<8xf32>
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g : tensor<4x8xf32>, tensor<8xf32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: @unit_scale_filled
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{[^,]*}} : tensor<?x?xbf16>) outs(
func.func @unit_scale_filled(%x: tensor<?x?xbf16>, %n: index) -> tensor<?x?xbf16> {
  %one = arith.constant 1.0 : bf16
  %e = tensor.empty(%n) : tensor<?xbf16>
  %g = linalg.fill ins(%one : bf16) outs(%e : tensor<?xbf16>) -> tensor<?xbf16>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<?x?xbf16>, tensor<?xbf16>) outs(%x : tensor<?x?xbf16>)
  return %0 : tensor<?x?xbf16>
}

// -----

// CHECK-LABEL: @other_scales_stay
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}}, scale %{{.*}} : tensor<4x2xf32>, tensor<2xf32>) outs(
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}}, scale %{{.*}} : tensor<4x2xf32>, tensor<2xf32>) outs(
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}}, scale %{{.*}} : tensor<4x2xf32>, tensor<2xf32>) outs(
func.func @other_scales_stay(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %g0 = arith.constant dense<-1.0> : tensor<2xf32>
  %g1 = arith.constant dense<[1.0, 1.00000012]> : tensor<2xf32>
  %g2 = arith.constant dense<0.0> : tensor<2xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g0 : tensor<4x2xf32>, tensor<2xf32>) outs(%x : tensor<4x2xf32>)
  %1 = rmsnorm.rms_norm axes = [1] ins(%0, scale %g1 : tensor<4x2xf32>, tensor<2xf32>) outs(%x : tensor<4x2xf32>)
  %2 = rmsnorm.rms_norm axes = [1] ins(%1, scale %g2 : tensor<4x2xf32>, tensor<2xf32>) outs(%x : tensor<4x2xf32>)
  return %2 : tensor<4x2xf32>
}

// -----

// v + (-0) is v for every v.
// CHECK-LABEL: @negative_zero_bias
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{[^,]*}} : tensor<4x8xf32>) outs(
func.func @negative_zero_bias(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %b = arith.constant dense<-0.0> : tensor<8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, bias %b : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// v + (+0) is v but for the sign of a zero, which is not specified.
// CHECK-LABEL: @positive_zero_bias
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{[^,]*}} : tensor<4x8xf32>) outs(
func.func @positive_zero_bias(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %b = arith.constant dense<0.0> : tensor<8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, bias %b : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Epsilon
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @splat_epsilon
// CHECK: rmsnorm.rms_norm axes = [1] eps = 1.25e-01 eps_mode = outside ins(%{{[^,]*}} : tensor<4x8xf32>) outs(
func.func @splat_epsilon(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = arith.constant dense<0.125> : tensor<8xbf16>
  %0 = rmsnorm.rms_norm axes = [1] eps_mode = outside ins(%x, eps %e : tensor<4x8xf32>, tensor<8xbf16>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// A negative epsilon is legal as an operand only.
// CHECK-LABEL: @negative_epsilon_stays
// CHECK: rmsnorm.rms_norm axes = [1] ins(%{{.*}}, eps %{{.*}} :
func.func @negative_epsilon_stays(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = arith.constant dense<-0.125> : tensor<8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, eps %e : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

// Finite in f64, infinite in the compute type: not an attribute either.
// CHECK-LABEL: @overflowing_epsilon_stays
// CHECK: rmsnorm.rms_norm axes = [1] ins(%{{.*}}, eps %{{.*}} :
func.func @overflowing_epsilon_stays(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = arith.constant dense<1.0e+300> : tensor<8xf64>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, eps %e : tensor<4x8xf32>, tensor<8xf64>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Extensions
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @extended_input
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xbf16>, %[[G:.*]]: tensor<8xf16>,
// CHECK-NOT: arith.extf
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%[[X]], scale %[[G]] : tensor<?x8xbf16>, tensor<8xf16>) outs(%{{.*}} : tensor<?x8xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#id1 = affine_map<(d0) -> (d0)>
func.func @extended_input(%x: tensor<?x8xbf16>, %g: tensor<8xf16>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x8xbf16>) outs(%y : tensor<?x8xf32>) {
  ^bb0(%a: bf16, %b: f32):
    %c = arith.extf %a : bf16 to f32
    linalg.yield %c : f32
  } -> tensor<?x8xf32>
  %h = arith.extf %g : tensor<8xf16> to tensor<8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%w, scale %h : tensor<?x8xf32>, tensor<8xf32>) outs(%y : tensor<?x8xf32>)
  return %0 : tensor<?x8xf32>
}

// -----

// An extension to f64 made the computation f64; it stays so.
// CHECK-LABEL: @compute_type_is_kept
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 compute_type = f64 ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf64>)
func.func @compute_type_is_kept(%x: tensor<4x8xf32>, %y: tensor<4x8xf64>) -> tensor<4x8xf64> {
  %w = arith.extf %x : tensor<4x8xf32> to tensor<4x8xf64>
  %0 = rmsnorm.rms_norm axes = [1] ins(%w : tensor<4x8xf64>) outs(%y : tensor<4x8xf64>)
  return %0 : tensor<4x8xf64>
}

// -----

// A unit extent may be indexed with 0.
// CHECK-LABEL: @extended_unit_extent
// CHECK-NOT: arith.extf
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<1x8xbf16>) outs(%{{.*}} : tensor<1x8xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#unit = affine_map<(d0, d1) -> (0, d1)>
func.func @extended_unit_extent(%x: tensor<1x8xbf16>, %y: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %w = linalg.generic {indexing_maps = [#unit, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<1x8xbf16>) outs(%y : tensor<1x8xf32>) {
  ^bb0(%a: bf16, %b: f32):
    %c = arith.extf %a : bf16 to f32
    linalg.yield %c : f32
  } -> tensor<1x8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%w : tensor<1x8xf32>) outs(%y : tensor<1x8xf32>)
  return %0 : tensor<1x8xf32>
}

// -----

// Not an extension alone: transposed, rounded, or with more in its body.
// CHECK-LABEL: @not_an_extension
// CHECK-COUNT-3: linalg.generic
// CHECK-COUNT-3: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<8x8xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#tr = affine_map<(d0, d1) -> (d1, d0)>
func.func @not_an_extension(%x: tensor<8x8xbf16>, %f: tensor<8x8xf32>, %y: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %t = linalg.generic {indexing_maps = [#tr, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<8x8xbf16>) outs(%y : tensor<8x8xf32>) {
  ^bb0(%a: bf16, %b: f32):
    %c = arith.extf %a : bf16 to f32
    linalg.yield %c : f32
  } -> tensor<8x8xf32>
  %u = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%f : tensor<8x8xf32>) outs(%y : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %r = arith.truncf %a : f32 to bf16
    %c = arith.extf %r : bf16 to f32
    linalg.yield %c : f32
  } -> tensor<8x8xf32>
  %v = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<8x8xbf16>) outs(%y : tensor<8x8xf32>) {
  ^bb0(%a: bf16, %b: f32):
    %c = arith.extf %a : bf16 to f32
    %d = arith.addf %c, %c : f32
    linalg.yield %d : f32
  } -> tensor<8x8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%t : tensor<8x8xf32>) outs(%y : tensor<8x8xf32>)
  %1 = rmsnorm.rms_norm axes = [1] ins(%u : tensor<8x8xf32>) outs(%y : tensor<8x8xf32>)
  %2 = rmsnorm.rms_norm axes = [1] ins(%v : tensor<8x8xf32>) outs(%y : tensor<8x8xf32>)
  return %0, %1, %2 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

// f8 is not an element type of the operation.
// CHECK-LABEL: @extended_from_f8
// CHECK: arith.extf
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<4x8xf32>)
func.func @extended_from_f8(%x: tensor<4x8xf8E4M3FN>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = arith.extf %x : tensor<4x8xf8E4M3FN> to tensor<4x8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%w : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Casts of the shape
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @cast_of_operands
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>, %[[G:.*]]: tensor<8xf32>, %[[Y:.*]]: tensor<4x8xf32>)
// CHECK: %[[N:.*]] = rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%[[X]], scale %[[G]] : tensor<4x8xf32>, tensor<8xf32>) outs(%[[Y]] : tensor<4x8xf32>)
// CHECK: %[[C:.*]] = tensor.cast %[[N]] : tensor<4x8xf32> to tensor<?x?xf32>
// CHECK: return %[[C]]
func.func @cast_of_operands(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %y: tensor<4x8xf32>) -> tensor<?x?xf32> {
  %cx = tensor.cast %x : tensor<4x8xf32> to tensor<?x?xf32>
  %cg = tensor.cast %g : tensor<8xf32> to tensor<?xf32>
  %cy = tensor.cast %y : tensor<4x8xf32> to tensor<?x?xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%cx, scale %cg : tensor<?x?xf32>, tensor<?xf32>) outs(%cy : tensor<?x?xf32>)
  return %0 : tensor<?x?xf32>
}

// -----

// CHECK-LABEL: @cast_of_results
// CHECK: %[[Y:.*]] = tensor.cast %{{.*}} : tensor<?x?xf32> to tensor<4x8xf32>
// CHECK: %[[R:.*]] = tensor.cast %{{.*}} : tensor<?xf32> to tensor<4xf32>
// CHECK: %[[N:.*]]:2 = rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<?x?xf32>) outs(%[[Y]], %[[R]] : tensor<4x8xf32>, tensor<4xf32>)
// CHECK: return %[[N]]#0, %[[N]]#1
func.func @cast_of_results(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>, %r: tensor<?xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<?x?xf32>) outs(%y, %r : tensor<?x?xf32>, tensor<?xf32>)
  %1 = tensor.cast %0#0 : tensor<?x?xf32> to tensor<4x8xf32>
  %2 = tensor.cast %0#1 : tensor<?xf32> to tensor<4xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @cast_of_shared_result_stays
// CHECK: %[[N:.*]] = rmsnorm.rms_norm {{.*}} outs(%{{.*}} : tensor<?x?xf32>)
// CHECK: tensor.cast %[[N]]
func.func @cast_of_shared_result_stays(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> (tensor<4x8xf32>, tensor<?x?xf32>) {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>)
  %1 = tensor.cast %0 : tensor<?x?xf32> to tensor<4x8xf32>
  return %1, %0 : tensor<4x8xf32>, tensor<?x?xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

// CHECK-LABEL: @cast_into_kernel
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}} : tensor<?x?xf32>)
func.func @cast_into_kernel(%x: tensor<4x8xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %cx = tensor.cast %x : tensor<4x8xf32> to tensor<?x?xf32>
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%cx : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>) {
  ^bb0(%a: f32):
    %t = rmsnorm.reduce add %a : f32
    rmsnorm.yield %t : f32
  }
  return %0 : tensor<?x?xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Nothing to do
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @no_rows
// CHECK-SAME: (%{{.*}}: tensor<0x8xf32>, %[[Y:.*]]: tensor<0x8xf32>, %[[R:.*]]: tensor<0xf32>)
// CHECK-NOT: rmsnorm
// CHECK: return %[[Y]], %[[R]]
func.func @no_rows(%x: tensor<0x8xf32>, %y: tensor<0x8xf32>, %r: tensor<0xf32>) -> (tensor<0x8xf32>, tensor<0xf32>) {
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<0x8xf32>) outs(%y, %r : tensor<0x8xf32>, tensor<0xf32>)
  return %0#0, %0#1 : tensor<0x8xf32>, tensor<0xf32>
}

// -----

// The statistic of an empty row is 1/sqrt(0/0): it must be written.
// CHECK-LABEL: @empty_rows_with_statistic
// CHECK: rmsnorm.rms_norm
func.func @empty_rows_with_statistic(%x: tensor<4x0xf32>, %r: tensor<4xf32>) -> tensor<4xf32> {
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x0xf32>) outs(%x, %r : tensor<4x0xf32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @empty_memref
// CHECK-NOT: rmsnorm
// CHECK: return
func.func @empty_memref(%x: memref<?x0xf32>) {
  rmsnorm.rms_norm axes = [1] ins(%x : memref<?x0xf32>) outs(%x : memref<?x0xf32>)
  return
}

// -----

// CHECK-LABEL: @unused_statistic
// CHECK: %[[N:.*]] = rmsnorm.rms_norm axes = [1] eps = 1.0e-05 ins(%{{.*}} : tensor<4x8xf32>) outs(%{{[^,]*}} : tensor<4x8xf32>) {note = "kept"}
// CHECK: return %[[N]]
func.func @unused_statistic(%x: tensor<4x8xf32>, %r: tensor<4xf32>) -> tensor<4x8xf32> {
  %0:2 = rmsnorm.rms_norm axes = [1] eps = 1.0e-5 ins(%x : tensor<4x8xf32>) outs(%x, %r : tensor<4x8xf32>, tensor<4xf32>) {note = "kept"}
  return %0#0 : tensor<4x8xf32>
}

// -----

// On buffers it is written for somebody else to read.
// CHECK-LABEL: @statistic_in_memory
// CHECK: rmsnorm.rms_norm {{.*}} outs(%{{.*}}, %{{.*}} : memref<4x8xf32>, memref<4xf32>)
func.func @statistic_in_memory(%x: memref<4x8xf32>, %r: memref<4xf32>) {
  rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%x, %r : memref<4x8xf32>, memref<4xf32>)
  return
}

// -----

//===----------------------------------------------------------------------===//
// One spelling
//===----------------------------------------------------------------------===//

// CHECK-LABEL: @one_spelling
// CHECK-COUNT-2: rmsnorm.rms_norm axes = [0, 2] eps = 0.0e+00 ins(%{{.*}} : tensor<2x3x4xf16>) outs(%{{.*}} : tensor<2x3x4xf16>){{$}}
func.func @one_spelling(%x: tensor<2x3x4xf16>) -> (tensor<2x3x4xf16>, tensor<2x3x4xf16>) {
  %0 = rmsnorm.rms_norm axes = [2, 0] eps_mode = clamp compute_type = f32 ins(%x : tensor<2x3x4xf16>) outs(%x : tensor<2x3x4xf16>)
  %1 = rmsnorm.rms_norm axes = [2, 0] eps_mode = outside ins(%0 : tensor<2x3x4xf16>) outs(%x : tensor<2x3x4xf16>)
  return %0, %1 : tensor<2x3x4xf16>, tensor<2x3x4xf16>
}

// -----

// With an epsilon per feature, or another compute type, neither is redundant.
// CHECK-LABEL: @meaningful_attributes_stay
// CHECK: rmsnorm.rms_norm axes = [1] eps_mode = clamp compute_type = f64 ins(%{{.*}}, eps %{{.*}} :
func.func @meaningful_attributes_stay(%x: tensor<4x8xf16>, %e: tensor<8xf32>) -> tensor<4x8xf16> {
  %0 = rmsnorm.rms_norm axes = [1] eps_mode = clamp compute_type = f64 ins(%x, eps %e : tensor<4x8xf16>, tensor<8xf32>) outs(%x : tensor<4x8xf16>)
  return %0 : tensor<4x8xf16>
}
