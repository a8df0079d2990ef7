// RUN: rmsnorm-opt %s | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --mlir-print-op-generic | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --emit-bytecode | rmsnorm-opt | FileCheck %s

// CHECK-LABEL: @plain
// CHECK: rmsnorm.rms_norm axes = [1] eps = 1.0e-06 ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf32>)
func.func @plain(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: @everything
// CHECK: %{{.*}}:2 = rmsnorm.rms_norm axes = [0, 2] eps = 1.0e-05 eps_mode = clamp min_rms = 1.0e-40 compute_type = f64
// CHECK-SAME: ins(%{{.*}}, scale %{{.*}}, bias %{{.*}} : tensor<?x5x?xbf16>, tensor<?xf32>, tensor<1x?xf16>)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<?x5x?xf16>, tensor<5xf64>) {note = "kept"}
func.func @everything(%x: tensor<?x5x?xbf16>, %g: tensor<?xf32>, %b: tensor<1x?xf16>, %y: tensor<?x5x?xf16>, %r: tensor<5xf64>) -> (tensor<?x5x?xf16>, tensor<5xf64>) {
  %0:2 = rmsnorm.rms_norm compute_type = f64 min_rms = 1.0e-40 eps_mode = clamp eps = 1.0e-5 axes = [0, 2]
    ins(%x, scale %g, bias %b : tensor<?x5x?xbf16>, tensor<?xf32>, tensor<1x?xf16>)
    outs(%y, %r : tensor<?x5x?xf16>, tensor<5xf64>) {note = "kept"}
  return %0#0, %0#1 : tensor<?x5x?xf16>, tensor<5xf64>
}

// CHECK-LABEL: @eps_operand_on_memrefs
// CHECK: rmsnorm.rms_norm axes = [1] ins(%{{.*}}, eps %{{.*}} : memref<4x8xf32>, memref<8xf32>) outs(%{{.*}} : memref<4x8xf32>)
func.func @eps_operand_on_memrefs(%x: memref<4x8xf32>, %e: memref<8xf32>, %y: memref<4x8xf32>) {
  rmsnorm.rms_norm {axes = [1]} ins(%x, eps %e : memref<4x8xf32>, memref<8xf32>) outs(%y : memref<4x8xf32>)
  return
}

// CHECK-LABEL: @kernel
// CHECK: rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"]
// CHECK: rmsnorm.reduce add
// CHECK: rmsnorm.yield
func.func @kernel(%x: tensor<4x8xbf16>, %y: tensor<4x8xf32>, %r: tensor<4xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %0:2 = rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>]
    ins(%x : tensor<4x8xbf16>) outs(%y, %r : tensor<4x8xf32>, tensor<4xf32>) {
  ^bb0(%a: bf16):
    %e = arith.extf %a : bf16 to f32
    %s = arith.mulf %e, %e : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %e, %t : f32
    rmsnorm.yield %u, %t : f32, f32
  }
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<4xf32>
}
