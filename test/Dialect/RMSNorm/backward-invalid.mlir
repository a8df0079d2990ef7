// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics

func.func @axes_empty(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{'axes' must name at least one dimension}}
  %0 = rmsnorm.rms_norm_backward axes = [] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @axes_range(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{'axes' has 2, expected a dimension in [0, 2)}}
  %0 = rmsnorm.rms_norm_backward axes = [2] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @axes_twice(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{'axes' has 1 more than once}}
  %0 = rmsnorm.rms_norm_backward axes = [1, 1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @axes_missing(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{requires attribute 'axes'}}
  %0 = rmsnorm.rms_norm_backward  ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @eps_negative(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{'eps' must be finite and not negative, got -1.000000e+00 : f64}}
  %0 = rmsnorm.rms_norm_backward axes = [1] eps = -1.0 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @min_rms_overflows(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{'min_rms' 1.000000e+300 : f64 overflows the compute type 'f32'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] min_rms = 1.0e300 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @compute_type(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{'compute_type' must be f32 or f64, got 'bf16'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] compute_type = bf16 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @compute_type_narrow(%dy: tensor<4x8xf64>, %x: tensor<4x8xf64>) {
  // expected-error @+1 {{'compute_type' 'f32' is narrower than the input's element type 'f64'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] compute_type = f32 ins(%dy, %x : tensor<4x8xf64>, tensor<4x8xf64>) outs(%x : tensor<4x8xf64>)
  return
}

// -----

func.func @eps_twice(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{has both an 'eps' attribute and an 'eps' operand}}
  %0 = rmsnorm.rms_norm_backward axes = [1] eps = 1.0 ins(%dy, %x, eps %e : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @rank(%x: tensor<f32>) {
  // expected-error @+1 {{the input must have rank 1 or more, got rank 0}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%x, %x : tensor<f32>, tensor<f32>) outs(%x : tensor<f32>)
  return
}

// -----

func.func @input_type(%dy: tensor<4x8xf32>, %x: tensor<4x8xi32>) {
  // expected-error @+1 {{input must have element type f16, bf16, f32 or f64, got 'i32'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xi32>) outs(%dy : tensor<4x8xf32>)
  return
}

// -----

func.func @dy_type(%dy: tensor<4x8xi32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{dy must have element type f16, bf16, f32 or f64, got 'i32'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xi32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @dx_type(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{dx must have element type f16, bf16, f32 or f64, got 'i32'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%i : tensor<4x8xi32>)
  return
}

// -----

func.func @dy_shape(%dy: tensor<4x7xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{dy must have the shape of the input 'tensor<4x8xf32>', got 'tensor<4x7xf32>'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x7xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @dx_shape(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %i: tensor<8x4xf32>) {
  // expected-error @+1 {{dx must have the shape of the input 'tensor<4x8xf32>', got 'tensor<8x4xf32>'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%i : tensor<8x4xf32>)
  return
}

// -----

func.func @scale_shape(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %g: tensor<4xf32>) {
  // expected-error @+1 {{'scale' cannot be broadcast to the input: its dimension 0 has extent 4, expected 1 or 8 (dimension 1 of the input)}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, scale %g : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @eps_rank(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %e: tensor<1x1x8xf32>) {
  // expected-error @+1 {{'eps' of rank 3 cannot be broadcast to the input of rank 2}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, eps %e : tensor<4x8xf32>, tensor<4x8xf32>, tensor<1x1x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @dscale_broadcast(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %g: tensor<4xf32>) {
  // expected-error @+1 {{'dscale' cannot be broadcast to the input: its dimension 0 has extent 4, expected 1 or 8 (dimension 1 of the input)}}
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x, dscale %g : tensor<4x8xf32>, tensor<4xf32>)
  return
}

// -----

func.func @dbias_type(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %g: tensor<8xi8>) {
  // expected-error @+1 {{'dbias' must have element type f16, bf16, f32 or f64, got 'i8'}}
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x, dbias %g : tensor<4x8xf32>, tensor<8xi8>)
  return
}

// -----

func.func @deps_rank(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %g: tensor<1x4x8xf32>) {
  // expected-error @+1 {{'deps' of rank 3 cannot be broadcast to the input of rank 2}}
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x, deps %g : tensor<4x8xf32>, tensor<1x4x8xf32>)
  return
}

// -----

func.func @dscale_not_scale(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %g: tensor<8xf32>, %d: tensor<1xf32>) {
  // expected-error @+1 {{'dscale' must have the shape of 'scale' 'tensor<8xf32>', got 'tensor<1xf32>'}}
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, scale %g : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>) outs(%x, dscale %d : tensor<4x8xf32>, tensor<1xf32>)
  return
}

// -----

func.func @deps_not_eps(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %g: tensor<8xf32>, %d: tensor<f32>) {
  // expected-error @+1 {{'deps' must have the shape of 'eps' 'tensor<8xf32>', got 'tensor<f32>'}}
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, eps %g : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>) outs(%x, deps %d : tensor<4x8xf32>, tensor<f32>)
  return
}

// -----

func.func @rstd_shape(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %r: tensor<8xf32>) {
  // expected-error @+1 {{'rstd' must have the shape of the input without 'axes', got 'tensor<8xf32>'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, rstd %r : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @rstd_type(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %r: tensor<4xbf16>) {
  // expected-error @+1 {{'rstd' must have the compute type 'f32' as element type, got 'bf16'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, rstd %r : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xbf16>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @rstd_with_eps(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %r: tensor<4xf32>, %e: tensor<8xf32>) {
  // expected-error @+1 {{'rstd' is not defined with an 'eps' operand that has a dimension in 'axes'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, eps %e, rstd %r : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @mixed(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %m: memref<4x8xf32>) {
  // expected-error @+1 {{operands must be all tensors or all memrefs}}
  rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%m : memref<4x8xf32>)
  return
}

// -----

func.func @unknown_in(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{expected scale, eps, rstd, got 'bias'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, bias %b : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @unknown_out(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expected dscale, dbias, deps, got 'rstd'}}
  %0:2 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x, rstd %b : tensor<4x8xf32>, tensor<4xf32>)
  return
}

// -----

func.func @twice(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'scale' is given twice}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, scale %b, scale %b : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @types(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{expected 2 types in 'ins', got 1}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return
}

// -----

func.func @result_type(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{result type 'tensor<?x8xf32>' differs from its destination's 'tensor<4x8xf32>'}}
  %0 = rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) -> tensor<?x8xf32>
  return
}
