// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics

func.func @callee_missing(%n: index) {
  // expected-error @+1 {{'kernel' is not a function}}
  rmsnorm.parallel_call @kernel(%n, %n, %n) args()
  return
}

// -----

func.func private @kernel(index, index, f32)

func.func @callee_type(%n: index, %x: memref<8xf32>) {
  // expected-error @+1 {{'kernel' has type '(index, index, f32) -> ()', expected (index, index, arguments...) -> ()}}
  rmsnorm.parallel_call @kernel(%n, %n, %n) args(%x) : memref<8xf32>
  return
}

// -----

func.func @gemm_dims_size(%a: memref<4x8xf32>, %b: memref<8x2xf32>, %c: memref<4x2xf32>) {
  // expected-error @+1 {{'a_dims' must have 3 elements, got 2}}
  rmsnorm.gemm ins(%a, %b : memref<4x8xf32>, memref<8x2xf32>) outs(%c : memref<4x2xf32>)
    {a_dims = array<i64: 0, 1>, b_dims = array<i64: -1, 0, 1>, c_dims = array<i64: -1, 0, 1>}
  return
}

// -----

func.func @gemm_dims_range(%a: memref<4x8xf32>, %b: memref<8x2xf32>, %c: memref<4x2xf32>) {
  // expected-error @+1 {{'b_dims' has 2, expected -1 or a dimension below 2}}
  rmsnorm.gemm ins(%a, %b : memref<4x8xf32>, memref<8x2xf32>) outs(%c : memref<4x2xf32>)
    {a_dims = array<i64: -1, 0, 1>, b_dims = array<i64: -1, 0, 2>, c_dims = array<i64: -1, 0, 1>}
  return
}

// -----

func.func @gemm_dims_unused(%a: memref<4x8xf32>, %b: memref<8x2xf32>, %c: memref<4x2xf32>) {
  // expected-error @+1 {{'c_dims' must use every dimension of 'memref<4x2xf32>'}}
  rmsnorm.gemm ins(%a, %b : memref<4x8xf32>, memref<8x2xf32>) outs(%c : memref<4x2xf32>)
    {a_dims = array<i64: -1, 0, 1>, b_dims = array<i64: -1, 0, 1>, c_dims = array<i64: -1, -1, 1>}
  return
}
