// The same remarks through MLIR's remark engine.
// RUN: rmsnorm-opt %S/raise-errors.mlir --rmsnorm-raise --remarks-filter=rmsnorm-raise --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-raise --remarks-filter=rmsnorm-raise --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=FOUND

// CHECK: remark: [Missed] NormRefused | Category:rmsnorm-raise
// CHECK-SAME: Function=plain_l2
// CHECK-SAME: Proof=count, Reason="the root is taken of a sum
// CHECK-SAME: not an rms_norm: the root is taken of a sum of squares

// FOUND: remark: [Passed] NormRaised | Category:rmsnorm-raise
// FOUND-SAME: Function=one
// FOUND-SAME: Axes={{"?}}[1]
// FOUND-SAME: ComputeType=f32
// FOUND-SAME: EpsMode=inside
// FOUND-SAME: Input={{"?}}tensor<4x8xf32>
// FOUND-SAME: found rms_norm over axes [1] of tensor<4x8xf32>, eps = 1e-06, rounded to f32
// FOUND-SAME: Scale=false

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @one(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %o, %q : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    %q = arith.mulf %a, %r : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
