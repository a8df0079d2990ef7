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
