// RUN: rmsnorm-opt %s --split-input-file --rmsnorm-outline-parallel-loops | FileCheck %s
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An embedding: the number of a row is loaded and checked once per row, the
// innermost loop only copies.
// CHECK-LABEL: func.func @gather
// CHECK: rmsnorm.parallel_call @parallel_loop(
// CHECK-SAME: memref<?xi64>, memref<256x64xf32>, memref<?x64xf32>
// CHECK-NOT: scf.parallel
// CHECK: func.func private @parallel_loop(%[[BEGIN:.+]]: index, %[[END:.+]]: index, %{{.+}}: index, %{{.+}}: index, %{{.+}}: memref<?xi64>,
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: memref.load %{{.*}} : memref<?xi64>
// CHECK: cf.assert
// CHECK: scf.for
// CHECK-NOT: cf.assert
// CHECK: memref.load %{{.*}} : memref<256x64xf32>
// CHECK: memref.store
func.func @gather(%ids: memref<?xi64>, %table: memref<256x64xf32>, %out: memref<?x64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %c64) step (%c1, %c1) {
    %id = memref.load %ids[%i] : memref<?xi64>
    %row = arith.index_cast %id : i64 to index
    %ok = arith.cmpi ult, %row, %c256 : index
    cf.assert %ok, "token out of range"
    %e = memref.load %table[%row, %j] : memref<256x64xf32>
    memref.store %e, %out[%i, %j] : memref<?x64xf32>
    scf.reduce
  }
  return
}

// -----

// A load behind a check of every element must not be moved before it.
// CHECK-LABEL: func.func @guarded
// CHECK: func.func private @parallel_loop
// CHECK: scf.for
// CHECK-NOT: memref.load %{{.*}} : memref<8xf32>
// CHECK: scf.for
// CHECK: cf.assert
// CHECK: memref.load %{{.*}} : memref<8xf32>
func.func @guarded(%flags: memref<?xi1>, %a: memref<8xf32>, %k: index, %out: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %ok = memref.load %flags[%i] : memref<?xi1>
    cf.assert %ok, "flag"
    %e = memref.load %a[%k] : memref<8xf32>
    memref.store %e, %out[%i] : memref<?xf32>
    scf.reduce
  }
  return
}

// -----

// Bounds and steps other than 0 and 1; an inner loop makes every iteration an item.
// CHECK-LABEL: func.func @steps
// CHECK: %[[SPAN:.*]] = arith.subi %{{.*}}, %{{.*}} : index
// CHECK: arith.ceildivsi %[[SPAN]], %{{.*}} : index
// CHECK: rmsnorm.parallel_call
// CHECK: func.func private @parallel_loop
// CHECK: scf.for
// CHECK: scf.for
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK: scf.for
func.func @steps(%lo: index, %hi: index, %step: index, %out: memref<?xf32>, %f: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  scf.parallel (%i) = (%lo) to (%hi) step (%step) {
    scf.for %k = %c0 to %c9 step %c1 {
      memref.store %f, %out[%i] : memref<?xf32>
    }
    scf.reduce
  }
  return
}

// -----

// A loop that combines values stays where it is, and so does a serial one.
// CHECK-LABEL: func.func @results
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK-NOT: rmsnorm.parallel_call
func.func @results(%a: memref<?xf32>, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %s = scf.parallel (%i) = (%c0) to (%n) step (%c1) init (%zero) -> f32 {
    %e = memref.load %a[%i] : memref<?xf32>
    scf.reduce(%e : f32) {
    ^bb0(%l: f32, %r: f32):
      %t = arith.addf %l, %r : f32
      scf.reduce.return %t : f32
    }
  }
  scf.for %i = %c0 to %n step %c1 {
    memref.store %s, %a[%i] : memref<?xf32>
  }
  return %s : f32
}
