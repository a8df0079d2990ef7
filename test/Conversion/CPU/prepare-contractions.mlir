// RUN: rmsnorm-opt %s --split-input-file --rmsnorm-prepare-contractions --canonicalize | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A linear layer: the weight is read as it lies.
// CHECK-LABEL: func.func @linear
// CHECK-SAME: %[[X:.+]]: tensor<16x64xf32>, %[[W:.+]]: tensor<32x64xf32>
// CHECK-NOT: linalg.transpose
// CHECK: linalg.contract indexing_maps = [#[[A:.*]], #[[B:.*]], #{{.*}}] ins(%[[X]], %[[W]] :
func.func @linear(%x: tensor<16x64xf32>, %w: tensor<32x64xf32>) -> tensor<16x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<64x32xf32>
  %t = linalg.transpose ins(%w : tensor<32x64xf32>) outs(%e : tensor<64x32xf32>) permutation = [1, 0]
  %i = tensor.empty() : tensor<16x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%i : tensor<16x32xf32>) -> tensor<16x32xf32>
  %r = linalg.matmul ins(%x, %t : tensor<16x64xf32>, tensor<64x32xf32>) outs(%f : tensor<16x32xf32>) -> tensor<16x32xf32>
  return %r : tensor<16x32xf32>
}

// -----

// Grouped-query attention as importers write it: the keys, repeated for each head of a group
// by a broadcast and a collapse and then transposed, are read where they are.
#in = affine_map<(b, g, h, j, d) -> (b, g, j, d)>
#id = affine_map<(b, g, h, j, d) -> (b, g, h, j, d)>
// CHECK-LABEL: func.func @scores
// CHECK-SAME: %{{.+}}: tensor<?x4x16x8xf32>, %[[K:.+]]: tensor<?x2x16x8xf32>
// CHECK-NOT: linalg.transpose
// CHECK-NOT: linalg.generic
// CHECK: linalg.contract {{.*}} ins(%{{.+}}, %[[K]] : tensor<?x2x2x16x8xf32>, tensor<?x2x16x8xf32>)
// CHECK-NOT: linalg.generic
func.func @scores(%q: tensor<?x4x16x8xf32>, %k: tensor<?x2x16x8xf32>, %n: index, %n4: index) -> tensor<?x16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x2x2x16x8xf32>
  %rep = linalg.generic {indexing_maps = [#in, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<?x2x16x8xf32>) outs(%e : tensor<?x2x2x16x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<?x2x2x16x8xf32>
  %heads = tensor.collapse_shape %rep [[0], [1, 2], [3], [4]] : tensor<?x2x2x16x8xf32> into tensor<?x4x16x8xf32>
  %te = tensor.empty(%n) : tensor<?x4x8x16xf32>
  %t = linalg.transpose ins(%heads : tensor<?x4x16x8xf32>) outs(%te : tensor<?x4x8x16xf32>) permutation = [0, 1, 3, 2]
  %tc = tensor.collapse_shape %t [[0, 1], [2], [3]] : tensor<?x4x8x16xf32> into tensor<?x8x16xf32>
  %qc = tensor.collapse_shape %q [[0, 1], [2], [3]] : tensor<?x4x16x8xf32> into tensor<?x16x8xf32>
  %i = tensor.empty(%n4) : tensor<?x16x16xf32>
  %f = linalg.fill ins(%zero : f32) outs(%i : tensor<?x16x16xf32>) -> tensor<?x16x16xf32>
  %r = linalg.batch_matmul ins(%qc, %tc : tensor<?x16x8xf32>, tensor<?x8x16xf32>) outs(%f : tensor<?x16x16xf32>) -> tensor<?x16x16xf32>
  return %r : tensor<?x16x16xf32>
}

// -----

// The heads of the result are put behind one another by the multiplication itself.
// CHECK-LABEL: func.func @heads_together
// CHECK-NOT: linalg.transpose
// CHECK: linalg.contract {{.*}} outs(%{{.+}} : tensor<1x16x4x8xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: tensor.collapse_shape {{.*}} into tensor<16x32xf32>
func.func @heads_together(%p: tensor<4x16x16xf32>, %v: tensor<4x16x8xf32>) -> tensor<16x32xf32> {
  %zero = arith.constant 0.0 : f32
  %i = tensor.empty() : tensor<4x16x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%i : tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  %r = linalg.batch_matmul ins(%p, %v : tensor<4x16x16xf32>, tensor<4x16x8xf32>) outs(%f : tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  %x = tensor.expand_shape %r [[0, 1], [2], [3]] output_shape [1, 4, 16, 8] : tensor<4x16x8xf32> into tensor<1x4x16x8xf32>
  %e = tensor.empty() : tensor<1x16x4x8xf32>
  %t = linalg.transpose ins(%x : tensor<1x4x16x8xf32>) outs(%e : tensor<1x16x4x8xf32>) permutation = [0, 2, 1, 3]
  %c = tensor.collapse_shape %t [[0, 1], [2, 3]] : tensor<1x16x4x8xf32> into tensor<16x32xf32>
  return %c : tensor<16x32xf32>
}

// -----

// Widening is exact, so the halves themselves are multiplied. Narrowing is not.
// CHECK-LABEL: func.func @widened
// CHECK-SAME: %[[X:.+]]: tensor<4x8xbf16>, %{{.+}}: tensor<8x16xf32>
// CHECK: %[[N:.+]] = linalg.generic
// CHECK: arith.truncf
// CHECK: linalg.contract {{.*}} ins(%[[X]], %[[N]] : tensor<4x8xbf16>, tensor<8x16xbf16>)
// CHECK-SAME: tensor<4x16xf32>
func.func @widened(%x: tensor<4x8xbf16>, %y: tensor<8x16xf32>, %c: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %w = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xbf16>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %b = arith.extf %a : bf16 to f32
    linalg.yield %b : f32
  } -> tensor<4x8xf32>
  %e2 = tensor.empty() : tensor<8x16xbf16>
  %n = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<8x16xf32>) outs(%e2 : tensor<8x16xbf16>) {
  ^bb0(%a: f32, %o: bf16):
    %b = arith.truncf %a : f32 to bf16
    linalg.yield %b : bf16
  } -> tensor<8x16xbf16>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %n : tensor<4x8xf32>, tensor<8x16xbf16>) outs(%c : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: bf16, %o: f32):
    %b32 = arith.extf %b : bf16 to f32
    %p = arith.mulf %a, %b32 : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %r : tensor<4x16xf32>
}

// -----

// Splitting k in two would make many small multiplications: the copy stays.
// CHECK-LABEL: func.func @split_k
// CHECK: linalg.transpose
// CHECK: linalg.contract {{.*}} tensor<16x32xf32>, tensor<32x8xf32>
func.func @split_k(%x: tensor<4x16x8xf32>, %w: tensor<32x8xf32>, %c: tensor<16x8xf32>) -> tensor<16x8xf32> {
  %e = tensor.empty() : tensor<16x4x8xf32>
  %t = linalg.transpose ins(%x : tensor<4x16x8xf32>) outs(%e : tensor<16x4x8xf32>) permutation = [1, 0, 2]
  %xc = tensor.collapse_shape %t [[0], [1, 2]] : tensor<16x4x8xf32> into tensor<16x32xf32>
  %r = linalg.matmul ins(%xc, %w : tensor<16x32xf32>, tensor<32x8xf32>) outs(%c : tensor<16x8xf32>) -> tensor<16x8xf32>
  return %r : tensor<16x8xf32>
}

// -----

// No multiplication of matrices: integers, an elementwise product, a sum along rows; and a
// transposition that others need as well.
// CHECK-LABEL: func.func @others
// CHECK-NOT: linalg.contract
// CHECK: linalg.transpose
// CHECK: linalg.matmul
// CHECK: linalg.mul
// CHECK: linalg.reduce
// CHECK-NOT: linalg.contract
func.func @others(%a: tensor<4x8xi32>, %b: tensor<16x8xi32>, %c: tensor<4x16xi32>, %x: tensor<4x8xf32>, %s: tensor<4xf32>)
    -> (tensor<4x16xi32>, tensor<4x8xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<8x16xi32>
  %t = linalg.transpose ins(%b : tensor<16x8xi32>) outs(%e : tensor<8x16xi32>) permutation = [1, 0]
  %r = linalg.matmul ins(%a, %t : tensor<4x8xi32>, tensor<8x16xi32>) outs(%c : tensor<4x16xi32>) -> tensor<4x16xi32>
  %e1 = tensor.empty() : tensor<4x8xf32>
  %m = linalg.mul ins(%x, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e1 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %sum = linalg.reduce { arith.addf } ins(%x : tensor<4x8xf32>) outs(%s : tensor<4xf32>) dimensions = [1]
  return %r, %m, %sum : tensor<4x16xi32>, tensor<4x8xf32>, tensor<4xf32>
}
