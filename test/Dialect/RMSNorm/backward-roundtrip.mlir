// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --mlir-print-op-generic | rmsnorm-opt | FileCheck %s
// RUN: rmsnorm-opt %s --emit-bytecode | rmsnorm-opt | FileCheck %s

// CHECK-LABEL: @plain
// CHECK: rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-06 ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf32>){{$}}
func.func @plain(%dy: tensor<4x8xf32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %i = tensor.empty() : tensor<4x8xf32>
  %dx = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-6 ins(%dy, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%i : tensor<4x8xf32>)
  return %dx : tensor<4x8xf32>
}

// Keywords may come in any order; they are printed in one.
// CHECK-LABEL: @everything
// CHECK: %{{.*}}:4 = rmsnorm.rms_norm_backward axes = [0, 2] eps = 1.0e-05 eps_mode = clamp min_rms = 1.0e-12 compute_type = f64
// CHECK-SAME: ins(%arg0, %arg1, scale %arg2, rstd %arg3 : tensor<?x5x?xf16>, tensor<?x5x?xbf16>, tensor<1x?xf32>, tensor<5xf64>)
// CHECK-SAME: outs(%arg1, dscale %arg4, dbias %arg5, deps %arg6 : tensor<?x5x?xbf16>, tensor<1x?xf32>, tensor<5x1xf16>, tensor<f64>) {note = "kept"}
func.func @everything(%dy: tensor<?x5x?xf16>, %x: tensor<?x5x?xbf16>, %g: tensor<1x?xf32>, %r: tensor<5xf64>, %dg: tensor<1x?xf32>, %db: tensor<5x1xf16>, %de: tensor<f64>) -> tensor<f64> {
  %0:4 = rmsnorm.rms_norm_backward compute_type = f64 min_rms = 1.0e-12 eps_mode = clamp eps = 1.0e-5 axes = [0, 2]
    ins(%dy, %x, rstd %r, scale %g : tensor<?x5x?xf16>, tensor<?x5x?xbf16>, tensor<5xf64>, tensor<1x?xf32>)
    outs(%x, deps %de, dscale %dg, dbias %db : tensor<?x5x?xbf16>, tensor<f64>, tensor<1x?xf32>, tensor<5x1xf16>) {note = "kept"}
  return %0#3 : tensor<f64>
}

// CHECK-LABEL: @buffers
// CHECK: rmsnorm.rms_norm_backward axes = [1] ins(%arg0, %arg1, eps %arg2 : memref<4x8xf32>, memref<4x8xf32>, memref<8xf32>) outs(%arg0, deps %arg3 : memref<4x8xf32>, memref<8xf64>)
func.func @buffers(%dy: memref<4x8xf32>, %x: memref<4x8xf32>, %e: memref<8xf32>, %de: memref<8xf64>) {
  rmsnorm.rms_norm_backward axes = [1] ins(%dy, %x, eps %e : memref<4x8xf32>, memref<4x8xf32>, memref<8xf32>)
    outs(%dy, deps %de : memref<4x8xf32>, memref<8xf64>)
  return
}

// An epsilon that is the same for a whole slice goes with rstd.
// CHECK-LABEL: @epsilon_per_row
// CHECK: eps %{{.*}}, rstd
func.func @epsilon_per_row(%x: tensor<4x8xf32>, %e: tensor<4x1xf32>, %r: tensor<4xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %y, %s = rmsnorm.rms_norm axes = [1] ins(%x, eps %e : tensor<4x8xf32>, tensor<4x1xf32>) outs(%x, %r : tensor<4x8xf32>, tensor<4xf32>)
  %dx = rmsnorm.rms_norm_backward axes = [1] ins(%y, %x, eps %e, rstd %s : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x1xf32>, tensor<4xf32>) outs(%x : tensor<4x8xf32>)
  return %y, %dx : tensor<4x8xf32>, tensor<4x8xf32>
}
