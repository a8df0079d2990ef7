// Computations that were once taken for norms.
// RUN: rmsnorm-opt %s --rmsnorm-raise=emit-remarks --split-input-file --verify-diagnostics | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm

// The statistic is that of z[t,j] * rsqrt(sum over k of g[j,k]^2), behind a slice; the numerator
// is z[t,j] * rsqrt(sum over k of g[k,k]^2).
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#col = affine_map<(d0, d1) -> (d1)>
#one = affine_map<(d0) -> (d0)>
func.func @variable_of_an_outer_sum(%z: tensor<4x8xf32>, %g: tensor<8x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e3 = tensor.empty() : tensor<4x2x8xf32>
  %e2 = tensor.empty() : tensor<4x8xf32>
  %e8 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %e0 = tensor.empty() : tensor<f32>
  %f8 = linalg.fill ins(%zero : f32) outs(%e8 : tensor<8xf32>) -> tensor<8xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<f32>) -> tensor<f32>
  %su = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%g : tensor<8x8xf32>) outs(%f8 : tensor<8xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  %sd = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0, d0)>, affine_map<(d0) -> ()>], iterator_types = ["reduction"]} ins(%g : tensor<8x8xf32>) outs(%f0 : tensor<f32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<f32>
  %zu = linalg.generic {indexing_maps = [affine_map<(a,b,c)->(a,c)>, affine_map<(a,b,c)->(c)>, affine_map<(a,b,c)->(a,b,c)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%z, %su : tensor<4x8xf32>, tensor<8xf32>) outs(%e3 : tensor<4x2x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %r = math.rsqrt %t : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed}}
    %p = arith.mulf %in, %r : f32
    linalg.yield %p : f32
  } -> tensor<4x2x8xf32>
  %zd = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> ()>, #id], iterator_types = ["parallel", "parallel"]} ins(%z, %sd : tensor<4x8xf32>, tensor<f32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %r = math.rsqrt %t : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed}}
    %p = arith.mulf %in, %r : f32
    linalg.yield %p : f32
  } -> tensor<4x8xf32>
  %sl = tensor.extract_slice %zu[0,0,0] [4,1,8] [1,1,1] : tensor<4x2x8xf32> to tensor<4x8xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%sl : tensor<4x8xf32>) outs(%f1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%zd, %s1 : tensor<4x8xf32>, tensor<4xf32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %vv = arith.addf %m, %eps : f32
    %r = math.rsqrt %vv : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed}}
    %w = arith.mulf %in, %r : f32
    linalg.yield %w : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// The third root of x^3 is NaN for a negative x, and not x.
func.func @root_of_an_odd_power(%x: tensor<4x8xf64>) -> tensor<4x8xf64> {
  %zero = arith.constant 0.0 : f64
  %n = arith.constant 8.0 : f64
  %third = arith.constant 0.33333333333333331 : f64
  %eps = arith.constant 1.0e-6 : f64
  %e2 = tensor.empty() : tensor<4x8xf64>
  %e1 = tensor.empty() : tensor<4xf64>
  %f = linalg.fill ins(%zero : f64) outs(%e1 : tensor<4xf64>) -> tensor<4xf64>
  %c = linalg.generic {indexing_maps = [affine_map<(a,b)->(a,b)>, affine_map<(a,b)->(a,b)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf64>) outs(%e2 : tensor<4x8xf64>) {
  ^bb0(%in: f64, %o: f64):
    %q = arith.mulf %in, %in : f64
    %r = arith.mulf %q, %in : f64
    %p = math.powf %r, %third : f64
    linalg.yield %p : f64
  } -> tensor<4x8xf64>
  %s = linalg.generic {indexing_maps = [affine_map<(a,b)->(a,b)>, affine_map<(a,b)->(a)>], iterator_types = ["parallel", "reduction"]} ins(%c : tensor<4x8xf64>) outs(%f : tensor<4xf64>) {
  ^bb0(%in: f64, %acc: f64):
    %q = arith.mulf %in, %in : f64
    %r = arith.addf %q, %acc : f64
    linalg.yield %r : f64
  } -> tensor<4xf64>
  %y = linalg.generic {indexing_maps = [affine_map<(a,b)->(a,b)>, affine_map<(a,b)->(a)>, affine_map<(a,b)->(a,b)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x8xf64>, tensor<4xf64>) outs(%e2 : tensor<4x8xf64>) {
  ^bb0(%in: f64, %t: f64, %o: f64):
    %m = arith.divf %t, %n : f64
    %v = arith.addf %m, %eps : f64
    %r = math.rsqrt %v : f64
    // expected-remark @below {{not an rms_norm: the sum is not one of squares}}
    %w = arith.mulf %in, %r : f64
    linalg.yield %w : f64
  } -> tensor<4x8xf64>
  return %y : tensor<4x8xf64>
}

// -----

// A mask whose comparison is that of an index in three bits, in which 4 is -4.
func.func @narrow_index(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e2 = tensor.empty() : tensor<4x8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %sl = tensor.extract_slice %x[0, 7] [4, 8] [1, -1] : tensor<4x8xf32> to tensor<4x8xf32>
  %c0 = arith.constant 0 : i3
  %s1 = linalg.generic {indexing_maps = [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0)>], iterator_types = ["parallel", "reduction"]} ins(%sl : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %i = linalg.index 1 : index
    %i3 = arith.index_cast %i : index to i3
    %c = arith.cmpi sge, %i3, %c0 : i3
    %q0 = arith.mulf %in, %in : f32
    %q = arith.select %c, %q0, %zero : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0)>, affine_map<(d0,d1)->(d0,d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s1 : tensor<4x8xf32>, tensor<4xf32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %vv = arith.addf %m, %eps : f32
    %r = math.rsqrt %vv : f32
    // expected-remark @below {{not an rms_norm: the sum is not one of squares}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// Four bits, in which 7 + 1 is -8.
func.func @narrow_addition(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e2 = tensor.empty() : tensor<4x8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %sl = tensor.extract_slice %x[0, 7] [4, 8] [1, -1] : tensor<4x8xf32> to tensor<4x8xf32>
  %c1 = arith.constant 1 : i4
  %c0 = arith.constant 0 : i4
  %s1 = linalg.generic {indexing_maps = [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0)>], iterator_types = ["parallel", "reduction"]} ins(%sl : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %i = linalg.index 1 : index
    %i3 = arith.index_cast %i : index to i4
    %i4 = arith.addi %i3, %c1 : i4
    %c = arith.cmpi sge, %i4, %c0 : i4
    %q0 = arith.mulf %in, %in : f32
    %q = arith.select %c, %q0, %zero : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0)>, affine_map<(d0,d1)->(d0,d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s1 : tensor<4x8xf32>, tensor<4xf32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %vv = arith.addf %m, %eps : f32
    %r = math.rsqrt %vv : f32
    // expected-remark @below {{not an rms_norm: the sum is not one of squares}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A slice that reads one element eight times.
func.func @one_element_many_times(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e2 = tensor.empty() : tensor<4x8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %sl = tensor.extract_slice %x[0, 3] [4, 8] [1, 0] : tensor<4x8xf32> to tensor<4x8xf32>
  %s1 = linalg.generic {indexing_maps = [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0)>], iterator_types = ["parallel", "reduction"]} ins(%sl : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0)>, affine_map<(d0,d1)->(d0,d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s1 : tensor<4x8xf32>, tensor<4xf32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %vv = arith.addf %m, %eps : f32
    %r = math.rsqrt %vv : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
