// RUN: rmsnorm-opt %s --rmsnorm-raise=emit-remarks --verify-diagnostics | FileCheck %s

// What must be left alone, one function per class of near miss, with the
// remark that names the proof that failed.

// CHECK-NOT: rmsnorm.rms_norm

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#col = affine_map<(d0, d1) -> (d1)>
#id3 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

func.func @plain_l2(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %one = arith.constant 1.0 : f32
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.mulf %t, %one : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the root is taken of a sum of squares, not of their mean, and nothing makes up for it (plain L2)}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @wrong_count(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 3.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the sum of squares is not divided by the number of its elements}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @cubes(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %c = arith.mulf %q, %a : f32
    %p = arith.addf %c, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the sum is not one of squares}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @other_numerator(%x: tensor<4x8xf32>, %z: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%z, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed, or not along the same axes}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// The statistic of a column, divided out of a row.
func.func @sum_along_the_other_axis(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<8xf32>
  %e = tensor.empty() : tensor<8x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<8xf32>) -> tensor<8xf32>
  %s = linalg.generic {indexing_maps = [#id, #col], iterator_types = ["reduction", "parallel"]}
    ins(%x : tensor<8x8xf32>) outs(%fill : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<8xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<8x8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed, or not along the same axes}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

func.func @negative_eps(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant -1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: epsilon is negative}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @eps_of_each_row(%x: tensor<4x8xf32>, %d: tensor<4xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s, %d : tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %dd: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %dd : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: epsilon differs from row to row}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @layer_norm(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.addf %a, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %c = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %d = arith.subf %a, %m : f32
    linalg.yield %d : f32
  } -> tensor<4x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%c : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the value has its mean subtracted: a LayerNorm}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// timm's SimpleNorm: x * rsqrt(var(x) + eps).
func.func @variance_of_the_centred_value_only(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.addf %a, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %c = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %d = arith.subf %a, %m : f32
    linalg.yield %d : f32
  } -> tensor<4x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%c : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed, or not along the same axes}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @mean_of_squares_less_square_of_mean(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.addf %a, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s, %sum : tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %u: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %mu = arith.divf %u, %n : f32
    %mm = arith.mulf %mu, %mu : f32
    %v = arith.subf %m, %mm : f32
    %p = arith.addf %v, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the root has a further term besides the mean of squares and epsilon (as in E[x^2] - E[x]^2)}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// FrozenBatchNorm: no sum at all, and no remark.
func.func @running_variance(%x: tensor<4x8xf32>, %v: tensor<8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %v : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %p = arith.addf %t, %eps : f32
    %r = math.rsqrt %p : f32
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// x * bf16(r): DeepSeek V4.
func.func @root_rounded_first(%x: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xbf16>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xbf16>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %w = arith.extf %a : bf16 to f32
    %q = arith.mulf %w, %w : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xbf16>, tensor<4xf32>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %t: f32, %o: bf16):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    %l = arith.truncf %r : f32 to bf16
    // expected-remark @below {{not an rms_norm: the reciprocal root is rounded to bf16 before it is multiplied}}
    %y0 = arith.mulf %a, %l : bf16
    linalg.yield %y0 : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

func.func @rounded_squares(%x: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xbf16>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xbf16>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %q = arith.mulf %a, %a : bf16
    %w = arith.extf %q : bf16 to f32
    %p = arith.addf %w, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xbf16>, tensor<4xf32>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %t: f32, %o: bf16):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    %w = arith.extf %a : bf16 to f32
    // expected-remark @below {{not an rms_norm: the squares are rounded to bf16}}
    %y0 = arith.mulf %w, %r : f32
    %l = arith.truncf %y0 : f32 to bf16
    linalg.yield %l : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

func.func @bf16_accumulation(%x: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : bf16
  %n = arith.constant 8.0 : bf16
  %eps = arith.constant 1.0e-6 : bf16
  %er = tensor.empty() : tensor<4xbf16>
  %e = tensor.empty() : tensor<4x8xbf16>
  %fill = linalg.fill ins(%zero : bf16) outs(%er : tensor<4xbf16>) -> tensor<4xbf16>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xbf16>) outs(%fill : tensor<4xbf16>) {
  ^bb0(%a: bf16, %o: bf16):
    %q = arith.mulf %a, %a : bf16
    %p = arith.addf %q, %o : bf16
    linalg.yield %p : bf16
  } -> tensor<4xbf16>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xbf16>, tensor<4xbf16>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %t: bf16, %o: bf16):
    %m = arith.divf %t, %n : bf16
    %p = arith.addf %m, %eps : bf16
    // expected-remark @below {{not an rms_norm: the squares are accumulated in bf16, not in f32}}
    %r = math.rsqrt %p : bf16
    %y0 = arith.mulf %a, %r : bf16
    linalg.yield %y0 : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

// Gemma in JAX: the mean is accumulated in f32, but rounded.
func.func @bf16_root_of_an_f32_sum(%x: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xbf16>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %epsb = arith.constant 1.0e-6 : bf16
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xbf16>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %w = arith.extf %a : bf16 to f32
    %q = arith.mulf %w, %w : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xbf16>, tensor<4xf32>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %t: f32, %o: bf16):
    %m = arith.divf %t, %n : f32
    %lm = arith.truncf %m : f32 to bf16
    %p = arith.addf %lm, %epsb : bf16
    // expected-remark @below {{not an rms_norm: the root is computed in bf16, not in f32}}
    %r = math.rsqrt %p : bf16
    %y0 = arith.mulf %a, %r : bf16
    linalg.yield %y0 : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

func.func @statistic_of_the_unrounded_value(%x: tensor<4x8xf32>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xbf16>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xbf16>) {
  ^bb0(%a: f32, %t: f32, %o: bf16):
    %l = arith.truncf %a : f32 to bf16
    %w = arith.extf %l : bf16 to f32
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed, or not along the same axes}}
    %y0 = arith.mulf %w, %r : f32
    %y1 = arith.truncf %y0 : f32 to bf16
    linalg.yield %y1 : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

func.func @gate_in_the_statistic_only(%x: tensor<4x8xf32>, %g: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x, %g : tensor<4x8xf32>, tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %h: f32, %o: f32):
    %xg = arith.mulf %a, %h : f32
    %q = arith.mulf %xg, %xg : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed, or not along the same axes}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @clamp_that_swallows_nan(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.maxnumf %m, %eps : f32
    %r = math.rsqrt %p : f32
    // expected-remark @below {{not an rms_norm: the clamp of the root replaces NaN by a number}}
    %y0 = arith.mulf %a, %r : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @eps_inside_and_outside(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.sqrt %p : f32
    %d = arith.addf %r, %eps : f32
    // expected-remark @below {{not an rms_norm: there is an epsilon both inside and outside of the root}}
    %y0 = arith.divf %a, %d : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func @only_the_root(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
    ins(%s : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    // expected-remark @below {{not an rms_norm: its root multiplies or divides nothing that equals the value whose squares are summed}}
    %r = math.sqrt %m : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// No root, no remark.
func.func @softmax_like(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = math.exp %a : f32
    %p = arith.addf %q, %o : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %q = math.exp %a : f32
    %y0 = arith.divf %q, %t : f32
    linalg.yield %y0 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
