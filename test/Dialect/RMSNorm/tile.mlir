// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @rows
// CHECK-SAME: (%[[X:.*]]: tensor<?x4096xbf16>, %[[G:.*]]: tensor<4096xf32>, %[[Y:.*]]: tensor<?x4096xbf16>, %[[R:.*]]: tensor<?xf32>)
// CHECK: scf.forall (%[[I:.*]]) in (%{{.*}}) shared_outs(%[[YO:.*]] = %[[Y]], %[[RO:.*]] = %[[R]])
// CHECK: %[[XS:.*]] = tensor.extract_slice %[[X]][%[[O:[^,]*]], 0] [%[[S:[^,]*]], 4096] [1, 1]
// CHECK: %[[YS:.*]] = tensor.extract_slice %[[YO]][%[[O]], 0] [%[[S]], 4096] [1, 1]
// CHECK: %[[RS:.*]] = tensor.extract_slice %[[RO]][%[[O]]] [%[[S]]] [1]
// CHECK: %[[T:.*]]:2 = rmsnorm.rms_norm axes = [1] eps = 1.0e-06 ins(%[[XS]], scale %[[G]] : tensor<?x4096xbf16>, tensor<4096xf32>) outs(%[[YS]], %[[RS]] : tensor<?x4096xbf16>, tensor<?xf32>)
// CHECK: tensor.parallel_insert_slice %[[T]]#0 into %[[YO]][%[[O]], 0] [%[[S]], 4096] [1, 1]
// CHECK: tensor.parallel_insert_slice %[[T]]#1 into %[[RO]][%[[O]]] [%[[S]]] [1]
module attributes {transform.with_named_sequence} {
  func.func @rows(%x: tensor<?x4096xbf16>, %g: tensor<4096xf32>, %y: tensor<?x4096xbf16>, %r: tensor<?xf32>) -> (tensor<?x4096xbf16>, tensor<?xf32>) {
    %0:2 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g : tensor<?x4096xbf16>, tensor<4096xf32>) outs(%y, %r : tensor<?x4096xbf16>, tensor<?xf32>)
    return %0#0, %0#1 : tensor<?x4096xbf16>, tensor<?xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %n tile_sizes [8] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A dynamic row, a scale per row, a broadcast bias and an epsilon per element:
// each is sliced by its own map.
// CHECK-LABEL: @every_map
// CHECK-SAME: (%[[X:.*]]: tensor<6x?x?xf32>, %[[G:.*]]: tensor<6x1x1xf32>, %[[B:.*]]: tensor<1x?xf32>, %[[E:.*]]: tensor<6x1x?xf32>)
// CHECK: %[[N:[^ ]*]] = tensor.dim %[[X]], %{{.*}}
// CHECK: %[[K:[^ ]*]] = tensor.dim %[[X]], %{{.*}}
// CHECK: scf.for %[[I:[^ ]*]] =
// CHECK: tensor.extract_slice %{{.*}}[%[[I]], 0, 0] [2, %[[N]], %[[K]]]
// CHECK: tensor.extract_slice %[[G]][%[[I]], 0, 0] [2, 1, 1]
// CHECK: tensor.extract_slice %[[B]][0, 0] [1, %[[K]]]
// CHECK: tensor.extract_slice %[[E]][%[[I]], 0, 0] [2, 1, %[[K]]]
// CHECK: rmsnorm.rms_norm axes = [1, 2] ins(%{{.*}}, scale %{{.*}}, bias %{{.*}}, eps %{{.*}} : tensor<2x?x?xf32>, tensor<2x1x1xf32>, tensor<1x?xf32>, tensor<2x1x?xf32>) outs(%{{.*}} : tensor<2x?x?xf32>)
module attributes {transform.with_named_sequence} {
  func.func @every_map(%x: tensor<6x?x?xf32>, %g: tensor<6x1x1xf32>, %b: tensor<1x?xf32>, %e: tensor<6x1x?xf32>) -> tensor<6x?x?xf32> {
    %0 = rmsnorm.rms_norm axes = [1, 2] ins(%x, scale %g, bias %b, eps %e : tensor<6x?x?xf32>, tensor<6x1x1xf32>, tensor<1x?xf32>, tensor<6x1x?xf32>) outs(%x : tensor<6x?x?xf32>)
    return %0 : tensor<6x?x?xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [2, 0, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The reduced axes are the outer ones; what is tiled is the inner axis.
// CHECK-LABEL: @columns
// CHECK: scf.forall (%[[I:.*]]) in (4)
// CHECK: tensor.extract_slice %{{.*}}[0, %[[O:[^,]*]], 0] [2, 2, 3]
// CHECK: tensor.extract_slice %{{.*}}[%[[O]]] [2] [1]
// CHECK: rmsnorm.rms_norm axes = [0, 2] {{.*}} outs(%{{.*}}, %{{.*}} : tensor<2x2x3xf32>, tensor<2xf32>)
module attributes {transform.with_named_sequence} {
  func.func @columns(%x: tensor<2x8x3xf32>, %r: tensor<8xf32>) -> (tensor<2x8x3xf32>, tensor<8xf32>) {
    %0:2 = rmsnorm.rms_norm axes = [0, 2] ins(%x : tensor<2x8x3xf32>) outs(%x, %r : tensor<2x8x3xf32>, tensor<8xf32>)
    return %0#0, %0#1 : tensor<2x8x3xf32>, tensor<8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %n tile_sizes [0, 2, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// On memrefs the slices are subviews.
// CHECK-LABEL: @memrefs
// CHECK: scf.for
// CHECK: %[[X:.*]] = memref.subview %{{.*}} [1, 8] [1, 1] : memref<4x8xf32> to memref<1x8xf32, strided<[8, 1], offset: ?>>
// CHECK: %[[Y:.*]] = memref.subview
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%[[X]] : memref<1x8xf32, strided<[8, 1], offset: ?>>) outs(%[[Y]] :
module attributes {transform.with_named_sequence} {
  func.func @memrefs(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
    rmsnorm.rms_norm axes = [1] ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %n tile_sizes [1] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A tile as long as the row leaves it whole.
// CHECK-LABEL: @whole_row
// CHECK: scf.forall
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 ins(%{{.*}} : tensor<1x8xf32>) outs(%{{.*}} : tensor<1x8xf32>)
module attributes {transform.with_named_sequence} {
  func.func @whole_row(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    // expected-warning @+1 {{tiling is not thread safe at axis #1}}
    %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
    return %0 : tensor<4x8xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %n tile_sizes [1, 8] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#id = affine_map<(r, c) -> (r, c)>
#row = affine_map<(r, c) -> (r)>
#col = affine_map<(r, c) -> (c)>

// CHECK-LABEL: @kernel
// CHECK: scf.forall
// CHECK-DAG: %[[X:.*]] = tensor.extract_slice %{{.*}} [%[[S:[^,]*]], 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
// CHECK: %[[T:.*]]:2 = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"]
// CHECK-SAME: ins(%{{.*}}, %arg1, %arg2 : tensor<?x8xf32>, tensor<8xf32>, f32) outs(%{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-DAG: tensor.parallel_insert_slice %[[T]]#0
// CHECK-DAG: tensor.parallel_insert_slice %[[T]]#1
module attributes {transform.with_named_sequence} {
  func.func @kernel(%x: tensor<?x8xf32>, %g: tensor<8xf32>, %s: f32, %r: tensor<?xf32>) -> (tensor<?x8xf32>, tensor<?xf32>) {
    %0:2 = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"] maps = [#id, #col, affine_map<(r, c) -> ()>, #id, #row]
      ins(%x, %g, %s : tensor<?x8xf32>, tensor<8xf32>, f32) outs(%x, %r : tensor<?x8xf32>, tensor<?xf32>) {
    ^bb0(%a: f32, %w: f32, %k: f32):
      %t = rmsnorm.reduce add %a : f32
      %u = arith.divf %a, %t : f32
      %v = arith.mulf %u, %w : f32
      %z = arith.mulf %v, %k : f32
      rmsnorm.yield %z, %t : f32, f32
    }
    return %0#0, %0#1 : tensor<?x8xf32>, tensor<?xf32>
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %n = transform.structured.match ops{["rmsnorm.row_kernel"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %n tile_sizes [4, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
