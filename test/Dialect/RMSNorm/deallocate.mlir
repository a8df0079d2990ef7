// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --buffer-deallocation-pipeline | FileCheck %s

// The temporary between two operations is freed; neither op hinders the
// analysis, although one has a region.
// CHECK-LABEL: @temporary
// CHECK: %[[T:.*]] = memref.alloc() {{.*}} : memref<4x8xf32>
// CHECK: rmsnorm.rms_norm {{.*}} outs(%[[T]] :
// CHECK: rmsnorm.row_kernel
// CHECK-SAME: ins(%[[T]] :
// CHECK: memref.dealloc %[[T]]
// CHECK-NOT: memref.dealloc
// CHECK: return
func.func @temporary(%x: tensor<4x8xf32>, %y: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = rmsnorm.rms_norm axes = [1] ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  %o = tensor.empty() : tensor<4x8xbf16>
  %1 = rmsnorm.row_kernel iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%0 : tensor<4x8xf32>) outs(%o : tensor<4x8xbf16>) {
  ^bb0(%a: f32):
    %m = rmsnorm.reduce maximum %a : f32
    %s = arith.subf %a, %m : f32
    %t = arith.truncf %s : f32 to bf16
    rmsnorm.yield %t : bf16
  }
  return %1 : tensor<4x8xbf16>
}
