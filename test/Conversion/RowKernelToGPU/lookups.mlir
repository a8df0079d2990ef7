// RUN: rmsnorm-opt %s --rmsnorm-row-kernel-to-gpu --canonicalize | FileCheck %s
// RUN: rmsnorm-compile %s -o %t.rmsn --target=nvptx:sm_80 && rmsnorm-run %t.rmsn --info | FileCheck %s --check-prefix=INFO
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An index of a tensor of known extent is kept inside it: a thread cannot fail.
// CHECK-LABEL: gpu.func @known
// CHECK: %[[LOW:.+]] = arith.maxsi %{{.+}}, %c0_i64
// CHECK: %[[AT:.+]] = arith.minsi %[[LOW]], %c99_i64
// CHECK: arith.muli %[[AT]]
func.func @known_extent(%ids: tensor<?xi64>, %table: tensor<100x64xf32>, %e: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = rmsnorm.row_kernel "known" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (0, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%ids, %table : tensor<?xi64>, tensor<100x64xf32>) outs(%e : tensor<?x64xf32>)
    attributes {gathers = array<i64: 1, 0, 0>} {
  ^bb0(%id: i64, %a: f32):
    %s = rmsnorm.reduce add %a : f32
    %q = arith.divf %a, %s : f32
    rmsnorm.yield %q : f32
  }
  return %y : tensor<?x64xf32>
}

// Where the extent is not known, the function has code for CPUs alone.
// INFO-LABEL: function known_extent
// INFO: runs on the GPU
// INFO-LABEL: function unknown_extent
// INFO: not as a whole on the GPU: no code there for rmsnorm.row_kernel
func.func @unknown_extent(%ids: tensor<?xi64>, %table: tensor<?x64xf32>, %e: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = rmsnorm.row_kernel "unknown" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (0, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%ids, %table : tensor<?xi64>, tensor<?x64xf32>) outs(%e : tensor<?x64xf32>)
    attributes {gathers = array<i64: 1, 0, 0>} {
  ^bb0(%id: i64, %a: f32):
    %s = rmsnorm.reduce add %a : f32
    %q = arith.divf %a, %s : f32
    rmsnorm.yield %q : f32
  }
  return %y : tensor<?x64xf32>
}
