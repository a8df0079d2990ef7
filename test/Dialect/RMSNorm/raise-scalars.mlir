// RUN: rmsnorm-opt %s --rmsnorm-raise=emit-remarks --split-input-file --verify-diagnostics | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sign times magnitude is the value.
// CHECK-LABEL: @sign_and_magnitude(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @sign_and_magnitude(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %one = arith.constant 1.0 : f32
    %less = arith.constant -1.0 : f32
    %above = arith.cmpf ogt, %in, %zero : f32
    %below = arith.cmpf olt, %in, %zero : f32
    %up = arith.select %above, %one, %zero : f32
    %sign = arith.select %below, %less, %up : f32
    %size = math.absf %in : f32
    %value = arith.mulf %sign, %size : f32
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %value, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Sign times value is the magnitude.
// CHECK-LABEL: @sign_and_value(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @sign_and_value(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %one = arith.constant 1.0 : f32
    %less = arith.constant -1.0 : f32
    %above = arith.cmpf ogt, %in, %zero : f32
    %below = arith.cmpf olt, %in, %zero : f32
    %up = arith.select %above, %one, %zero : f32
    %sign = arith.select %below, %less, %up : f32
    %value = arith.mulf %sign, %in : f32
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: a further factor varies with the rows}}
    %z = arith.mulf %value, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The sign, put on the magnitude of the norm.
// CHECK-LABEL: @copied_sign(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @copied_sign(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %size = math.absf %in : f32
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    %w = arith.mulf %size, %r : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = math.copysign %w, %in : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The root of the square of the quotient has lost the sign, which is put back.
// CHECK-LABEL: @root_of_quotient(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @root_of_quotient(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %one = arith.constant 1.0 : f32
    %less = arith.constant -1.0 : f32
    %above = arith.cmpf ogt, %in, %zero : f32
    %below = arith.cmpf olt, %in, %zero : f32
    %up = arith.select %above, %one, %zero : f32
    %sign = arith.select %below, %less, %up : f32
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %q = arith.mulf %in, %in : f32
    %d = arith.divf %q, %v : f32
    %r = math.sqrt %d : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %sign, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A power of a power.
// CHECK-LABEL: @quarter(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @quarter(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %c = arith.constant -0.25 : f32
    %c2 = arith.constant 2.0 : f32
    %p = math.powf %v, %c : f32
    %r = math.powf %p, %c2 : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Not quite the root.
// CHECK-LABEL: @almost_half(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @almost_half(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %c = arith.constant -0.49 : f32
    %r = math.powf %v, %c : f32
    // expected-remark @below {{not an rms_norm: the exponent of the denominator is neither -1/2 nor -1}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The square of a root is NaN for negative values.
// CHECK-LABEL: @squared_root(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @squared_root(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %sq = math.sqrt %in : f32
    %value = arith.mulf %sq, %sq : f32
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the numerator is not the value whose squares are summed, or not along the same axes}}
    %z = arith.mulf %value, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// max(d - c, 0) + c is max(d, c).
// CHECK-LABEL: @raised_floor(
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 min_rms = 5.0e-01 ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @raised_floor(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %c = arith.constant 0.5 : f32
    %d = math.sqrt %m : f32
    %l = arith.subf %d, %c : f32
    %k = arith.maximumf %l, %zero : f32
    %r = arith.addf %k, %c : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.divf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// No root.
// CHECK-LABEL: @no_root(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @no_root(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    // expected-remark @below {{not an rms_norm: no root is taken of the sum of squares}}
    %z = arith.divf %in, %v : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Magnitudes instead of squares.
// CHECK-LABEL: @l1(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @l1(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = math.absf %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    // expected-remark @below {{not an rms_norm: the sum is one of magnitudes (an L1 norm), not of squares}}
    %z = arith.divf %in, %v : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// var(x) + mean(x)^2: with an infinite element it is NaN for the whole row.
// CHECK-LABEL: @variance_and_mean(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @variance_and_mean(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %total = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %r = arith.addf %in, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "reduction"]} ins(%x, %total : tensor<4x16xf32>, tensor<4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %sum: f32, %acc: f32):
    %mean = arith.divf %sum, %n : f32
    %c = arith.subf %in, %mean : f32
    %q = arith.mulf %c, %c : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s, %total : tensor<4x16xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %sum: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %mean = arith.divf %sum, %n : f32
    %mm = arith.mulf %mean, %mean : f32
    %u = arith.addf %m, %mm : f32
    %v = arith.addf %u, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the root is taken of a variance plus the square of a mean, which is the mean of squares for finite elements only, and rounded differently}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The element of a flattened table is that of its row and column.
// CHECK: #[[PLACE:.*]] = affine_map<(d0) -> (1, 2)>
// CHECK-LABEL: @last_of_table(
// CHECK: %[[EPS:.*]] = linalg.generic {indexing_maps = [#[[PLACE]], {{.*}} ins(%arg1 : tensor<2x3xf32>)
// CHECK: rmsnorm.rms_norm axes = [1] ins(%arg0, eps %[[EPS]]
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @last_of_table(%x: tensor<4x16xf32>, %p: tensor<2x3xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c5 = arith.constant 5 : index
  %flat = tensor.collapse_shape %p [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %epsilon = tensor.extract %flat[%c5] : tensor<6xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %epsilon : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The magnitude of a product with a root is NaN where the root is.
// CHECK-LABEL: @root_in_a_magnitude(
// CHECK: ^bb0(%[[H:.*]]: f32, %[[G:.*]]: f32, %{{.*}}: f32):
// CHECK-DAG: %[[ROOT:.*]] = math.sqrt %[[G]]
// CHECK-DAG: %[[SIZE:.*]] = math.absf %[[H]]
// CHECK: arith.mulf %[[ROOT]], %[[SIZE]]
// CHECK: rmsnorm.rms_norm axes = [1]
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @root_in_a_magnitude(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %h: tensor<8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e2 = tensor.empty() : tensor<4x8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #col, #col, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %g, %h, %s1 : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4xf32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %gg: f32, %hh: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %vv = arith.addf %m, %eps : f32
    %r = math.rsqrt %vv : f32
    %sq = math.sqrt %gg : f32
    %gh = arith.mulf %sq, %hh : f32
    %w = math.absf %gh : f32
    %p = arith.mulf %in, %r : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %p, %w : f32
    linalg.yield %z : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
