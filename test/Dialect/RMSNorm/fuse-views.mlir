// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --split-input-file --remark-format=emitRemark --remarks-filter="rmsnorm-fuse" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

// A weight over the whole row behind a norm of groups: the kernel works on
// groups, and the weight is seen as groups.
// CHECK-LABEL: @grouped
// CHECK: %[[W:.*]] = tensor.expand_shape %arg1 {{.*}} : tensor<48xf32> into tensor<3x16xf32>
// CHECK: %[[K:.*]] = rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "parallel", "reduction"]
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: tensor.collapse_shape %[[K]]
#id = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @grouped(%x: tensor<?x3x16xf32>, %w: tensor<48xf32>, %e: tensor<?x3x16xf32>, %e2: tensor<?x48xf32>) -> tensor<?x48xf32> {
  %n = rmsnorm.rms_norm axes = [2] eps = 1.0e-6 ins(%x : tensor<?x3x16xf32>) outs(%e : tensor<?x3x16xf32>)
  %c = tensor.collapse_shape %n [[0], [1, 2]] : tensor<?x3x16xf32> into tensor<?x48xf32>
  %y = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]} ins(%c, %w : tensor<?x48xf32>, tensor<48xf32>) outs(%e2 : tensor<?x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x48xf32>
  return %y : tensor<?x48xf32>
}

// -----

// A norm of whole rows, seen as heads afterwards: both dimensions are the row.
// CHECK-LABEL: @to_heads
// CHECK: rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "reduction", "reduction"]
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#last = affine_map<(d0, d1, d2) -> (d2)>
func.func @to_heads(%x: tensor<4x48xf32>, %w: tensor<8xf32>, %e: tensor<4x48xf32>, %e2: tensor<4x6x8xf32>) -> tensor<4x6x8xf32> {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %h = tensor.expand_shape %n [[0], [1, 2]] output_shape [4, 6, 8] : tensor<4x48xf32> into tensor<4x6x8xf32>
  %y = linalg.generic {indexing_maps = [#id, #last, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%h, %w : tensor<4x6x8xf32>, tensor<8xf32>) outs(%e2 : tensor<4x6x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<4x6x8xf32>
  return %y : tensor<4x6x8xf32>
}

// -----

// A sum of which a part is normalised is computed for that part.
// CHECK-LABEL: @part_of_sum
// CHECK: %[[A:.*]] = tensor.extract_slice %arg0[0, %arg2] [4, 16] [1, 1]
// CHECK: %[[B:.*]] = tensor.extract_slice %arg1[0, %arg2] [4, 16] [1, 1]
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%[[A]], %[[B]]
// CHECK-NOT: rmsnorm.row_kernel
func.func @part_of_sum(%x: tensor<4x48xf32>, %r: tensor<4x48xf32>, %at: index, %e: tensor<4x48xf32>, %e2: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %h = linalg.add ins(%x, %r : tensor<4x48xf32>, tensor<4x48xf32>) outs(%e : tensor<4x48xf32>) -> tensor<4x48xf32>
  %s = tensor.extract_slice %h[0, %at] [4, 16] [1, 1] : tensor<4x48xf32> to tensor<4x16xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%s : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>)
  return %n : tensor<4x16xf32>
}

// -----

// The last rows of a norm: only they are normalised.
// CHECK-LABEL: @last_rows
// CHECK: %[[X:.*]] = tensor.extract_slice %arg0[3, 0] [1, 48] [1, 1]
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%[[X]]
// CHECK-NOT: rmsnorm.row_kernel
func.func @last_rows(%x: tensor<4x48xf32>, %e: tensor<4x48xf32>, %e2: tensor<1x48xf32>) -> tensor<1x48xf32> {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %s = tensor.extract_slice %n[3, 0] [1, 48] [1, 1] : tensor<4x48xf32> to tensor<1x48xf32>
  %y = linalg.exp ins(%s : tensor<1x48xf32>) outs(%e2 : tensor<1x48xf32>) -> tensor<1x48xf32>
  return %y : tensor<1x48xf32>
}

// -----

// Halves of a row that are combined: computed side by side, one sum of both.
// CHECK-LABEL: @halves
// CHECK-DAG: %[[A:.*]] = tensor.extract_slice %arg0[0, 0] [4, 24] [1, 1]
// CHECK-DAG: %[[B:.*]] = tensor.extract_slice %arg0[0, 24] [4, 24] [1, 1]
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%[[A]], %[[B]] :
// CHECK: %[[S:.*]] = rmsnorm.reduce add
// CHECK: %[[T:.*]] = rmsnorm.reduce add
// CHECK: arith.addf %[[S]], %[[T]]
// CHECK-NOT: rmsnorm.row_kernel
func.func @halves(%x: tensor<4x48xf32>, %e: tensor<4x48xf32>, %e2: tensor<4x24xf32>) -> tensor<4x24xf32> {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %a = tensor.extract_slice %n[0, 0] [4, 24] [1, 1] : tensor<4x48xf32> to tensor<4x24xf32>
  %b = tensor.extract_slice %n[0, 24] [4, 24] [1, 1] : tensor<4x48xf32> to tensor<4x24xf32>
  %y = linalg.sub ins(%a, %b : tensor<4x24xf32>, tensor<4x24xf32>) outs(%e2 : tensor<4x24xf32>) -> tensor<4x24xf32>
  return %y : tensor<4x24xf32>
}

// -----

// Every second element of a half: no piece of the row.
// CHECK-LABEL: @interleaved
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK: rmsnorm.row_kernel "map"
// REMARK: a neighbour is not fused with the norm: its slices are not 2 to 8 equal pieces of the row
func.func @interleaved(%x: tensor<4x48xf32>, %e: tensor<4x48xf32>, %e2: tensor<4x12xf32>) -> tensor<4x12xf32> {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %a = tensor.extract_slice %n[0, 0] [4, 12] [1, 2] : tensor<4x48xf32> to tensor<4x12xf32>
  %b = tensor.extract_slice %n[0, 1] [4, 12] [1, 2] : tensor<4x48xf32> to tensor<4x12xf32>
  %y = linalg.sub ins(%a, %b : tensor<4x12xf32>, tensor<4x12xf32>) outs(%e2 : tensor<4x12xf32>) -> tensor<4x12xf32>
  return %y : tensor<4x12xf32>
}

// -----

// Columns of the whole, the rest of which is wanted as well.
// CHECK-LABEL: @whole_and_part
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK: rmsnorm.row_kernel "map"
// REMARK: a neighbour is not fused with the norm: a part of it would be computed twice for a slice
func.func @whole_and_part(%x: tensor<4x48xf32>, %e: tensor<4x48xf32>, %e2: tensor<4x16xf32>) -> (tensor<4x48xf32>, tensor<4x16xf32>) {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %a = tensor.extract_slice %n[0, 8] [4, 16] [1, 1] : tensor<4x48xf32> to tensor<4x16xf32>
  %y = linalg.exp ins(%a : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %n, %y : tensor<4x48xf32>, tensor<4x16xf32>
}

// -----

// Across the rows: a transposed result would be written element by element.
// CHECK-LABEL: @transposed
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK: rmsnorm.row_kernel "map"
// REMARK: a neighbour is not fused with the norm: it is laid out across the rows: a transposition stands between
func.func @transposed(%x: tensor<4x48xf32>, %e: tensor<4x48xf32>, %e2: tensor<48x4xf32>) -> tensor<48x4xf32> {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %t = linalg.transpose ins(%n : tensor<4x48xf32>) outs(%e2 : tensor<48x4xf32>) permutation = [1, 0]
  return %t : tensor<48x4xf32>
}

// -----

// A split of rows and columns together is no split of either.
// CHECK-LABEL: @other_rows
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK: tensor.collapse_shape
// CHECK: rmsnorm.row_kernel "map"
func.func @other_rows(%x: tensor<4x48xf32>, %e: tensor<4x48xf32>, %e2: tensor<192xf32>, %e3: tensor<6x32xf32>) -> tensor<6x32xf32> {
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x48xf32>) outs(%e : tensor<4x48xf32>)
  %c = tensor.collapse_shape %n [[0, 1]] : tensor<4x48xf32> into tensor<192xf32>
  %h = tensor.expand_shape %c [[0, 1]] output_shape [6, 32] : tensor<192xf32> into tensor<6x32xf32>
  %y = linalg.exp ins(%h : tensor<6x32xf32>) outs(%e3 : tensor<6x32xf32>) -> tensor<6x32xf32>
  return %y : tensor<6x32xf32>
}

// -----

// Only a number of each row is left behind the view, and none of the dimensions
// that it had merged.
// CHECK-LABEL: @statistic_of_heads
// CHECK: %[[K:.*]]:2 = rmsnorm.row_kernel "rms_norm"
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: return %[[K]]#1, %[[K]]#0
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @statistic_of_heads(%x: tensor<4x6x8xf32>, %e: tensor<4x6x8xf32>, %e2: tensor<4xf32>) -> (tensor<4x6x8xf32>, tensor<4xf32>) {
  %f = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%f : f32) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
  %n = rmsnorm.rms_norm axes = [1, 2] eps = 1.0e-6 ins(%x : tensor<4x6x8xf32>) outs(%e : tensor<4x6x8xf32>)
  %c = tensor.collapse_shape %n [[0], [1, 2]] : tensor<4x6x8xf32> into tensor<4x48xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%c : tensor<4x48xf32>) outs(%zero : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %t = arith.addf %q, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %n, %s : tensor<4x6x8xf32>, tensor<4xf32>
}
