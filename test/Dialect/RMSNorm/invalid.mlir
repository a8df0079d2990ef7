// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics

//===----------------------------------------------------------------------===//
// axes
//===----------------------------------------------------------------------===//

func.func @axes_empty(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'axes' must name at least one dimension}}
  %0 = rmsnorm.rms_norm axes = [] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @axes_too_large(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'axes' has 2, expected a dimension in [0, 2)}}
  %0 = rmsnorm.rms_norm axes = [2] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @axes_negative(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'axes' has -1, expected a dimension in [0, 2)}}
  %0 = rmsnorm.rms_norm axes = [-1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @axes_repeated(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'axes' has 1 more than once}}
  %0 = rmsnorm.rms_norm axes = [1, 0, 1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @axes_missing(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{requires attribute 'axes'}}
  %0 = rmsnorm.rms_norm ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @axes_not_integers(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'axes' must hold integers, got "one"}}
  %0 = rmsnorm.rms_norm {axes = ["one"]} ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

func.func @eps_negative(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps' must be finite and not negative, got -9.9999999999999995E-7 : f64}}
  %0 = rmsnorm.rms_norm axes = [1] eps = -1.0e-6 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_nan(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps' must be finite and not negative, got 0x7FF8000000000000 : f64}}
  %0 = rmsnorm.rms_norm {axes = [1], eps = 0x7FF8000000000000 : f64} ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_infinite(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps' must be finite and not negative, got 0x7FF0000000000000 : f64}}
  %0 = rmsnorm.rms_norm {axes = [1], eps = 0x7FF0000000000000 : f64} ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_overflows_compute_type(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps' 1.000000e+40 : f64 overflows the compute type 'f32'}}
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e+40 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @min_rms_negative(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'min_rms' must be finite and not negative, got -1.000000e+00 : f64}}
  %0 = rmsnorm.rms_norm axes = [1] min_rms = -1.0 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @min_rms_nan(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'min_rms' must be finite and not negative, got 0x7FF8000000000000 : f64}}
  %0 = rmsnorm.rms_norm {axes = [1], min_rms = 0x7FF8000000000000 : f64} ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @min_rms_overflows_compute_type(%x: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  // expected-error @+1 {{'min_rms' 1.000000e+40 : f64 overflows the compute type 'f32'}}
  %0 = rmsnorm.rms_norm axes = [1] min_rms = 1.0e+40 ins(%x : tensor<4x8xbf16>) outs(%x : tensor<4x8xbf16>)
  return %0 : tensor<4x8xbf16>
}

// -----

func.func @eps_twice(%x: tensor<4x8xf32>, %e: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{has both an 'eps' attribute and an 'eps' operand}}
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, eps %e : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

func.func @input_integer(%x: tensor<4x8xi32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{input must have element type f16, bf16, f32 or f64, got 'i32'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xi32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @input_float8(%x: tensor<4x8xf8E4M3FN>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{input must have element type f16, bf16, f32 or f64, got 'f8E4M3FN'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf8E4M3FN>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @output_integer(%x: tensor<4x8xf32>, %y: tensor<4x8xi8>) -> tensor<4x8xi8> {
  // expected-error @+1 {{output must have element type f16, bf16, f32 or f64, got 'i8'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xi8>)
  return %0 : tensor<4x8xi8>
}

// -----

func.func @scale_integer(%x: tensor<4x8xf32>, %g: tensor<8xi32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'scale' must have element type f16, bf16, f32 or f64, got 'i32'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<4x8xf32>, tensor<8xi32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @input_rank_0(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{the input must have rank 1 or more, got rank 0}}
  %0 = rmsnorm.rms_norm axes = [0] ins(%x : tensor<f32>) outs(%x : tensor<f32>)
  return %0 : tensor<f32>
}

// -----

func.func @input_unranked(%x: tensor<*xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{operand #0 must be ranked tensor or memref, but got 'tensor<*xf32>'}}
  %0 = rmsnorm.rms_norm axes = [0] ins(%x : tensor<*xf32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @input_not_shaped(%x: f32, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{operand #0 must be ranked tensor or memref, but got 'f32'}}
  %0 = rmsnorm.rms_norm axes = [0] ins(%x : f32) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @input_vector(%x: vector<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{operand #0 must be ranked tensor or memref, but got 'vector<4x8xf32>'}}
  %0 = rmsnorm.rms_norm axes = [0] ins(%x : vector<4x8xf32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @scale_unranked(%x: tensor<4x8xf32>, %g: tensor<*xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{operand #1 must be ranked tensor or memref, but got 'tensor<*xf32>'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<4x8xf32>, tensor<*xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @output_shape(%x: tensor<4x8xf32>, %y: tensor<4x9xf32>) -> tensor<4x9xf32> {
  // expected-error @+1 {{output must have the shape of the input 'tensor<4x8xf32>', got 'tensor<4x9xf32>'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x9xf32>)
  return %0 : tensor<4x9xf32>
}

// -----

func.func @output_rank(%x: tensor<4x8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{output must have the shape of the input 'tensor<4x8xf32>', got 'tensor<8xf32>'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%y : tensor<8xf32>)
  return %0 : tensor<8xf32>
}

// -----

func.func @compute_type_narrower(%x: tensor<4x8xf64>) -> tensor<4x8xf64> {
  // expected-error @+1 {{'compute_type' 'f32' is narrower than the input's element type 'f64'}}
  %0 = rmsnorm.rms_norm axes = [1] compute_type = f32 ins(%x : tensor<4x8xf64>) outs(%x : tensor<4x8xf64>)
  return %0 : tensor<4x8xf64>
}

// -----

func.func @compute_type_half(%x: tensor<4x8xf16>) -> tensor<4x8xf16> {
  // expected-error @+1 {{'compute_type' must be f32 or f64, got 'f16'}}
  %0 = rmsnorm.rms_norm axes = [1] compute_type = f16 ins(%x : tensor<4x8xf16>) outs(%x : tensor<4x8xf16>)
  return %0 : tensor<4x8xf16>
}

// -----

func.func @mixed_tensor_memref(%x: tensor<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{operands must be all tensors or all memrefs}}
  rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%y : memref<4x8xf32>)
  return
}

// -----

func.func @mixed_memref_tensor(%x: memref<4x8xf32>, %g: tensor<8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{operands must be all tensors or all memrefs}}
  rmsnorm.rms_norm axes = [1] ins(%x, scale %g : memref<4x8xf32>, tensor<8xf32>) outs(%y : memref<4x8xf32>)
  return
}

// -----

func.func @result_type(%x: tensor<4x8xf32>) -> tensor<4x8xf16> {
  // expected-error @+1 {{result type 'tensor<4x8xf16>' differs from its destination's 'tensor<4x8xf32>'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) -> tensor<4x8xf16>
  return %0 : tensor<4x8xf16>
}

// -----

func.func @result_of_memref(%x: memref<4x8xf32>) {
  // expected-error @+1 {{expected 0 results, got 1}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%x : memref<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

func.func @scale_extent(%x: tensor<4x8xf32>, %g: tensor<4xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'scale' cannot be broadcast to the input: its dimension 0 has extent 4, expected 1 or 8 (dimension 1 of the input)}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<4x8xf32>, tensor<4xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @bias_rank(%x: tensor<4x8xf32>, %b: tensor<1x4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'bias' of rank 3 cannot be broadcast to the input of rank 2}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, bias %b : tensor<4x8xf32>, tensor<1x4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_extent(%x: tensor<?x4x8xf32>, %e: tensor<3x1xf32>) -> tensor<?x4x8xf32> {
  // expected-error @+1 {{'eps' cannot be broadcast to the input: its dimension 0 has extent 3, expected 1 or 4 (dimension 1 of the input)}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, eps %e : tensor<?x4x8xf32>, tensor<3x1xf32>) outs(%x : tensor<?x4x8xf32>)
  return %0 : tensor<?x4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// rstd
//===----------------------------------------------------------------------===//

func.func @rstd_shape(%x: tensor<4x8xf32>, %r: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'rstd' must have the shape of the input without 'axes', got 'tensor<8xf32>'}}
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x, %r : tensor<4x8xf32>, tensor<8xf32>)
  return %0#0 : tensor<4x8xf32>
}

// -----

func.func @rstd_keeps_axes(%x: tensor<4x8xf32>, %r: tensor<4x1xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'rstd' must have the shape of the input without 'axes', got 'tensor<4x1xf32>'}}
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x, %r : tensor<4x8xf32>, tensor<4x1xf32>)
  return %0#0 : tensor<4x8xf32>
}

// -----

func.func @rstd_type(%x: tensor<4x8xbf16>, %r: tensor<4xbf16>) -> tensor<4x8xbf16> {
  // expected-error @+1 {{'rstd' must have the compute type 'f32' as element type, got 'bf16'}}
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xbf16>) outs(%x, %r : tensor<4x8xbf16>, tensor<4xbf16>)
  return %0#0 : tensor<4x8xbf16>
}

// -----

func.func @rstd_unranked(%x: memref<4x8xf32>, %r: memref<*xf32>) {
  // expected-error @+1 {{operand #2 must be ranked tensor or memref, but got 'memref<*xf32>'}}
  rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%x, %r : memref<4x8xf32>, memref<*xf32>)
  return
}

// -----

func.func @rstd_with_eps_operand(%x: tensor<4x8xf32>, %e: tensor<8xf32>, %r: tensor<4xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'rstd' is not defined with an 'eps' operand that has a dimension in 'axes'}}
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x, eps %e : tensor<4x8xf32>, tensor<8xf32>) outs(%x, %r : tensor<4x8xf32>, tensor<4xf32>)
  return %0#0 : tensor<4x8xf32>
}
