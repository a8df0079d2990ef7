// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --split-input-file --remark-format=emitRemark --remarks-filter="rmsnorm-fuse" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

// Even and odd elements of a norm are pieces of its row: computed side by side,
// with the input, too, read in two pieces.
// CHECK-LABEL: func.func @even_odd
// CHECK: tensor.extract_slice %arg0[0, 0] [4, 8] [1, 2]
// CHECK: tensor.extract_slice %arg0[0, 1] [4, 8] [1, 2]
// CHECK: rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "reduction"]
// CHECK: arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @even_odd(%x: tensor<4x16xf32>, %e: tensor<4x16xf32>, %h: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>)
  %a = tensor.extract_slice %y[0, 0] [4, 8] [1, 2] : tensor<4x16xf32> to tensor<4x8xf32>
  %b = tensor.extract_slice %y[0, 1] [4, 8] [1, 2] : tensor<4x16xf32> to tensor<4x8xf32>
  %z = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<4x8xf32>, tensor<4x8xf32>) outs(%h : tensor<4x8xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.subf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// -----

// Every third element from two starts is not the whole row.
// REMARK: a neighbour is not fused with the norm: its slices are not 2 to 8 equal pieces of the row
// CHECK-LABEL: func.func @thirds
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK: tensor.extract_slice
// CHECK: rmsnorm.row_kernel "map"
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @thirds(%x: tensor<4x16xf32>, %e: tensor<4x16xf32>, %h: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>)
  %a = tensor.extract_slice %y[0, 0] [4, 5] [1, 3] : tensor<4x16xf32> to tensor<4x5xf32>
  %b = tensor.extract_slice %y[0, 1] [4, 5] [1, 3] : tensor<4x16xf32> to tensor<4x5xf32>
  %z = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<4x5xf32>, tensor<4x5xf32>) outs(%h : tensor<4x5xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.subf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x5xf32>
  return %z : tensor<4x5xf32>
}

// -----

// More index 0 than loops.
// CHECK-LABEL: func.func @many_units
// CHECK: rmsnorm.row_kernel {{.*}} ins(%arg0 : tensor<8x1x1xf32>)
func.func @many_units(%x: tensor<8x1x1xf32>, %e: tensor<8xf32>) -> tensor<8xf32> {
  %y = rmsnorm.row_kernel "map" iterators = ["parallel"] maps = [affine_map<(d0) -> (d0, 0, 0)>, affine_map<(d0) -> (d0)>] ins(%x : tensor<8x1x1xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    rmsnorm.yield %s : f32
  }
  return %y : tensor<8xf32>
}
