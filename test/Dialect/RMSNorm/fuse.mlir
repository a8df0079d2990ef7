// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --split-input-file | FileCheck %s

// Residual sum in bf16, norm, weight after the rounding: one kernel that reads
// three tensors and writes two; every rounding is still there.
// CHECK-LABEL: @residual_norm_weight
// CHECK-NOT: = linalg.generic
// CHECK: %[[K:.*]]:2 = rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "reduction"]
// CHECK-SAME: ins(%arg0, %arg1, %arg2 : tensor<?x4096xbf16>, tensor<?x4096xbf16>, tensor<4096xbf16>)
// CHECK-SAME: attributes {rmsnorm.fused = ["linalg.generic", "rmsnorm.rms_norm", "linalg.generic"], rmsnorm.norms = 1 : i64}
// CHECK: %[[H:.*]] = arith.addf %{{.*}}, %{{.*}} : bf16
// CHECK: %[[X:.*]] = arith.extf %[[H]] : bf16 to f32
// CHECK: rmsnorm.reduce add
// CHECK: %[[N:.*]] = arith.truncf %{{.*}} : f32 to bf16
// CHECK: %[[Y:.*]] = arith.mulf %[[N]], %{{.*}} : bf16
// CHECK: rmsnorm.yield %[[Y]], %[[H]] : bf16, bf16
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: return %[[K]]#0, %[[K]]#1
#id = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @residual_norm_weight(%x: tensor<?x4096xbf16>, %r: tensor<?x4096xbf16>, %g: tensor<4096xbf16>, %e: tensor<?x4096xbf16>) -> (tensor<?x4096xbf16>, tensor<?x4096xbf16>) {
  %h = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %r : tensor<?x4096xbf16>, tensor<?x4096xbf16>) outs(%e : tensor<?x4096xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %o: bf16):
    %s = arith.addf %a, %b : bf16
    linalg.yield %s : bf16
  } -> tensor<?x4096xbf16>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<?x4096xbf16>) outs(%e : tensor<?x4096xbf16>)
  %y = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]} ins(%n, %g : tensor<?x4096xbf16>, tensor<4096xbf16>) outs(%e : tensor<?x4096xbf16>) {
  ^bb0(%a: bf16, %w: bf16, %o: bf16):
    %s = arith.mulf %a, %w : bf16
    linalg.yield %s : bf16
  } -> tensor<?x4096xbf16>
  return %y, %h : tensor<?x4096xbf16>, tensor<?x4096xbf16>
}

// -----

// Softmax: two reductions, one kernel.
// CHECK-LABEL: @softmax
// CHECK: rmsnorm.row_kernel "row" iterators = ["parallel", "reduction"]
// CHECK: rmsnorm.reduce maximum
// CHECK: math.exp
// CHECK: rmsnorm.reduce add
// CHECK: arith.divf
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @softmax(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %ninf = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %f0 = linalg.fill ins(%ninf : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %m = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%f0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %ex = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %m : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
    %t = math.exp %s : f32
    linalg.yield %t : f32
  } -> tensor<4x16xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%ex : tensor<4x16xf32>) outs(%f1 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%ex, %sum : tensor<4x16xf32>, tensor<4xf32>) outs(%e2 : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// 1 + w is cheap: computed along with each row instead of being written once
// and read for every row.
// CHECK-LABEL: @weight_offset
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK-SAME: ins(%arg1, %arg0 : tensor<8xbf16>, tensor<4x8xbf16>)
// CHECK-NOT: rmsnorm.row_kernel
func.func @weight_offset(%x: tensor<4x8xbf16>, %w: tensor<8xbf16>) -> tensor<4x8xbf16> {
  %e = tensor.empty() : tensor<8xf32>
  %e2 = tensor.empty() : tensor<4x8xbf16>
  %g = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%w : tensor<8xbf16>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %c = arith.constant 1.0 : f32
    %b = arith.extf %a : bf16 to f32
    %s = arith.addf %b, %c : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g : tensor<4x8xbf16>, tensor<8xf32>) outs(%e2 : tensor<4x8xbf16>)
  return %y : tensor<4x8xbf16>
}

// -----

// The number of elements of a dynamic row is computed outside and passed in.
// CHECK-LABEL: @dynamic_row
// CHECK: %[[D:.*]] = tensor.dim %arg0, %{{.*}} : tensor<?x?xf32>
// CHECK: %[[N:.*]] = arith.sitofp
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%arg0, %[[N]] : tensor<?x?xf32>, f32)
func.func @dynamic_row(%x: tensor<?x?xf32>, %e: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf32>)
  return %y : tensor<?x?xf32>
}

// -----

// A matrix multiplication is not a row kernel, nor is an operation that looks
// at its position.
// CHECK-LABEL: @left_alone
// CHECK: linalg.matmul
// CHECK: linalg.generic
// CHECK-NOT: rmsnorm.row_kernel
func.func @left_alone(%a: tensor<4x8xf32>, %b: tensor<8x4xf32>, %c: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x4xf32>) outs(%c : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<4x4xf32>) outs(%c : tensor<4x4xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 0 : index
    %i64 = arith.index_cast %i : index to i64
    %f = arith.sitofp %i64 : i64 to f32
    %s = arith.addf %x, %f : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// -----

// Importers write index 0 for a dimension of extent 1: the same position.
// CHECK-LABEL: @unit_dimension
// CHECK: rmsnorm.row_kernel
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @unit_dimension(%x: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<1xf32>
  %e2 = tensor.empty() : tensor<1x16xf32>
  %ex = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<1x16xf32>) outs(%e2 : tensor<1x16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.exp %a : f32
    linalg.yield %t : f32
  } -> tensor<1x16xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1xf32>) -> tensor<1xf32>
  %sum = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%ex : tensor<1x16xf32>) outs(%f : tensor<1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<1xf32>
  %y = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (0)>, #id], iterator_types = ["parallel", "parallel"]} ins(%ex, %sum : tensor<1x16xf32>, tensor<1xf32>) outs(%e2 : tensor<1x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x16xf32>
  return %y : tensor<1x16xf32>
}

// -----

// What is made of the sum alone is marked: targets compute it more precisely.
// Epsilon per feature: d belongs to the element, nothing is marked.
// CHECK-LABEL: @statistic
// CHECK: %[[SUM:.*]] = rmsnorm.reduce add
// CHECK: %[[MEAN:.*]] = arith.divf %[[SUM]], %{{.*}} {rmsnorm.statistic}
// CHECK: %[[SHIFTED:.*]] = arith.addf %[[MEAN]], %{{.*}} {rmsnorm.statistic}
// CHECK: %[[D:.*]] = math.sqrt %[[SHIFTED]] {rmsnorm.statistic}
// CHECK: %[[R:.*]] = arith.divf %{{.*}}, %[[D]] {rmsnorm.statistic}
// CHECK: arith.mulf %{{.*}}, %[[R]] : f32
// CHECK: rmsnorm.reduce add
// CHECK-NOT: rmsnorm.statistic
func.func @statistic(%x: tensor<?x64xf32>, %p: tensor<64xf32>, %e: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>)
  %z = rmsnorm.rms_norm axes = [1] ins(%y, eps %p : tensor<?x64xf32>, tensor<64xf32>) outs(%e : tensor<?x64xf32>)
  return %y, %z : tensor<?x64xf32>, tensor<?x64xf32>
}
