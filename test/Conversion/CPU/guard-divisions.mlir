// RUN: rmsnorm-opt %s --rmsnorm-guard-divisions | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: func.func @unsigned
// CHECK-SAME: %[[A:.+]]: index, %[[B:.+]]: index
// CHECK: %[[VALID:.+]] = arith.cmpi ne, %[[B]], %{{.+}} : index
// CHECK: cf.assert %[[VALID]], "division by zero"
// CHECK: %[[Q:.+]] = arith.divui %[[A]], %[[B]]
// CHECK: return %[[Q]]
func.func @unsigned(%a: index, %b: index) -> index {
  %q = arith.divui %a, %b : index
  return %q : index
}

// MLIR may move floordivsi and remainders in front of the check: they get a
// divisor that is never zero.
// CHECK-LABEL: func.func @signed
// CHECK-SAME: %[[A:.+]]: i32, %[[B:.+]]: i32
// CHECK: cf.assert
// CHECK: %[[DIVISOR:.+]] = arith.select %{{.+}}, %[[B]], %{{.+}} : i32
// CHECK: %[[SPECIAL:.+]] = arith.cmpi eq, %[[DIVISOR]], %c-1_i32
// CHECK: %[[SAFE:.+]] = arith.select %[[SPECIAL]], %{{.+}}, %[[DIVISOR]]
// CHECK: %[[NEGATED:.+]] = arith.subi %{{.+}}, %[[A]]
// CHECK: %[[Q:.+]] = arith.floordivsi %[[A]], %[[SAFE]]
// CHECK: %[[R:.+]] = arith.select %[[SPECIAL]], %[[NEGATED]], %[[Q]]
// CHECK: return %[[R]]
func.func @signed(%a: i32, %b: i32) -> i32 {
  %q = arith.floordivsi %a, %b : i32
  return %q : i32
}

// A remainder by -1 is 0.
// CHECK-LABEL: func.func @minus_one
// CHECK-NOT: cf.assert
// CHECK: %[[R:.+]] = arith.remsi
// CHECK: arith.select %{{.+}}, %c0_i64{{.*}}, %[[R]]
func.func @minus_one(%a: i64) -> i64 {
  %c = arith.constant -1 : i64
  %q = arith.remsi %a, %c : i64
  return %q : i64
}

// A row kernel's points are checked where its code is emitted: here only -1 is
// taken out.
// CHECK-LABEL: func.func @in_kernel
// CHECK: ^bb0(%[[A:.+]]: i32, %[[B:.+]]: i32)
// CHECK-NOT: cf.assert
// CHECK: arith.remui %[[A]], %[[B]]
// CHECK: %[[SPECIAL:.+]] = arith.cmpi eq, %[[B]], %c-1_i32
// CHECK: %[[SAFE:.+]] = arith.select %[[SPECIAL]], %{{.+}}, %[[B]]
// CHECK: arith.divsi %[[A]], %[[SAFE]]
func.func @in_kernel(%x: tensor<4xi32>, %y: tensor<4xi32>, %o: tensor<4xi32>) -> tensor<4xi32> {
  %r = rmsnorm.row_kernel "k" iterators = ["parallel"]
      maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
      ins(%x, %y : tensor<4xi32>, tensor<4xi32>) outs(%o : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32):
    %q = arith.remui %a, %b : i32
    %r = arith.divsi %a, %b : i32
    %s = arith.addi %q, %r : i32
    rmsnorm.yield %s : i32
  }
  return %r : tensor<4xi32>
}

// Nothing to guard: other constants, vectors, numbers that are not integers.
// CHECK-LABEL: func.func @noop
// CHECK-NOT: cf.assert
// CHECK-NOT: arith.select
// CHECK: return
func.func @noop(%a: i64, %v: vector<4xi32>, %f: f32) -> (i64, vector<4xi32>, f32) {
  %c = arith.constant 7 : i64
  %q = arith.divsi %a, %c : i64
  %w = arith.divsi %v, %v : vector<4xi32>
  %g = arith.divf %f, %f : f32
  return %q, %w, %g : i64, vector<4xi32>, f32
}
