// The mean of squares in bf16 and f16: taken for one of f32 only where that is permitted, roundings elsewhere stay.
// RUN: rmsnorm-opt %s --rmsnorm-raise=assume-f32-accumulation --canonicalize --split-input-file | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-raise --split-input-file | FileCheck %s --check-prefix=STRICT
// STRICT-NOT: rmsnorm.rms_norm

// All of it in bf16, as torch-mlir imports x * rsqrt(mean(x * x) + eps) * w.
// CHECK-LABEL: @all_bf16
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm axes = [1] eps = 1.0013580322265625e-05 ins(%{{.*}} : tensor<4x8xbf16>) outs(%{{.*}} : tensor<4x8xbf16>)
// CHECK: linalg.generic
// CHECK-SAME: %[[Y]]
// CHECK: arith.mulf %{{.*}}, %{{.*}} : bf16
#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0, 0)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @all_bf16(%x: tensor<4x8xbf16>, %w: tensor<8xbf16>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : bf16
  %n = arith.constant 8.0 : bf16
  %eps = arith.constant 1.0e-5 : f64
  %e = tensor.empty() : tensor<4x8xbf16>
  %e1 = tensor.empty() : tensor<4x1xbf16>
  %sq = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<4x8xbf16>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %o: bf16):
    %q = arith.mulf %a, %a : bf16
    linalg.yield %q : bf16
  } -> tensor<4x8xbf16>
  %fill = linalg.fill ins(%zero : bf16) outs(%e1 : tensor<4x1xbf16>) -> tensor<4x1xbf16>
  %sum = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]}
    ins(%sq : tensor<4x8xbf16>) outs(%fill : tensor<4x1xbf16>) {
  ^bb0(%a: bf16, %o: bf16):
    %p = arith.addf %a, %o : bf16
    linalg.yield %p : bf16
  } -> tensor<4x1xbf16>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<4x1xbf16>) outs(%e1 : tensor<4x1xbf16>) {
  ^bb0(%t: bf16, %o: bf16):
    %m = arith.divf %t, %n : bf16
    %l = arith.truncf %eps : f64 to bf16
    %v = arith.addf %m, %l : bf16
    %s = math.rsqrt %v : bf16
    linalg.yield %s : bf16
  } -> tensor<4x1xbf16>
  %y = linalg.generic {indexing_maps = [#id, #keep, #col, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %r, %w : tensor<4x8xbf16>, tensor<4x1xbf16>, tensor<8xbf16>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %s: bf16, %g: bf16, %o: bf16):
    %p = arith.mulf %a, %s : bf16
    %z = arith.mulf %p, %g : bf16
    linalg.yield %z : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

// -----

// Only the accumulation in f16; the rest in f32.
// CHECK-LABEL: @f16_accumulation
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{.*}} ins(%{{.*}} : tensor<4x8xf16>) outs(%{{.*}} : tensor<4x8xf16>)
// CHECK-NOT: linalg.generic
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @f16_accumulation(%x: tensor<4x8xf16>) -> tensor<4x8xf16> {
  %zero = arith.constant 0.0 : f16
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %er = tensor.empty() : tensor<4xf16>
  %fill = linalg.fill ins(%zero : f16) outs(%er : tensor<4xf16>) -> tensor<4xf16>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf16>) outs(%fill : tensor<4xf16>) {
  ^bb0(%a: f16, %o: f16):
    %q = arith.mulf %a, %a : f16
    %p = arith.addf %o, %q : f16
    linalg.yield %p : f16
  } -> tensor<4xf16>
  %e = tensor.empty() : tensor<4x8xf16>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<4x8xf16>, tensor<4xf16>) outs(%e : tensor<4x8xf16>) {
  ^bb0(%a: f16, %t: f16, %o: f16):
    %b = arith.extf %a : f16 to f32
    %u = arith.extf %t : f16 to f32
    %m = arith.divf %u, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    %p = arith.mulf %b, %r : f32
    %z = arith.truncf %p : f32 to f16
    linalg.yield %z : f16
  } -> tensor<4x8xf16>
  return %y : tensor<4x8xf16>
}

// -----

// A rounding that is written down stays one: the root is multiplied after it.
// CHECK-LABEL: @root_rounded_on_purpose
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @root_rounded_on_purpose(%x: tensor<4x8xf16>) -> tensor<4x8xf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %er = tensor.empty() : tensor<4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf16>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f16, %o: f32):
    %b = arith.extf %a : f16 to f32
    %q = arith.mulf %b, %b : f32
    %p = arith.addf %o, %q : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf16>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<4x8xf16>, tensor<4xf32>) outs(%e : tensor<4x8xf16>) {
  ^bb0(%a: f16, %t: f32, %o: f16):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    %l = arith.truncf %r : f32 to f16
    %z = arith.mulf %a, %l : f16
    linalg.yield %z : f16
  } -> tensor<4x8xf16>
  return %y : tensor<4x8xf16>
}
