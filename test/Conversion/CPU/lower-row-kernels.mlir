// RUN: rmsnorm-opt %s --rmsnorm-lower-row-kernels=vector-bits=512 --canonicalize --cse --split-input-file | FileCheck %s

// A long row: four accumulators, partial sums handed up every 16 steps of 64
// elements, the second pass reads x again.
// CHECK-LABEL: func.func @long_row
// CHECK: %[[ROWS:.*]] = memref.dim %arg0, %c0
// CHECK: rmsnorm.parallel_call @k(%[[ROWS]], %c1{{.*}}, %{{.*}}) args(%arg0, %arg1, %arg2)
// CHECK: func.func private @k(%[[BEGIN:.*]]: index, %[[END:.*]]: index,
// CHECK: scf.for %[[ROW:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c4096{{.*}} step %c1024
// CHECK: scf.for {{.*}} step %c64{{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-4: math.fma
// CHECK: vector.reduction <add>
// CHECK: arith.divf
// CHECK: math.sqrt
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c4096{{.*}} step %c64
// CHECK-COUNT-2: vector.store {{.*}} vector<32xbf16>
// CHECK-NOT: vector.store
// CHECK: return
func.func @long_row(%x: memref<?x4096xbf16, strided<[?, 1]>>, %g: memref<4096xf32>, %y: memref<?x4096xbf16, strided<[?, 1]>>) {
  rmsnorm.row_kernel "k" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x, %g : memref<?x4096xbf16, strided<[?, 1]>>, memref<4096xf32>) outs(%y : memref<?x4096xbf16, strided<[?, 1]>>) {
  ^bb0(%a: bf16, %w: f32):
    %n = arith.constant 4096.0 : f32
    %e = arith.extf %a : bf16 to f32
    %s = arith.mulf %e, %e : f32
    %t = rmsnorm.reduce add %s : f32
    %ms = arith.divf %t, %n : f32
    %d = math.sqrt %ms : f32
    %u = arith.divf %e, %d : f32
    %v = arith.mulf %u, %w : f32
    %o = arith.truncf %v : f32 to bf16
    rmsnorm.yield %o : bf16
  }
  return
}

// -----

// A short row: read once, kept in registers, its tail masked.
// CHECK-LABEL: func.func private @short
// CHECK-COUNT-2: vector.load
// CHECK: vector.maskedload
// CHECK: vector.reduction <add>
// CHECK-NOT: vector.load
// CHECK-NOT: vector.maskedload
// CHECK-COUNT-2: vector.store
// CHECK: vector.maskedstore
func.func @short_row(%x: memref<?x40xf32>, %y: memref<?x40xf32>) {
  rmsnorm.row_kernel "short" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : memref<?x40xf32>) outs(%y : memref<?x40xf32>) {
  ^bb0(%a: f32):
    %s = arith.mulf %a, %a : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %a, %t : f32
    rmsnorm.yield %u : f32
  }
  return
}

// -----

// Channels first: every lane has a row of its own, nothing is summed across.
// Sums of f32 rows are taken in f64, in one loop.
// CHECK-LABEL: func.func private @channels
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c96{{.*}} step %c1{{.*}} -> (vector<16xf64>, vector<16xf64>, vector<16xf64>, vector<16xf64>)
// CHECK-NOT: vector.reduction
// CHECK: vector.maskedstore
func.func @channels_first(%x: memref<2x96x?xf32>, %y: memref<2x96x?xf32>) {
  rmsnorm.row_kernel "channels" iterators = ["parallel", "reduction", "parallel"]
    maps = [affine_map<(n, c, s) -> (n, c, s)>, affine_map<(n, c, s) -> (n, c, s)>]
    ins(%x : memref<2x96x?xf32>) outs(%y : memref<2x96x?xf32>) {
  ^bb0(%a: f32):
    %s = arith.mulf %a, %a : f32
    %t = rmsnorm.reduce add %s : f32
    %u = arith.divf %a, %t : f32
    rmsnorm.yield %u : f32
  }
  return
}

// -----

// Nothing is contiguous: scalar code.
// CHECK-LABEL: func.func private @scalar
// CHECK-NOT: vector
// CHECK: memref.load
// CHECK: memref.store
func.func @scalar_code(%x: memref<4x100xf32, strided<[?, 2]>>, %y: memref<4x100xf32, strided<[?, 2]>>) {
  rmsnorm.row_kernel "scalar" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : memref<4x100xf32, strided<[?, 2]>>) outs(%y : memref<4x100xf32, strided<[?, 2]>>) {
  ^bb0(%a: f32):
    %t = rmsnorm.reduce add %a : f32
    %u = arith.divf %a, %t : f32
    rmsnorm.yield %u : f32
  }
  return
}

// -----

// CHECK-LABEL: func.func @noop
// CHECK-NEXT: return
func.func @noop() {
  return
}

// -----

// A row looked up by an index: checked once per row, before anything is read.
// CHECK-LABEL: func.func private @lookup
// CHECK: scf.for
// CHECK: %[[ID:.*]] = memref.load
// CHECK: %[[AT:.*]] = arith.index_cast %[[ID]] : i64 to index
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[AT]], %c100
// CHECK: cf.assert %[[INSIDE]], "index out of range
// CHECK: vector.load %{{.*}}[%[[AT]], %{{.*}}]
// CHECK-NOT: cf.assert
// CHECK: return
func.func @gathered(%ids: memref<?xi64>, %table: memref<100x64xf32>, %y: memref<?x64xf32>) {
  rmsnorm.row_kernel "lookup" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (0, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%ids, %table : memref<?xi64>, memref<100x64xf32>) outs(%y : memref<?x64xf32>)
    attributes {gathers = array<i64: 1, 0, 0>} {
  ^bb0(%id: i64, %a: f32):
    %s = rmsnorm.reduce add %a : f32
    %q = arith.divf %a, %s : f32
    rmsnorm.yield %q : f32
  }
  return
}

// -----

// A divisor: one check per vector; lanes outside the row divide by 1.
// CHECK-LABEL: func.func private @divide
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[DIVISOR:.*]], %{{.*}} : vector<16xi32>
// CHECK: %[[SAFE:.*]] = arith.select %[[ZERO]], %{{.*}}, %[[DIVISOR]]
// CHECK: %[[WRONG:.*]] = arith.andi %[[ZERO]], %{{.*}} : vector<16xi1>
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[WRONG]]
// CHECK: %[[FINE:.*]] = arith.xori %[[ANY]]
// CHECK: cf.assert %[[FINE]], "division by zero"
// CHECK: arith.divsi %{{.*}}, %[[SAFE]]
func.func @quotients(%x: memref<?xi32>, %y: memref<?xi32>, %z: memref<?xi32>) {
  rmsnorm.row_kernel "divide" iterators = ["parallel"]
    maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    ins(%x, %y : memref<?xi32>, memref<?xi32>) outs(%z : memref<?xi32>) {
  ^bb0(%a: i32, %b: i32):
    %q = arith.divsi %a, %b : i32
    rmsnorm.yield %q : i32
  }
  return
}

// -----

// Rows of f64: sums keep what they lose, squares too, and so does what the norm
// makes of them (marked); that is dropped where the sum is not a normal number.
// CHECK-LABEL: func.func private @pairs
// CHECK: %[[SUM:.*]]:8 = scf.for %{{.*}} = %c0{{.*}} to %c4096{{.*}} step %c32
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[X:.*]], %[[X]] : vector<8xf64>
// CHECK: %[[NEGATED:.*]] = arith.negf %[[SQUARE]]
// CHECK: math.fma %[[X]], %[[X]], %[[NEGATED]]
// CHECK: %[[MEAN:.*]] = arith.divf %[[TOTAL:.*]], %{{.*}} : f64
// CHECK: %[[MINUS:.*]] = arith.negf %[[MEAN]]
// CHECK: math.fma %[[MINUS]], %{{.*}}, %[[TOTAL]] : f64
// CHECK: arith.cmpf oge, %[[TOTAL]]
// CHECK: arith.cmpf ole, %[[TOTAL]]
// CHECK: %[[D:.*]] = arith.select
// CHECK: arith.divf %{{.*}}, %{{.*}} : vector<8xf64>
// CHECK-NOT: rmsnorm.statistic
func.func @f64_rows(%x: memref<?x4096xf64>, %y: memref<?x4096xf64>) {
  rmsnorm.row_kernel "pairs" iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : memref<?x4096xf64>) outs(%y : memref<?x4096xf64>) {
  ^bb0(%a: f64):
    %n = arith.constant 4096.0 : f64
    %s = arith.mulf %a, %a : f64
    %t = rmsnorm.reduce add %s : f64
    %ms = arith.divf %t, %n {rmsnorm.statistic} : f64
    %u = arith.divf %a, %ms : f64
    rmsnorm.yield %u : f64
  }
  return
}
