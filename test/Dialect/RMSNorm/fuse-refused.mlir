// RUN: rmsnorm-opt %s --rmsnorm-fuse --split-input-file --remark-format=emitRemark --remarks-filter="rmsnorm-fuse" --verify-diagnostics | FileCheck %s

// The sum over columns of a norm over rows is over other rows.
// CHECK-LABEL: @other_rows
// CHECK-COUNT-2: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @other_rows(%x: tensor<4x8xf32>, %e: tensor<4x8xf32>, %c: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%c : tensor<8xf32>) -> tensor<8xf32>
  // expected-remark @+2 {{a neighbour is not fused with the norm: the two reduce over different dimensions}}
  // expected-remark @+1 {{one kernel of 1 norm(s), 1 inputs and 1 outputs}}
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  %s = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]} ins(%n : tensor<4x8xf32>) outs(%f : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %a, %o : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  return %s : tensor<8xf32>
}

// -----

// An expensive table that every row shares is computed once.
// CHECK-LABEL: @expensive_table
// CHECK-COUNT-2: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @expensive_table(%x: tensor<4x6x8xf32>, %w: tensor<6x8xf32>, %e: tensor<4x6x8xf32>, %e2: tensor<6x8xf32>) -> tensor<4x6x8xf32> {
  %g = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%w : tensor<6x8xf32>) outs(%e2 : tensor<6x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<6x8xf32>
  // expected-remark @+2 {{a neighbour is not fused with the norm: it is expensive and would be computed again for every row}}
  // expected-remark @+1 {{one kernel of 1 norm(s), 2 inputs and 1 outputs}}
  %y = rmsnorm.rms_norm axes = [2] eps = 1.0e-6 ins(%x, scale %g : tensor<4x6x8xf32>, tensor<6x8xf32>) outs(%e : tensor<4x6x8xf32>)
  return %y : tensor<4x6x8xf32>
}

// -----

// Norms of queries and keys, parts of one projection: there are more rows of the
// former.
// CHECK-LABEL: @heads
// CHECK-COUNT-2: rmsnorm.row_kernel
func.func @heads(%p: tensor<2x80xf32>, %e: tensor<2x4x16xf32>, %f: tensor<2x1x16xf32>) -> (tensor<2x4x16xf32>, tensor<2x1x16xf32>) {
  %q = tensor.extract_slice %p[0, 0] [2, 64] [1, 1] : tensor<2x80xf32> to tensor<2x64xf32>
  %k = tensor.extract_slice %p[0, 64] [2, 16] [1, 1] : tensor<2x80xf32> to tensor<2x16xf32>
  %qs = tensor.expand_shape %q [[0], [1, 2]] output_shape [2, 4, 16] : tensor<2x64xf32> into tensor<2x4x16xf32>
  %ks = tensor.expand_shape %k [[0], [1, 2]] output_shape [2, 1, 16] : tensor<2x16xf32> into tensor<2x1x16xf32>
  // expected-remark @+1 {{one kernel of 1 norm(s), 1 inputs and 1 outputs}}
  %a = rmsnorm.rms_norm axes = [2] eps = 1.0e-6 ins(%qs : tensor<2x4x16xf32>) outs(%e : tensor<2x4x16xf32>)
  // expected-remark @+2 {{another norm of the same tensor is a kernel of its own: they do not have, or are not known to have, the same number of rows}}
  // expected-remark @+1 {{one kernel of 1 norm(s), 1 inputs and 1 outputs}}
  %b = rmsnorm.rms_norm axes = [2] eps = 1.0e-6 ins(%ks : tensor<2x1x16xf32>) outs(%f : tensor<2x1x16xf32>)
  return %a, %b : tensor<2x4x16xf32>, tensor<2x1x16xf32>
}
