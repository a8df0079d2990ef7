// RUN: rmsnorm-opt %s --rmsnorm-guard-accesses --split-input-file | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: func.func @element
// CHECK-SAME: %[[T:.+]]: tensor<?x8xf32>, %[[I:.+]]: index, %[[J:.+]]: index
// CHECK: %[[ROWS:.+]] = tensor.dim %[[T]]
// CHECK: %[[INSIDE:.+]] = arith.cmpi ult, %[[I]], %[[ROWS]] : index
// CHECK: cf.assert %[[INSIDE]], "index out of range
// CHECK: arith.cmpi ult, %[[J]], %c8
// CHECK: cf.assert
// CHECK: tensor.extract %[[T]]
func.func @element(%t: tensor<?x8xf32>, %i: index, %j: index) -> f32 {
  %e = tensor.extract %t[%i, %j] : tensor<?x8xf32>
  return %e : f32
}

// -----

// CHECK-LABEL: func.func @insert
// CHECK: cf.assert %{{.+}}, "index out of range
// CHECK: tensor.insert
func.func @insert(%t: tensor<4xf32>, %f: f32, %i: index) -> tensor<4xf32> {
  %r = tensor.insert %f into %t[%i] : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// An index from data, in a loop over another tensor: the other index is the
// loop's own and needs no check.
// CHECK-LABEL: func.func @computed
// CHECK: linalg.generic
// CHECK: %[[ROW:.+]] = arith.addi
// CHECK: arith.cmpi ult, %[[ROW]]
// CHECK-COUNT-1: cf.assert
// CHECK-NOT: cf.assert
// CHECK: tensor.extract
func.func @computed(%ids: tensor<5xindex>, %table: tensor<9x8xf32>, %e: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %c1 = arith.constant 1 : index
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<5xindex>) outs(%e : tensor<5x8xf32>) {
  ^bb0(%id: index, %o: f32):
    %row = arith.addi %id, %c1 : index
    %j = linalg.index 1 : index
    %v = tensor.extract %table[%row, %j] : tensor<9x8xf32>
    linalg.yield %v : f32
  } -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @slice
// CHECK-SAME: %[[T:.+]]: tensor<?x8xf32>, %[[FROM:.+]]: index, %[[COUNT:.+]]: index
// CHECK: %[[EXTENT:.+]] = tensor.dim %[[T]]
// CHECK: %[[FITS:.+]] = arith.cmpi ule, %[[COUNT]], %[[EXTENT]]
// CHECK: cf.assert %[[FITS]], "slice out of range
// CHECK: %[[LAST:.+]] = arith.subi %[[EXTENT]], %[[COUNT]]
// CHECK: %[[BEGINS:.+]] = arith.cmpi ule, %[[FROM]], %[[LAST]]
// CHECK: cf.assert %[[BEGINS]], "slice out of range
// CHECK-NOT: cf.assert
// CHECK: tensor.extract_slice
func.func @slice(%t: tensor<?x8xf32>, %from: index, %count: index) -> tensor<?x8xf32> {
  %s = tensor.extract_slice %t[%from, 0] [%count, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
  return %s : tensor<?x8xf32>
}

// -----

// CHECK-LABEL: func.func @strided
// CHECK: cf.assert %{{.+}}, "slice out of range
// CHECK: arith.divui
// CHECK: cf.assert %{{.+}}, "slice out of range
// CHECK: tensor.insert_slice
func.func @strided(%t: tensor<?xf32>, %s: tensor<?xf32>, %from: index, %count: index, %step: index) -> tensor<?xf32> {
  %r = tensor.insert_slice %s into %t[%from] [%count] [%step] : tensor<?xf32> into tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

// Constants, loops over the tensor's own extents, whole dimensions.
// CHECK-LABEL: func.func @noop
// CHECK-NOT: cf.assert
// CHECK: return
func.func @noop(%t: tensor<?x8xf32>) -> (f32, f32, tensor<?x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %small = tensor.empty() : tensor<8xf32>
  %f = tensor.extract %small[%c7] : tensor<8xf32>
  %rows = tensor.dim %t, %c0 : tensor<?x8xf32>
  %sum = scf.for %i = %c0 to %rows step %c1 iter_args(%s = %zero) -> f32 {
    %e = tensor.extract %t[%i, %c7] : tensor<?x8xf32>
    %n = arith.addf %s, %e : f32
    scf.yield %n : f32
  }
  %half = tensor.extract_slice %t[0, 2] [%rows, 4] [1, 1] : tensor<?x8xf32> to tensor<?x4xf32>
  return %f, %sum, %half : f32, f32, tensor<?x4xf32>
}
