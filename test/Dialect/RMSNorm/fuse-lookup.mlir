// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --split-input-file | FileCheck %s

// An embedding, the sum with positions and the norm: the table's rows are read
// by the kernel, indices checked before it, once for each.
// CHECK-LABEL: @embedding
// CHECK: scf.for
// CHECK: tensor.extract %arg0
// CHECK: cf.assert {{.*}} "no such row"
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK-SAME: ins(%arg0, %arg1, %arg2 : tensor<?xi64>, tensor<100x64xbf16>, tensor<?x64xbf16>)
// CHECK-SAME: gathers = array<i64: 1, 0, 0>
// CHECK-NOT: = linalg.generic
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @embedding(%ids: tensor<?xi64>, %table: tensor<100x64xbf16>, %p: tensor<?x64xbf16>, %e: tensor<?x64xbf16>) -> (tensor<?x64xbf16>, tensor<?x64xbf16>) {
  %c100 = arith.constant 100 : index
  %x = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<?xi64>) outs(%e : tensor<?x64xbf16>) {
  ^bb0(%i: i64, %o: bf16):
    %r = arith.index_cast %i : i64 to index
    %c = linalg.index 1 : index
    %ok = arith.cmpi ult, %r, %c100 : index
    cf.assert %ok, "no such row"
    %v = tensor.extract %table[%r, %c] : tensor<100x64xbf16>
    linalg.yield %v : bf16
  } -> tensor<?x64xbf16>
  %h = linalg.add ins(%x, %p : tensor<?x64xbf16>, tensor<?x64xbf16>) outs(%e : tensor<?x64xbf16>) -> tensor<?x64xbf16>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<?x64xbf16>) outs(%e : tensor<?x64xbf16>)
  return %n, %h : tensor<?x64xbf16>, tensor<?x64xbf16>
}

// -----

// CHECK-LABEL: @gather
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK-SAME: maps = [#{{.*}}, #{{.*}}, #{{.*}}] ins(%arg0, %arg1 : tensor<4x1xindex>, tensor<100x64xf32>)
// CHECK-SAME: gathers = array<i64: 1, 0, 0>
// CHECK-NOT: = tensor.gather
func.func @gather(%ids: tensor<4x1xindex>, %table: tensor<100x64xf32>, %e: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %x = tensor.gather %table[%ids] gather_dims([0]) unique : (tensor<100x64xf32>, tensor<4x1xindex>) -> tensor<4x64xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x64xf32>) outs(%e : tensor<4x64xf32>)
  return %n : tensor<4x64xf32>
}

// -----

// The position itself is a value, and an index that is computed in the body:
// left as they are.
// CHECK-LABEL: @left_alone
// CHECK-COUNT-2: = linalg.generic
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @left_alone(%ids: tensor<4xi64>, %table: tensor<100x64xf32>, %e: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
  %x = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<4xi64>) outs(%e : tensor<4x64xf32>) {
  ^bb0(%i: i64, %o: f32):
    %r = arith.index_cast %i : i64 to index
    %c = linalg.index 1 : index
    %v = tensor.extract %table[%r, %c] : tensor<100x64xf32>
    %n = arith.index_cast %c : index to i64
    %f = arith.sitofp %n : i64 to f32
    %s = arith.addf %v, %f : f32
    linalg.yield %s : f32
  } -> tensor<4x64xf32>
  %y = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<4xi64>) outs(%e : tensor<4x64xf32>) {
  ^bb0(%i: i64, %o: f32):
    %one = arith.constant 1 : i64
    %j = arith.addi %i, %one : i64
    %r = arith.index_cast %j : i64 to index
    %c = linalg.index 1 : index
    %v = tensor.extract %table[%r, %c] : tensor<100x64xf32>
    linalg.yield %v : f32
  } -> tensor<4x64xf32>
  return %x, %y : tensor<4x64xf32>, tensor<4x64xf32>
}

// -----

// Neither a diagonal nor a part of an axis is looked up by rows.
// CHECK-LABEL: @no_rows
// CHECK-NOT: rmsnorm.row_kernel
func.func @no_rows(%x: tensor<8x8xf32>, %y: tensor<8x16xf32>) -> (tensor<8xf32>, tensor<8x8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i, %i] : tensor<8x8xf32>
    linalg.yield %v : f32
  } -> tensor<8xf32>
  %f = tensor.empty() : tensor<8x8xf32>
  %h = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%f : tensor<8x8xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %v = tensor.extract %y[%i, %j] : tensor<8x16xf32>
    linalg.yield %v : f32
  } -> tensor<8x8xf32>
  return %d, %h : tensor<8xf32>, tensor<8x8xf32>
}
