// RUN: rmsnorm-opt %s --rmsnorm-raise=emit-remarks --split-input-file --verify-diagnostics | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sums over parts that make up the axis are one over the axis.
// CHECK-LABEL: @halves(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
// CHECK-NOT: linalg.generic
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @halves(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 6] [1, 1] : tensor<4x16xf32> to tensor<4x6xf32>
  %b = tensor.extract_slice %x[0, 6] [4, 10] [1, 1] : tensor<4x16xf32> to tensor<4x10xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x6xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s2 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x10xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%s1, %s2 : tensor<4xf32>, tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%in: f32, %more: f32, %o: f32):
    %r = arith.addf %in, %more : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// One accumulation after the other.
// CHECK-LABEL: @chained(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @chained(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %b = tensor.extract_slice %x[0, 8] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x8xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Every third element, three times, and one on its own.
// CHECK-LABEL: @strides(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @strides(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 5] [1, 3] : tensor<4x16xf32> to tensor<4x5xf32>
  %b = tensor.extract_slice %x[0, 1] [4, 5] [1, 3] : tensor<4x16xf32> to tensor<4x5xf32>
  %c = tensor.extract_slice %x[0, 2] [4, 5] [1, 3] : tensor<4x16xf32> to tensor<4x5xf32>
  %d = tensor.extract_slice %x[0, 15] [4, 1] [1, 1] : tensor<4x16xf32> to tensor<4x1xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x5xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s2 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x5xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s3 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%c : tensor<4x5xf32>) outs(%s2 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%d : tensor<4x1xf32>) outs(%s3 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// An element is missing.
// CHECK-LABEL: @gap(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @gap(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %b = tensor.extract_slice %x[0, 9] [4, 7] [1, 1] : tensor<4x16xf32> to tensor<4x7xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x7xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the sums over parts of the axis do not add each of its elements exactly once, with the same factor}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// An element is added twice.
// CHECK-LABEL: @overlap(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @overlap(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 9] [1, 1] : tensor<4x16xf32> to tensor<4x9xf32>
  %b = tensor.extract_slice %x[0, 8] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x9xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x8xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the sums over parts of the axis do not add each of its elements exactly once, with the same factor}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The parts are of two tensors.
// CHECK-LABEL: @two_tensors(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @two_tensors(%x: tensor<4x16xf32>, %w: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %b = tensor.extract_slice %w[0, 8] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x8xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the sums over parts of the axis do not add each of its elements exactly once, with the same factor}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A statistic of a part, of which the whole is divided.
// CHECK-LABEL: @partial(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @partial(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the squares of a part of the row only are summed: a partial norm}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Parts that are divided one by one and joined again.
// CHECK-LABEL: @joined(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
// CHECK-NOT: tensor.concat
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @joined(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 6] [1, 1] : tensor<4x16xf32> to tensor<4x6xf32>
  %b = tensor.extract_slice %x[0, 6] [4, 10] [1, 1] : tensor<4x16xf32> to tensor<4x10xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x6xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x10xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ep = tensor.empty() : tensor<4x6xf32>
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %s : tensor<4x6xf32>, tensor<4xf32>) outs(%ep : tensor<4x6xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x6xf32>
  %eq = tensor.empty() : tensor<4x10xf32>
  %q = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%b, %s : tensor<4x10xf32>, tensor<4xf32>) outs(%eq : tensor<4x10xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x10xf32>
  %y = tensor.concat dim(1) %p, %q : (tensor<4x6xf32>, tensor<4x10xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Two parts of one norm.
// CHECK-LABEL: @both_parts(
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: tensor.extract_slice %[[Y]][0, 0] [4, 6] [1, 1]
// CHECK: tensor.extract_slice %[[Y]][0, 6] [4, 10] [1, 1]
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @both_parts(%x: tensor<4x16xf32>) -> (tensor<4x6xf32>, tensor<4x10xf32>) {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 6] [1, 1] : tensor<4x16xf32> to tensor<4x6xf32>
  %b = tensor.extract_slice %x[0, 6] [4, 10] [1, 1] : tensor<4x16xf32> to tensor<4x10xf32>
  %s1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x6xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x10xf32>) outs(%s1 : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ep = tensor.empty() : tensor<4x6xf32>
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %s : tensor<4x6xf32>, tensor<4xf32>) outs(%ep : tensor<4x6xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x6xf32>
  %eq = tensor.empty() : tensor<4x10xf32>
  %q = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%b, %s : tensor<4x10xf32>, tensor<4xf32>) outs(%eq : tensor<4x10xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x10xf32>
  return %p, %q : tensor<4x6xf32>, tensor<4x10xf32>
}

// -----

// Zeros add nothing.
// CHECK-LABEL: @padded(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @padded(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 2] high[0, 3] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c : f32
  } : tensor<4x16xf32> to tensor<4x21xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x21xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Twos add 5 * 4 / 16: an epsilon.
// CHECK-LABEL: @padded_by_twos(
// CHECK: rmsnorm.rms_norm axes = [1] eps = 1.25
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @padded_by_twos(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c = arith.constant 2.0 : f32
  %p = tensor.pad %x low[0, 2] high[0, 3] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c : f32
  } : tensor<4x16xf32> to tensor<4x21xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x21xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The padding is counted.
// CHECK-LABEL: @padding_counted(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @padding_counted(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 21.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 2] high[0, 3] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c : f32
  } : tensor<4x16xf32> to tensor<4x21xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x21xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the sum of squares is not divided by the number of its elements}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A rotated row has the same squares.
// CHECK-LABEL: @rotated(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @rotated(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 6] [1, 1] : tensor<4x16xf32> to tensor<4x6xf32>
  %b = tensor.extract_slice %x[0, 6] [4, 10] [1, 1] : tensor<4x16xf32> to tensor<4x10xf32>
  %p = tensor.concat dim(1) %b, %a : (tensor<4x10xf32>, tensor<4x6xf32>) -> tensor<4x16xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A part and itself.
// CHECK-LABEL: @twice(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @twice(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %b = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %p = tensor.concat dim(1) %b, %a : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the squares of a part of the row only are summed: a partial norm}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A reversed row, too.
// CHECK-LABEL: @reversed(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @reversed(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c15 = arith.constant 15 : index
  %gp = tensor.empty() : tensor<4x16xf32>
  %p = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%gp : tensor<4x16xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = arith.subi %c15, %j : index
    %v = tensor.extract %x[%i, %k] : tensor<4x16xf32>
    linalg.yield %v : f32
  } -> tensor<4x16xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A loop over a half of the axis is none over the axis.
// CHECK-LABEL: @half_extracted(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @half_extracted(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %gp = tensor.empty() : tensor<4x8xf32>
  %p = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%gp : tensor<4x8xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %v = tensor.extract %x[%i, %j] : tensor<4x16xf32>
    linalg.yield %v : f32
  } -> tensor<4x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the squares of a part of the row only are summed: a partial norm}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A window over the whole row.
// CHECK-LABEL: @window(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @window(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %x2 = linalg.square ins(%x : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %x3 = tensor.expand_shape %x2 [[0, 1], [2]] output_shape [4, 1, 16] : tensor<4x16xf32> into tensor<4x1x16xf32>
  %w = tensor.empty() : tensor<16xf32>
  %e3 = tensor.empty() : tensor<4x1x1xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<4x1x1xf32>) -> tensor<4x1x1xf32>
  %s3 = linalg.pooling_ncw_sum {dilations = dense<1> : vector<1xi64>, strides = dense<16> : vector<1xi64>} ins(%x3, %w : tensor<4x1x16xf32>, tensor<16xf32>) outs(%f3 : tensor<4x1x1xf32>) -> tensor<4x1x1xf32>
  %s = tensor.collapse_shape %s3 [[0, 1, 2]] : tensor<4x1x1xf32> into tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The first window of two.
// CHECK-LABEL: @first_window(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @first_window(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %x2 = linalg.square ins(%x : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %x3 = tensor.expand_shape %x2 [[0, 1], [2]] output_shape [4, 1, 16] : tensor<4x16xf32> into tensor<4x1x16xf32>
  %w = tensor.empty() : tensor<8xf32>
  %e3 = tensor.empty() : tensor<4x1x2xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<4x1x2xf32>) -> tensor<4x1x2xf32>
  %s3 = linalg.pooling_ncw_sum {dilations = dense<1> : vector<1xi64>, strides = dense<8> : vector<1xi64>} ins(%x3, %w : tensor<4x1x16xf32>, tensor<8xf32>) outs(%f3 : tensor<4x1x2xf32>) -> tensor<4x1x2xf32>
  %s = tensor.extract_slice %s3[0, 0, 0] [4, 1, 1] [1, 1, 1] : tensor<4x1x2xf32> to tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the squares of a part of the row only are summed: a partial norm}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The diagonal of the product with the transpose.
// CHECK-LABEL: @diagonal(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
// CHECK-NOT: linalg.matmul
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @diagonal(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c0 = arith.constant 0 : index
  %e44 = tensor.empty() : tensor<4x4xf32>
  %f44 = linalg.fill ins(%zero : f32) outs(%e44 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %et = tensor.empty() : tensor<16x4xf32>
  %xt = linalg.transpose ins(%x : tensor<4x16xf32>) outs(%et : tensor<16x4xf32>) permutation = [1, 0]
  %mm = linalg.matmul ins(%x, %xt : tensor<4x16xf32>, tensor<16x4xf32>) outs(%f44 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%e1 : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %mm[%i, %i] : tensor<4x4xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Its first column: products with the first row.
// CHECK-LABEL: @column(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @column(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %c0 = arith.constant 0 : index
  %e44 = tensor.empty() : tensor<4x4xf32>
  %f44 = linalg.fill ins(%zero : f32) outs(%e44 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %et = tensor.empty() : tensor<16x4xf32>
  %xt = linalg.transpose ins(%x : tensor<4x16xf32>) outs(%et : tensor<16x4xf32>) permutation = [1, 0]
  %mm = linalg.matmul ins(%x, %xt : tensor<4x16xf32>, tensor<16x4xf32>) outs(%f44 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%e1 : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %mm[%i, %c0] : tensor<4x4xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the divisor is made of the result of 'linalg.matmul', which is not known to be a sum of squares}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The last of the sums up to an element.
// CHECK-LABEL: @last_of_sums(
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{[0-9.e-]+}} ins(%arg0 : tensor<4x16xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @last_of_sums(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %x2 = linalg.square ins(%x : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %e44 = tensor.empty() : tensor<4x16xf32>
  %f44 = linalg.fill ins(%zero : f32) outs(%e44 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %cum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x2 : tensor<4x16xf32>) outs(%f44 : tensor<4x16xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %j = linalg.index 1 : index
    %k = linalg.index 2 : index
    %c = arith.cmpi sle, %k, %j : index
    %v = arith.select %c, %a, %zero : f32
    %t = arith.addf %v, %acc : f32
    linalg.yield %t : f32
  } -> tensor<4x16xf32>
  %s = tensor.extract_slice %cum[0, 15] [4, 1] [1, 1] : tensor<4x16xf32> to tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The last but one.
// CHECK-LABEL: @last_but_one(
// CHECK-NOT: rmsnorm.rms_norm
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @last_but_one(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %x2 = linalg.square ins(%x : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %e44 = tensor.empty() : tensor<4x16xf32>
  %f44 = linalg.fill ins(%zero : f32) outs(%e44 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %cum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x2 : tensor<4x16xf32>) outs(%f44 : tensor<4x16xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %j = linalg.index 1 : index
    %k = linalg.index 2 : index
    %c = arith.cmpi sle, %k, %j : index
    %v = arith.select %c, %a, %zero : f32
    %t = arith.addf %v, %acc : f32
    linalg.yield %t : f32
  } -> tensor<4x16xf32>
  %s = tensor.extract_slice %cum[0, 14] [4, 1] [1, 1] : tensor<4x16xf32> to tensor<4xf32>
  %ey = tensor.empty() : tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<4x16xf32>, tensor<4xf32>) outs(%ey : tensor<4x16xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{not an rms_norm: the sum is not one of squares}}
    %z = arith.mulf %in, %r : f32
    linalg.yield %z : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The norm of a part of a tensor, and joined parts that are not all of theirs: one begins somewhere, or
// has but some of the rows.
// CHECK-LABEL: @joined_otherwise(
// CHECK: %[[Z:.*]] = tensor.concat dim(0)
// CHECK: %[[U:.*]] = tensor.concat dim(1)
// CHECK: rmsnorm.rms_norm axes = [1]
// CHECK: return %{{.*}}, %[[Z]], %[[U]]
func.func @joined_otherwise(%x: tensor<4x16xf32>, %z: tensor<?xf32>, %off: index,
                           %u: tensor<?x6xf32>) -> (tensor<4x16xf32>, tensor<?xf32>, tensor<?x6xf32>) {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 16.0 : f32
  %c0 = arith.constant 0 : index
  %eps = arith.constant 1.0e-6 : f32
  %dim = tensor.dim %z, %c0 : tensor<?xf32>
  %z1 = tensor.extract_slice %z[0] [%dim] [1] : tensor<?xf32> to tensor<?xf32>
  %z2 = tensor.extract_slice %z[%off] [%dim] [1] : tensor<?xf32> to tensor<?xf32>
  %z3 = tensor.extract_slice %z[0] [%dim] [1] : tensor<?xf32> to tensor<?xf32>
  %zz = tensor.concat dim(0) %z1, %z2, %z3 : (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %u1 = tensor.extract_slice %u[0, 0] [4, 2] [1, 1] : tensor<?x6xf32> to tensor<4x2xf32>
  %u2 = tensor.extract_slice %u[0, 2] [4, 4] [1, 1] : tensor<?x6xf32> to tensor<4x4xf32>
  %uu = tensor.concat dim(1) %u1, %u2 : (tensor<4x2xf32>, tensor<4x4xf32>) -> tensor<?x6xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %e3 = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(a,b)->(a,b)>, affine_map<(a,b)->(a)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %q = arith.mulf %in, %in : f32
    %r = arith.addf %q, %acc : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %a = tensor.extract_slice %x[0, 0] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %b = tensor.extract_slice %x[0, 8] [4, 8] [1, 1] : tensor<4x16xf32> to tensor<4x8xf32>
  %ya = linalg.generic {indexing_maps = [affine_map<(a,b)->(a,b)>, affine_map<(a,b)->(a)>, affine_map<(a,b)->(a,b)>], iterator_types = ["parallel", "parallel"]} ins(%a, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%e3 : tensor<4x8xf32>) {
  ^bb0(%in: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %v = arith.addf %m, %eps : f32
    %r = math.rsqrt %v : f32
    // expected-remark @below {{found rms_norm over axes [1]}}
    %w = arith.mulf %in, %r : f32
    linalg.yield %w : f32
  } -> tensor<4x8xf32>
  %p = tensor.pad %ya low[0,0] high[0,8] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<4x8xf32> to tensor<4x16xf32>
  return %p, %zz, %uu : tensor<4x16xf32>, tensor<?xf32>, tensor<?x6xf32>
}
