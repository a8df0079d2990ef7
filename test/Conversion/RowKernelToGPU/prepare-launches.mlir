// RUN: rmsnorm-opt --rmsnorm-prepare-launches --split-input-file %s | FileCheck %s

#full = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#none = affine_map<(d0, d1, d2) -> ()>
// A row of 4 times an open number of elements.
// CHECK-LABEL: func.func @count(
// CHECK-SAME: %[[X:.*]]: tensor<?x4x?xf32>, %[[E:.*]]: tensor<?x4x?xf32>)
// CHECK-NEXT: %[[R:.*]] = rmsnorm.row_kernel "k" {{.*}} ins(%[[X]] : tensor<?x4x?xf32>) outs(%[[E]] : tensor<?x4x?xf32>)
// CHECK-SAME: rmsnorm.norms = 1
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.0
// CHECK-NEXT: %[[N:.*]] = rmsnorm.reduce add %[[ONE]]
// CHECK: arith.divf %{{.*}}, %[[N]]
// CHECK: return %[[R]]
func.func @count(%x: tensor<?x4x?xf32>, %e: tensor<?x4x?xf32>) -> tensor<?x4x?xf32> {
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %d = tensor.dim %x, %c2 : tensor<?x4x?xf32>
  %p = arith.muli %d, %c4 : index
  %i = arith.index_cast %p : index to i64
  %n = arith.sitofp %i : i64 to f32
  %y = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction", "reduction"] maps = [#full, #none, #full]
      ins(%x, %n : tensor<?x4x?xf32>, f32) outs(%e : tensor<?x4x?xf32>) attributes {rmsnorm.norms = 1 : i64} {
  ^bb0(%a: f32, %count: f32):
    %s = rmsnorm.reduce add %a : f32
    %m = arith.divf %s, %count : f32
    rmsnorm.yield %m : f32
  }
  return %y : tensor<?x4x?xf32>
}

// -----

#full = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> ()>
// The number of rows is not that of a row's elements; neither is twice that.
// CHECK-LABEL: func.func @other_counts(
// CHECK-COUNT-2: arith.sitofp
// CHECK: rmsnorm.row_kernel {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x?xf32>, f32, f32)
func.func @other_counts(%x: tensor<?x?xf32>, %e: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %rows = tensor.dim %x, %c0 : tensor<?x?xf32>
  %columns = tensor.dim %x, %c1 : tensor<?x?xf32>
  %twice = arith.muli %columns, %c2 : index
  %i = arith.index_cast %rows : index to i64
  %n = arith.sitofp %i : i64 to f32
  %j = arith.index_cast %twice : index to i64
  %m = arith.sitofp %j : i64 to f32
  %y = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"] maps = [#full, #none, #none, #full]
      ins(%x, %n, %m : tensor<?x?xf32>, f32, f32) outs(%e : tensor<?x?xf32>) {
  ^bb0(%a: f32, %p: f32, %q: f32):
    %s = rmsnorm.reduce add %a : f32
    %t = arith.divf %s, %p : f32
    %u = arith.divf %t, %q : f32
    rmsnorm.yield %u : f32
  }
  return %y : tensor<?x?xf32>
}

// -----

#full = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @repeated(
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<?x8xf32>
// CHECK: %[[E2:.*]] = tensor.empty(%{{.*}}) : tensor<?x8xf32>
// CHECK: %[[R:.*]]:2 = rmsnorm.row_kernel {{.*}} maps = [#[[M:.*]], #[[M]], #[[M]]] {{.*}} outs(%[[E]], %[[E2]] :
// CHECK: rmsnorm.yield %[[V:.*]], %[[V]] : f32, f32
// CHECK: return %[[R]]#0, %[[R]]#1
func.func @repeated(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%rows) : tensor<?x8xf32>
  %y = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"] maps = [#full, #full]
      ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: f32):
    %s = rmsnorm.reduce add %a : f32
    rmsnorm.yield %s : f32
  }
  return %y, %y : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

#full = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> ()>
#nothing = affine_map<() -> ()>
// CHECK-LABEL: func.func @number(
// CHECK: %[[E:.*]] = tensor.empty() : tensor<bf16>
// CHECK: %[[R:.*]] = rmsnorm.row_kernel {{.*}} outs(%[[E]] : tensor<bf16>)
// CHECK: %[[S:.*]] = rmsnorm.reduce add
// CHECK: %[[T:.*]] = arith.truncf %[[S]]
// CHECK: rmsnorm.yield %[[T]] : bf16
// CHECK-NOT: linalg.generic
// CHECK: return %[[R]]
func.func @number(%x: tensor<?x8xf32>) -> tensor<bf16> {
  %e = tensor.empty() : tensor<f32>
  %f = tensor.empty() : tensor<bf16>
  %s = rmsnorm.row_kernel "k" iterators = ["reduction", "reduction"] maps = [#full, #none]
      ins(%x : tensor<?x8xf32>) outs(%e : tensor<f32>) {
  ^bb0(%a: f32):
    %t = rmsnorm.reduce add %a : f32
    rmsnorm.yield %t : f32
  }
  %y = linalg.generic {indexing_maps = [#nothing, #nothing], iterator_types = []} ins(%s : tensor<f32>) outs(%f : tensor<bf16>) {
  ^bb0(%in: f32, %out: bf16):
    %t = arith.truncf %in : f32 to bf16
    linalg.yield %t : bf16
  } -> tensor<bf16>
  return %y : tensor<bf16>
}

// -----

#full = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> ()>
#nothing = affine_map<() -> ()>
// The sum is needed as it is, too.
// CHECK-LABEL: func.func @number_of_two_uses(
// CHECK: rmsnorm.row_kernel
// CHECK: linalg.generic
func.func @number_of_two_uses(%x: tensor<?x8xf32>) -> (tensor<f32>, tensor<bf16>) {
  %e = tensor.empty() : tensor<f32>
  %f = tensor.empty() : tensor<bf16>
  %s = rmsnorm.row_kernel "k" iterators = ["reduction", "reduction"] maps = [#full, #none]
      ins(%x : tensor<?x8xf32>) outs(%e : tensor<f32>) {
  ^bb0(%a: f32):
    %t = rmsnorm.reduce add %a : f32
    rmsnorm.yield %t : f32
  }
  %y = linalg.generic {indexing_maps = [#nothing, #nothing], iterator_types = []} ins(%s : tensor<f32>) outs(%f : tensor<bf16>) {
  ^bb0(%in: f32, %out: bf16):
    %t = arith.truncf %in : f32 to bf16
    linalg.yield %t : bf16
  } -> tensor<bf16>
  return %s, %y : tensor<f32>, tensor<bf16>
}
