// RUN: rmsnorm-opt %s --rmsnorm-prepare-entries --split-input-file | FileCheck %s

// Arguments, constants and results are buffers; the extents of the result are
// computed by a function of their own.
// CHECK: module attributes {rmsnorm.constants = [dense<[1.0{{.*}}]> : tensor<16xf32>]}
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%arg0: memref<?x16xf32>, %arg1: memref<16xf32>, %arg2: memref<?x16xf32>)
// CHECK-SAME: arg_names = ["arg0"]
// CHECK-SAME: constants = array<i64: 0>
// CHECK-SAME: result_types = [tensor<?x16xf32>]
// CHECK-SAME: shape_symbol = "rmsn_shape_main"
// CHECK: bufferization.to_tensor %arg0 restrict : memref<?x16xf32>
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %arg2
// CHECK-LABEL: func.func @rmsn_shape_main
// CHECK-NOT: linalg
// CHECK: llvm.store
func.func @main(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]> : tensor<16xf32>
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x16xf32>
  %e = tensor.empty(%d) : tensor<?x16xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]} ins(%x, %c : tensor<?x16xf32>, tensor<16xf32>) outs(%e : tensor<?x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

// Private functions are no entries; scalars stay, a returned number becomes a
// tensor of rank 0.
// CHECK-LABEL: func.func private @helper(%arg0: tensor<4xf32>) -> tensor<4xf32>
// CHECK-LABEL: func.func @scalars(%arg0: f32, %arg1: memref<f32>)
// CHECK-SAME: arg_ranks = array<i64: -1>
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @scalars(%a: f32) -> f32 {
  %0 = arith.addf %a, %a : f32
  return %0 : f32
}

// -----

// The caller sees names, and the sign that integers have lost.
// CHECK-LABEL: func.func @unsigned
// CHECK-SAME: arg_names = ["q"]
// CHECK-SAME: arg_types = [tensor<4xui8>]
// CHECK-SAME: result_types = [tensor<4xui8>, tensor<4xi8>]
func.func @unsigned(%q: tensor<4xi8> {rmsnorm.name = "q", rmsnorm.unsigned}) -> (tensor<4xi8> {rmsnorm.unsigned}, tensor<4xi8>) {
  %e = tensor.empty() : tensor<4xi8>
  %y:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%q : tensor<4xi8>) outs(%e, %e : tensor<4xi8>, tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8, %p: i8):
    %s = arith.addi %a, %a : i8
    linalg.yield %s, %a : i8, i8
  } -> (tensor<4xi8>, tensor<4xi8>)
  return %y#0, %y#1 : tensor<4xi8>, tensor<4xi8>
}
