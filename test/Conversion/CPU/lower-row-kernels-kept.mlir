// RUN: rmsnorm-opt %s --rmsnorm-lower-row-kernels=vector-bits=512 --canonicalize --cse --split-input-file | FileCheck %s

// The product, rounded twice, is dear: the second pass leaves it for the third.
// Widened it would take twice the room. The epsilon in f64 does not halve the
// vectors. Magnitudes are compared as integers.
// CHECK-LABEL: func.func private @quantise
// CHECK: %[[ROW:.*]] = memref.alloca() {alignment = 64 : i64} : memref<4096xbf16>
// CHECK: scf.for
// CHECK: vector.reduction <add>
// CHECK: scf.for %[[I:.*]] = %c0{{.*}} to %c4096{{.*}} step %c64
// CHECK: vector.load %{{.*}} : memref<?x4096xbf16>, vector<32xbf16>
// CHECK: %[[EVEN:.*]] = arith.mulf {{.*}} : vector<16xbf16>
// CHECK: %[[ODD:.*]] = arith.mulf {{.*}} : vector<16xbf16>
// CHECK: %[[Y:.*]] = vector.interleave %[[EVEN]], %[[ODD]]
// CHECK: vector.store %[[Y]], %[[ROW]][%[[I]]] : memref<4096xbf16>, vector<32xbf16>
// CHECK: arith.maxsi {{.*}} : vector<16xi32>
// CHECK: vector.reduction <maxsi>
// CHECK: scf.for %[[J:.*]] = %c0{{.*}} to %c4096{{.*}} step %c64
// CHECK-NOT: vector.load %{{.*}} : memref<?x4096xbf16>
// CHECK: vector.load %[[ROW]][%[[J]]] : memref<4096xbf16>, vector<32xbf16>
// CHECK-NOT: vector.load %{{.*}} : memref<?x4096xbf16>
// CHECK: return
func.func @quantised(%x: memref<?x4096xbf16>, %g: memref<4096xbf16>, %y: memref<?x4096xi8>) {
  rmsnorm.row_kernel "quantise" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %g : memref<?x4096xbf16>, memref<4096xbf16>) outs(%y : memref<?x4096xi8>) {
  ^bb0(%a: bf16, %w: bf16):
    %e64 = arith.constant 1.0e-12 : f64
    %e = arith.truncf %e64 : f64 to f32
    %f = arith.extf %a : bf16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %d = arith.addf %t, %e : f32
    %u = arith.divf %f, %d : f32
    %n = arith.truncf %u : f32 to bf16
    %p = arith.mulf %n, %w : bf16
    %q = arith.extf %p : bf16 to f32
    %m = math.absf %q : f32
    %largest = rmsnorm.reduce maximum %m : f32
    %o = arith.divf %q, %largest : f32
    %i = arith.fptosi %o : f32 to i8
    rmsnorm.yield %i : i8
  }
  return
}

// -----

// A sum of two inputs in f32 is as cheap as reading it back; so is a widening.
// CHECK-LABEL: func.func private @cheap
// CHECK-NOT: memref.alloca
// CHECK: return
func.func @cheap(%x: memref<?x4096xf32>, %r: memref<?x4096xf32>, %y: memref<?x4096xf32>) {
  rmsnorm.row_kernel "cheap" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %r : memref<?x4096xf32>, memref<?x4096xf32>) outs(%y : memref<?x4096xf32>) {
  ^bb0(%a: f32, %b: f32):
    %h = arith.addf %a, %b : f32
    %s = arith.mulf %h, %h : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %h, %t : f32
    rmsnorm.yield %u : f32
  }
  return
}

// -----

// Too long for the stack: computed again.
// CHECK-LABEL: func.func private @long
// CHECK-NOT: memref.alloca
// CHECK: return
func.func @long(%x: memref<?x65536xbf16>, %r: memref<?x65536xbf16>, %y: memref<?x65536xbf16>) {
  rmsnorm.row_kernel "long" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %r : memref<?x65536xbf16>, memref<?x65536xbf16>) outs(%y : memref<?x65536xbf16>) {
  ^bb0(%a: bf16, %b: bf16):
    %h = arith.addf %a, %b : bf16
    %f = arith.extf %h : bf16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    %o = arith.truncf %u : f32 to bf16
    rmsnorm.yield %o : bf16
  }
  return
}

// -----

// An end that is no whole vector: the row that is kept has one, and is not
// masked. The sum, which is a result as well, is kept once.
// CHECK-LABEL: func.func private @tail
// CHECK: %[[ROW:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1056xbf16>
// CHECK-NOT: memref.alloca
// CHECK: vector.maskedload
// CHECK: vector.store %{{.*}}, %[[ROW]]
// CHECK: vector.load %[[ROW]]
// CHECK: vector.maskedstore
// CHECK: return
func.func @tail(%x: memref<?x1043xbf16>, %r: memref<?x1043xbf16>, %y: memref<?x1043xbf16>, %z: memref<?x1043xbf16>) {
  rmsnorm.row_kernel "tail" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %r : memref<?x1043xbf16>, memref<?x1043xbf16>) outs(%y, %z : memref<?x1043xbf16>, memref<?x1043xbf16>) {
  ^bb0(%a: bf16, %b: bf16):
    %h = arith.addf %a, %b : bf16
    %f = arith.extf %h : bf16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    %o = arith.truncf %u : f32 to bf16
    rmsnorm.yield %o, %h : bf16, bf16
  }
  return
}
