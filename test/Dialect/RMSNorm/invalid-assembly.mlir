// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics

func.func @no_ins(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected 'ins'}}
  %0 = rmsnorm.rms_norm axes = [1] (%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @no_outs(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+2 {{expected 'outs'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @clause_twice(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps' is given twice}}
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 eps = 1.0e-5 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_mode_unknown(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps_mode' must be inside, clamp or outside, got around}}
  %0 = rmsnorm.rms_norm axes = [1] eps_mode = around ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_mode_unknown_in_dictionary(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'eps_mode' must be inside, clamp or outside, got "around"}}
  %0 = rmsnorm.rms_norm {axes = [1], eps_mode = "around"} ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @eps_not_a_number(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected floating point literal}}
  %0 = rmsnorm.rms_norm axes = [1] eps = small ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @parameter_unknown(%x: tensor<4x8xf32>, %g: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected scale, bias, eps, got 'weight'}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, weight %g : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @parameter_twice(%x: tensor<4x8xf32>, %g: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'scale' is given twice}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g, scale %g : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @types_missing(%x: tensor<4x8xf32>, %g: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected 2 types in 'ins', got 1}}
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @too_many_outs(%x: tensor<4x8xf32>, %r: tensor<4xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected the output and at most 'rstd' in 'outs', got 3 operands}}
  %0:3 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x, %r, %r : tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>)
  return %0#0 : tensor<4x8xf32>
}

// -----

func.func @outs_types(%x: tensor<4x8xf32>, %r: tensor<4xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{number of operands and types do not match: got 2 operands and 1 types}}
  %0:2 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x, %r : tensor<4x8xf32>)
  return %0#0 : tensor<4x8xf32>
}

// -----

func.func @eps_of_wrong_type(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{attribute 'eps' failed to satisfy constraint: 64-bit float attribute}}
  %0 = rmsnorm.rms_norm {axes = [1], eps = 1 : i32} ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @compute_type_not_a_type(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected non-function type}}
  %0 = rmsnorm.rms_norm axes = [1] compute_type = "f32" ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// -----

func.func @kernel_iterators(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected 'iterators'}}
  %0 = rmsnorm.row_kernel maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

func.func @reduce_kind(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    // expected-error @+1 {{expected string or keyword containing one of the following enum values for attribute 'kind' [add, maximum, minimum]}}
    %t = rmsnorm.reduce multiply %a : f32
    rmsnorm.yield %t : f32
  }
  return %0 : tensor<4x8xf32>
}
