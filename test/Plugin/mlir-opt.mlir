// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A stock mlir-opt with our plugin.
// RUN: mlir-opt %s --load-dialect-plugin=%rmsnorm_libs/RMSNormPlugin%shlibext | FileCheck %s --check-prefix=PARSED
// RUN: mlir-opt %s --load-dialect-plugin=%rmsnorm_libs/RMSNormPlugin%shlibext --load-pass-plugin=%rmsnorm_libs/RMSNormPlugin%shlibext --pass-pipeline="builtin.module(rmsnorm-decompose)" | FileCheck %s --check-prefix=DECOMPOSED
// RUN: mlir-opt %s --load-dialect-plugin=%rmsnorm_libs/RMSNormPlugin%shlibext --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" | FileCheck %s --check-prefix=BUFFERS

// Without it the operation is unknown, so the plugin it is that knows it.
// RUN: not mlir-opt %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// PARSED: rmsnorm.rms_norm axes = [1] eps = 1.0e-06
// DECOMPOSED: linalg.generic
// DECOMPOSED-NOT: rmsnorm.rms_norm
// BUFFERS: rmsnorm.rms_norm {{.*}} outs(%{{.*}} : memref<4x8xf32>)
// UNKNOWN: Dialect `rmsnorm' not found
func.func @norm(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)
  return %0 : tensor<4x8xf32>
}
