// RUN: rmsnorm-opt %s --rmsnorm-lower-row-kernels=vector-bits=512 --canonicalize --cse --split-input-file | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-lower-row-kernels=vector-bits=256 --canonicalize --cse --split-input-file | FileCheck %s --check-prefix=HALF

// Of bf16 one vector has the even elements, the next one the odd ones. The
// weight is f32 and put into the same order; what is left of the row is not
// paired, masked or not.
// CHECK-LABEL: func.func private @norm
// CHECK: %[[X:.*]] = vector.load %arg2[{{.*}}] : memref<?x1000xbf16>, vector<32xbf16>
// CHECK: %[[EVEN:.*]], %[[ODD:.*]] = vector.deinterleave %[[X]]
// CHECK: %[[E:.*]] = arith.extf %[[EVEN]]
// CHECK: math.fma %[[E]], %[[E]]
// CHECK: %[[O:.*]] = arith.extf %[[ODD]]
// CHECK: math.fma %[[O]], %[[O]]
// CHECK: scf.for
// CHECK-NOT: deinterleave
// CHECK: vector.maskedload %arg2
// CHECK-NOT: deinterleave
// CHECK: vector.reduction <add>
// CHECK: scf.for
// CHECK: vector.load %arg2[{{.*}}] : memref<?x1000xbf16>, vector<32xbf16>
// CHECK: vector.load %arg3[{{.*}}] : memref<1000xf32>, vector<32xf32>
// CHECK: vector.deinterleave %{{.*}} : vector<32xf32>
// CHECK: %[[A:.*]] = arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: %[[B:.*]] = arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: %[[Y:.*]] = vector.interleave %[[A]], %[[B]]
// CHECK: vector.store %[[Y]], %arg4
// CHECK: scf.for
// CHECK: vector.maskedstore
// CHECK: return
// HALF-LABEL: func.func private @norm
// HALF: vector.deinterleave %{{.*}} : vector<16xbf16>
// HALF: vector.interleave %{{.*}} : vector<8xbf16>
// HALF: return
func.func @main(%x: memref<?x1000xbf16>, %g: memref<1000xf32>, %y: memref<?x1000xbf16>) {
  rmsnorm.row_kernel "norm" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %g : memref<?x1000xbf16>, memref<1000xf32>) outs(%y : memref<?x1000xbf16>) {
  ^bb0(%a: bf16, %w: f32):
    %f = arith.extf %a : bf16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    %v = arith.mulf %u, %w : f32
    %n = arith.truncf %v : f32 to bf16
    rmsnorm.yield %n : bf16
  }
  return
}

// -----

// A short row in registers: the first 32 of its elements are a pair.
// CHECK-LABEL: func.func private @short
// CHECK: vector.load {{.*}} vector<32xbf16>
// CHECK: vector.deinterleave
// CHECK: vector.maskedload {{.*}} vector<16xbf16>
// CHECK-NOT: vector.load
// CHECK: vector.interleave
// CHECK: vector.store {{.*}} vector<32xbf16>
// CHECK: vector.maskedstore {{.*}} vector<16xbf16>
// CHECK: return
func.func @short(%x: memref<?x40xbf16>, %y: memref<?x40xbf16>) {
  rmsnorm.row_kernel "short" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : memref<?x40xbf16>) outs(%y : memref<?x40xbf16>) {
  ^bb0(%a: bf16):
    %f = arith.extf %a : bf16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    %n = arith.truncf %u : f32 to bf16
    rmsnorm.yield %n : bf16
  }
  return
}

// -----

// As many rows of f32 as of bf16, and f16, which takes conversions: neighbours.
// CHECK-LABEL: func.func @neighbours
// CHECK-LABEL: func.func private @wide
// CHECK-NOT: interleave
// CHECK-LABEL: func.func private @f16
// CHECK-NOT: interleave
// CHECK: return
func.func @neighbours(%x: memref<?x1000xbf16>, %y: memref<?x1000xf32>, %p: memref<?x1000xf16>, %q: memref<?x1000xf16>) {
  rmsnorm.row_kernel "wide" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : memref<?x1000xbf16>) outs(%y : memref<?x1000xf32>) {
  ^bb0(%a: bf16):
    %f = arith.extf %a : bf16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    rmsnorm.yield %u : f32
  }
  rmsnorm.row_kernel "f16" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%p : memref<?x1000xf16>) outs(%q : memref<?x1000xf16>) {
  ^bb0(%a: f16):
    %f = arith.extf %a : f16 to f32
    %s = arith.mulf %f, %f : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    %n = arith.truncf %u : f32 to f16
    rmsnorm.yield %n : f16
  }
  return
}

// -----

// A boolean is a byte in memory and a bit in a vector; an f64 halves the lanes.
// CHECK-LABEL: func.func @others
// CHECK-LABEL: func.func private @masked
// CHECK-NOT: interleave
// CHECK-LABEL: func.func private @f64
// CHECK-NOT: interleave
// CHECK: return
func.func @others(%x: memref<?x1000xbf16>, %m: memref<?x1000xi1>, %z: memref<?x1000xbf16>, %y: memref<?x1000xbf16>) {
  rmsnorm.row_kernel "masked" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %m : memref<?x1000xbf16>, memref<?x1000xi1>) outs(%y : memref<?x1000xbf16>) {
  ^bb0(%a: bf16, %b: i1):
    %zero = arith.constant 0.0 : f32
    %f = arith.extf %a : bf16 to f32
    %g = arith.select %b, %f, %zero : f32
    %s = arith.mulf %g, %g : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %f, %t : f32
    %n = arith.truncf %u : f32 to bf16
    rmsnorm.yield %n : bf16
  }
  rmsnorm.row_kernel "f64" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : memref<?x1000xbf16>) outs(%z : memref<?x1000xbf16>) {
  ^bb0(%a: bf16):
    %f = arith.extf %a : bf16 to f64
    %s = arith.mulf %f, %f : f64
    %t = rmsnorm.reduce add %s : f64
    %u = arith.divf %f, %t : f64
    %n = arith.truncf %u : f64 to bf16
    rmsnorm.yield %n : bf16
  }
  return
}
