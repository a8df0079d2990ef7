// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --split-input-file --remark-format=emitRemark --remarks-filter="rmsnorm-fuse" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

// Two norms of one tensor read it once.
// CHECK-LABEL: @several_norms
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%arg0, %arg1, %arg2 : tensor<?x64xbf16>, tensor<64xbf16>, tensor<64xbf16>)
// CHECK-SAME: rmsnorm.norms = 2
// CHECK-NOT: rmsnorm.row_kernel
func.func @several_norms(%x: tensor<?x64xbf16>, %v: tensor<64xbf16>, %w: tensor<64xbf16>, %e: tensor<?x64xbf16>) -> (tensor<?x64xbf16>, tensor<?x64xbf16>) {
  %a = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %v : tensor<?x64xbf16>, tensor<64xbf16>) outs(%e : tensor<?x64xbf16>)
  %b = rmsnorm.rms_norm axes = [1] eps = 1.0e-5 ins(%x, scale %w : tensor<?x64xbf16>, tensor<64xbf16>) outs(%e : tensor<?x64xbf16>)
  return %a, %b : tensor<?x64xbf16>, tensor<?x64xbf16>
}

// -----

// The second needs a product of the first: one kernel of both would wait for
// itself, whether the tensor that both read is theirs or an argument.
// CHECK-LABEL: @cycle
// CHECK: %[[H:.*]]:2 = rmsnorm.row_kernel "rms_norm"
// CHECK: linalg.matmul
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK-NOT: rmsnorm.row_kernel
// REMARK: a neighbour is not fused with the norm: the consumer also needs what others compute from it: one kernel of both would wait for itself
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @cycle(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>, %m: tensor<8x8xf32>, %e: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %h = linalg.add ins(%x, %r : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  %p = linalg.matmul ins(%n, %m : tensor<4x8xf32>, tensor<8x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.add ins(%h, %p : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%s : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  return %y : tensor<4x8xf32>
}

// -----

// What needs the sum and stood between the two moves behind the kernel.
// CHECK-LABEL: @between
// CHECK: %[[K:.*]]:2 = rmsnorm.row_kernel "rms_norm"
// CHECK: linalg.matmul ins(%[[K]]#1
// CHECK-NOT: rmsnorm.row_kernel
func.func @between(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>, %m: tensor<8x8xf32>, %e: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %h = linalg.add ins(%x, %r : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %p = linalg.matmul ins(%h, %m : tensor<4x8xf32>, tensor<8x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  return %n, %p : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// An operation with side effects does not move.
// CHECK-LABEL: @effects
// CHECK: rmsnorm.row_kernel "map"
// CHECK: call @observe
// CHECK: rmsnorm.row_kernel "rms_norm"
// REMARK: a neighbour is not fused with the norm: an operation with side effects needs a result before the consumer
func.func private @observe(tensor<4x8xf32>)
func.func @effects(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>, %e: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %h = linalg.add ins(%x, %r : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  func.call @observe(%h) : (tensor<4x8xf32>) -> ()
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  return %n : tensor<4x8xf32>
}

// -----

// The extent of a result is that of its destination: asking for it keeps nobody
// from waiting for the result.
// CHECK-LABEL: @extent_of_result
// CHECK: rmsnorm.row_kernel "rms_norm"
// CHECK-NOT: rmsnorm.row_kernel
func.func @extent_of_result(%x: tensor<?x8xf32>, %r: tensor<?x8xf32>, %e: tensor<?x8xf32>) -> (tensor<?x8xf32>, index) {
  %c0 = arith.constant 0 : index
  %h = linalg.add ins(%x, %r : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %d = tensor.dim %h, %c0 : tensor<?x8xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>)
  return %n, %d : tensor<?x8xf32>, index
}

// -----

// A destination that is read is an input: its own value is added.
// CHECK-LABEL: @accumulates
// CHECK: rmsnorm.row_kernel "rms_norm" {{.*}} ins(%arg0, %arg1 :
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @accumulates(%x: tensor<4x8xf32>, %acc: tensor<4x8xf32>, %e: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %h = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%acc : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  return %n : tensor<4x8xf32>
}
