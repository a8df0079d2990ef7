// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-decompose --canonicalize --cse --split-input-file | FileCheck %s

// Only the rows are dynamic: N stays a constant.
// CHECK-LABEL: @rows
// CHECK-DAG: arith.constant 8.000000e+00 : f32
// CHECK-NOT: arith.sitofp
// CHECK: return
func.func @rows(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<?x8xf32>) outs(%x : tensor<?x8xf32>)
  return %0 : tensor<?x8xf32>
}

// -----

// N is counted in integers and converted once.
// CHECK-LABEL: @count
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x?xf32>)
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[D0:.*]] = tensor.dim %[[X]], %[[C0]]
// CHECK-DAG: %[[D2:.*]] = tensor.dim %[[X]], %[[C2]]
// CHECK: %[[P:.*]] = arith.muli %[[D0]], %[[D2]] : index
// CHECK: %[[Q:.*]] = arith.muli %[[P]], %[[C4]] : index
// CHECK: %[[I:.*]] = arith.index_cast %[[Q]] : index to i64
// CHECK: %[[N:.*]] = arith.sitofp %[[I]] : i64 to f32
// CHECK: arith.divf %{{.*}}, %[[N]] : f32
func.func @count(%x: tensor<?x4x?xf32>) -> tensor<?x4x?xf32> {
  %0 = rmsnorm.rms_norm axes = [0, 1, 2] ins(%x : tensor<?x4x?xf32>) outs(%x : tensor<?x4x?xf32>)
  return %0 : tensor<?x4x?xf32>
}

// -----

// A parameter of unknown extent has that of the input; of extent 1, it is
// broadcast.
// CHECK-DAG: #[[SAME:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[ONE:.*]] = affine_map<(d0, d1) -> (0)>
// CHECK-LABEL: @parameters
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #{{.*}}, #[[SAME]], #[[ONE]], #{{.*}}]
func.func @parameters(%x: tensor<?x?xf32>, %g: tensor<?xf32>, %b: tensor<1xf32>) -> tensor<?x?xf32> {
  %0 = rmsnorm.rms_norm axes = [1] ins(%x, scale %g, bias %b : tensor<?x?xf32>, tensor<?xf32>, tensor<1xf32>) outs(%x : tensor<?x?xf32>)
  return %0 : tensor<?x?xf32>
}
