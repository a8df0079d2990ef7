// RUN: rmsnorm-opt %s --rmsnorm-row-kernel-to-gpu --split-input-file | FileCheck %s

#id = affine_map<(r, c) -> (r, c)>

// Rows of f32: the sum of 16 lanes keeps what it loses, which takes two shuffles a
// step, and the mean with it; where the sum is not normal that is dropped.
// CHECK-LABEL: gpu.func @pairs(
// CHECK: %[[P:.*]] = arith.mulf %[[X:.*]], %[[X]] : vector<4xf32>
// CHECK: %[[N:.*]] = arith.negf %[[P]]
// CHECK: math.fma %[[X]], %[[X]], %[[N]]
// CHECK-COUNT-8: gpu.shuffle xor
// CHECK-NOT: gpu.shuffle
// CHECK: arith.divf
// CHECK: arith.cmpf oge
// CHECK: arith.cmpf ole
// CHECK: } else {
// CHECK-NOT: rmsnorm.statistic
// CHECK: gpu.return
func.func @f32_rows(%x: tensor<?x128xf32>, %init: tensor<?x128xf32>) -> tensor<?x128xf32> {
  %y = rmsnorm.row_kernel "pairs" iterators = ["parallel", "reduction"] maps = [#id, #id]
      ins(%x : tensor<?x128xf32>) outs(%init : tensor<?x128xf32>) {
  ^bb0(%a: f32):
    %n = arith.constant 1.280000e+02 : f32
    %sq = arith.mulf %a, %a : f32
    %ss = rmsnorm.reduce add %sq : f32
    %ms = arith.divf %ss, %n {rmsnorm.statistic} : f32
    %z = arith.divf %a, %ms : f32
    rmsnorm.yield %z : f32
  }
  return %y : tensor<?x128xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

// Rows of bf16: plain sums, the marks go unused.
// CHECK-LABEL: gpu.func @plain(
// CHECK-NOT: math.fma
// CHECK: arith.divf
// CHECK-NOT: arith.cmpf oge
func.func @bf16_rows(%x: tensor<?x128xbf16>, %init: tensor<?x128xbf16>) -> tensor<?x128xbf16> {
  %y = rmsnorm.row_kernel "plain" iterators = ["parallel", "reduction"] maps = [#id, #id]
      ins(%x : tensor<?x128xbf16>) outs(%init : tensor<?x128xbf16>) {
  ^bb0(%a: bf16):
    %n = arith.constant 1.280000e+02 : f32
    %e = arith.extf %a : bf16 to f32
    %sq = arith.mulf %e, %e : f32
    %ss = rmsnorm.reduce add %sq : f32
    %ms = arith.divf %ss, %n {rmsnorm.statistic} : f32
    %z = arith.divf %e, %ms : f32
    %o = arith.truncf %z : f32 to bf16
    rmsnorm.yield %o : bf16
  }
  return %y : tensor<?x128xbf16>
}
