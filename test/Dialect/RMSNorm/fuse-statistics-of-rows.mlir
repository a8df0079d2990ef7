// RUN: rmsnorm-opt %s --rmsnorm-raise --rmsnorm-fuse --canonicalize --cse --split-input-file | FileCheck %s

// A number that a few operations compute is computed in the kernel; a further
// factor is no second weight.
// CHECK-LABEL: @scalar_code
// CHECK-NOT: linalg.generic
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%arg0, %arg1, %arg2 : tensor<4x8xf32>, tensor<8xf32>, tensor<f32>)
// CHECK: arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
#none = affine_map<(d0, d1) -> ()>
func.func @scalar_code(%x: tensor<4x8xf32>, %w: tensor<8xf32>, %s: tensor<f32>, %e: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %one = arith.constant 1.0 : f32
  %es = tensor.empty() : tensor<f32>
  %inverse = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%s : tensor<f32>) outs(%es : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %one, %a : f32
    linalg.yield %q : f32
  } -> tensor<f32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %w : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>)
  %z = linalg.generic {indexing_maps = [#id, #none, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %inverse : tensor<4x8xf32>, tensor<f32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.mulf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// -----

// More than a few operations are computed once, not for every element.
// CHECK-LABEL: @long_scalar_code
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #{{.*}}], iterator_types = []}
// CHECK: rmsnorm.row_kernel
func.func @long_scalar_code(%x: tensor<4x8xf32>, %s: tensor<f32>, %e: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %es = tensor.empty() : tensor<f32>
  %t = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%s : tensor<f32>) outs(%es : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %1 = math.exp %a : f32
    %2 = math.sin %1 : f32
    %3 = math.exp %2 : f32
    %4 = math.sin %3 : f32
    %5 = math.exp %4 : f32
    %6 = math.sin %5 : f32
    %7 = math.exp %6 : f32
    %8 = math.sin %7 : f32
    linalg.yield %8 : f32
  } -> tensor<f32>
  %z = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %t : tensor<4x8xf32>, tensor<f32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.mulf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// -----

// The scale of a quantisation, for which the dimension is kept, is returned, and
// its reciprocal is multiplied: one kernel with two results.
// CHECK-LABEL: @kept_dimension
// CHECK: rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "reduction"]
// CHECK-SAME: ins(%arg0 : tensor<?x8xf32>)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<?xf32>, tensor<?x8xi8>)
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: tensor.expand_shape
// CHECK: return
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#kept = affine_map<(d0, d1) -> (d0, 0)>
func.func @kept_dimension(%x: tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?x1xf32>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %low = arith.constant 1.0e-5 : f32
  %ninf = arith.constant 0xFF800000 : f32
  %d = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%d) : tensor<?x8xf32>
  %e1 = tensor.empty(%d) : tensor<?x1xf32>
  %ei = tensor.empty(%d) : tensor<?x8xi8>
  %er = tensor.empty(%d) : tensor<?xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>)
  %fill = linalg.fill ins(%ninf : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
  %max = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%y : tensor<?x8xf32>) outs(%fill : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = math.absf %a : f32
    %m = arith.maximumf %b, %o : f32
    linalg.yield %m : f32
  } -> tensor<?xf32>
  %wide = tensor.expand_shape %max [[0, 1]] output_shape [%d, 1] : tensor<?xf32> into tensor<?x1xf32>
  %scale = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%wide : tensor<?x1xf32>) outs(%e1 : tensor<?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %low : f32
    linalg.yield %m : f32
  } -> tensor<?x1xf32>
  %inverse = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%scale : tensor<?x1xf32>) outs(%e1 : tensor<?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %one, %a : f32
    linalg.yield %q : f32
  } -> tensor<?x1xf32>
  %z = linalg.generic {indexing_maps = [#id, #kept, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %inverse : tensor<?x8xf32>, tensor<?x1xf32>) outs(%ei : tensor<?x8xi8>) {
  ^bb0(%a: f32, %b: f32, %o: i8):
    %q = arith.mulf %a, %b : f32
    %i = arith.fptosi %q : f32 to i8
    linalg.yield %i : i8
  } -> tensor<?x8xi8>
  return %z, %scale : tensor<?x8xi8>, tensor<?x1xf32>
}
