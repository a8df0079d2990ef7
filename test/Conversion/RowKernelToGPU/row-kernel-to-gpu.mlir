// RUN: rmsnorm-opt %s --rmsnorm-row-kernel-to-gpu --split-input-file | FileCheck %s

#id = affine_map<(r, c) -> (r, c)>
#col = affine_map<(r, c) -> (c)>

// 4096 elements: 256 threads, two vectors of 8 each; loaded once, all before the barrier.
// CHECK-LABEL: func.func @two_layers
// CHECK: rmsnorm.row_kernel "first"
// CHECK-SAME: rmsnorm.gpu_kernel = @rmsnorm_kernels::@first
// CHECK: rmsnorm.row_kernel "second"
// CHECK-SAME: rmsnorm.gpu_kernel = @rmsnorm_kernels::@first
// CHECK-LABEL: gpu.module @rmsnorm_kernels
// CHECK: gpu.func @first(
// CHECK-SAME: %[[X:[a-z0-9]+]]: !llvm.ptr<1>, %{{[a-z0-9]+}}: i64, %{{[a-z0-9]+}}: i64, %[[G:[a-z0-9]+]]: !llvm.ptr<1>, %{{[a-z0-9]+}}: i64, %[[Y:[a-z0-9]+]]: !llvm.ptr<1>, %{{[a-z0-9]+}}: i64, %{{[a-z0-9]+}}: i64, %[[ROWS:[a-z0-9]+]]: i64, %{{[a-z0-9]+}}: i64)
// CHECK-SAME: workgroup(%[[SHARED:[a-z0-9]+]] : memref<8xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: kernel attributes {known_block_size = array<i32: 256, 1, 1>
// CHECK-SAME: rmsnorm.launch = {block_x = 256 : i64, cluster_x = 1 : i64
// CHECK-SAME: extent_dim = array<i64: 0, 1>, extent_operand = array<i64: 0, 0>
// CHECK-SAME: num_inputs = 2 : i64, num_row_dims = 1 : i64
// CHECK-SAME: rows_per_block = 1 : i64, shared_bytes = 0 : i64
// CHECK: scf.if
// The aligned path.
// CHECK: scf.if
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xbf16>
// CHECK-NOT: llvm.load {{.*}}vector
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: memref.store %{{.*}}, %[[SHARED]]
// CHECK: gpu.barrier
// CHECK-NOT: gpu.barrier
// CHECK: math.sqrt
// CHECK-COUNT-2: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xbf16>
// The general path has the same elements in the same threads, one by one.
// CHECK: } else {
// CHECK-COUNT-32: llvm.load %{{.*}} {alignment = 2 : i64} {{.*}} -> bf16
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: gpu.barrier
// CHECK-COUNT-16: llvm.store %{{.*}} {alignment = 2 : i64} : bf16
// CHECK: gpu.return
// CHECK-NOT: gpu.func
func.func @two_layers(%x: tensor<?x4096xbf16>, %g: tensor<4096xbf16>, %init: tensor<?x4096xbf16>) -> (tensor<?x4096xbf16>) {
  %y = rmsnorm.row_kernel "first" iterators = ["parallel", "reduction"] maps = [#id, #col, #id]
      ins(%x, %g : tensor<?x4096xbf16>, tensor<4096xbf16>) outs(%init : tensor<?x4096xbf16>) {
  ^bb0(%a: bf16, %w: bf16):
    %n = arith.constant 4.096000e+03 : f32
    %one = arith.constant 1.000000e+00 : f32
    %x32 = arith.extf %a : bf16 to f32
    %sq = arith.mulf %x32, %x32 : f32
    %ss = rmsnorm.reduce add %sq : f32
    %ms = arith.divf %ss, %n : f32
    %d = math.sqrt %ms : f32
    %r = arith.divf %one, %d : f32
    %nx = arith.mulf %x32, %r : f32
    %w32 = arith.extf %w : bf16 to f32
    %z = arith.mulf %nx, %w32 : f32
    %o = arith.truncf %z : f32 to bf16
    rmsnorm.yield %o : bf16
  }
  %y2 = rmsnorm.row_kernel "second" iterators = ["parallel", "reduction"] maps = [#id, #col, #id]
      ins(%y, %g : tensor<?x4096xbf16>, tensor<4096xbf16>) outs(%init : tensor<?x4096xbf16>) {
  ^bb0(%a: bf16, %w: bf16):
    %n = arith.constant 4.096000e+03 : f32
    %one = arith.constant 1.000000e+00 : f32
    %x32 = arith.extf %a : bf16 to f32
    %sq = arith.mulf %x32, %x32 : f32
    %ss = rmsnorm.reduce add %sq : f32
    %ms = arith.divf %ss, %n : f32
    %d = math.sqrt %ms : f32
    %r = arith.divf %one, %d : f32
    %nx = arith.mulf %x32, %r : f32
    %w32 = arith.extf %w : bf16 to f32
    %z = arith.mulf %nx, %w32 : f32
    %o = arith.truncf %z : f32 to bf16
    rmsnorm.yield %o : bf16
  }
  return %y2 : tensor<?x4096xbf16>
}

// -----

// Channels first: 32 rows side by side per block, eight threads each; on memrefs.
#full = affine_map<(b, c, p) -> (b, c, p)>
#stat = affine_map<(b, c, p) -> (b, p)>
// CHECK-LABEL: gpu.func @channels
// CHECK-SAME: memref<256xf32, #gpu.address_space<workgroup>>
// CHECK-SAME: rows_per_block = 32
// CHECK-NOT: gpu.shuffle
// CHECK: gpu.barrier
func.func @channels(%x: memref<?x64x?xf32>, %y: memref<?x64x?xf32>, %m: memref<?x?xf32>) {
  rmsnorm.row_kernel "channels" iterators = ["parallel", "reduction", "parallel"] maps = [#full, #full, #stat]
      ins(%x : memref<?x64x?xf32>) outs(%y, %m : memref<?x64x?xf32>, memref<?x?xf32>) {
  ^bb0(%a: f32):
    %largest = rmsnorm.reduce maximum %a : f32
    %o = arith.subf %a, %largest : f32
    rmsnorm.yield %o, %largest : f32, f32
  }
  return
}

// -----

// Nothing to do.
// CHECK-LABEL: func.func @no_row_kernel
// CHECK-NOT: gpu.module
func.func @no_row_kernel(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
