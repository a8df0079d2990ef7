// RUN: rmsnorm-opt %s --rmsnorm-expand-narrow-floats --split-input-file | FileCheck %s --check-prefixes=CHECK,CPU
// RUN: rmsnorm-opt %s --rmsnorm-expand-narrow-floats=target=gpu --split-input-file | FileCheck %s --check-prefixes=CHECK,GPU
// RUN: rmsnorm-opt %s --rmsnorm-expand-narrow-floats --canonicalize --cse --split-input-file | FileCheck %s --check-prefix=FOLDED

// CHECK-LABEL: func @to_bf16
// CPU-NOT: truncf
// CPU: arith.trunci %{{.*}} : vector<8xi32> to vector<8xi16>
// CPU: arith.bitcast %{{.*}} : vector<8xi16> to vector<8xbf16>
// GPU: arith.truncf %{{.*}} : vector<8xf32> to vector<8xbf16>
func.func @to_bf16(%x: vector<8xf32>) -> vector<8xbf16> {
  %0 = arith.truncf %x fastmath<contract> : vector<8xf32> to vector<8xbf16>
  return %0 : vector<8xbf16>
}

// -----

// CHECK-LABEL: func @from_bf16
// CHECK: arith.extui %{{.*}} : i16 to i32
// CHECK: arith.shli
// CHECK: arith.bitcast %{{.*}} : i32 to f32
func.func @from_bf16(%x: bf16) -> f32 {
  %0 = arith.extf %x : bf16 to f32
  return %0 : f32
}

// -----

// Both roundings of a*b*b stay, whatever the flags were and whatever folds.
// CHECK-LABEL: func @two_roundings
// CHECK-NOT: contract
// FOLDED-LABEL: func @two_roundings
// FOLDED: arith.mulf {{.*}} : f32
// FOLDED: arith.truncf {{.*}} : f32 to f16
// FOLDED: arith.extf {{.*}} : f16 to f32
// FOLDED: arith.mulf {{.*}} : f32
// FOLDED: arith.truncf {{.*}} : f32 to f16
func.func @two_roundings(%a: f16, %b: f16) -> f16 {
  %0 = arith.mulf %a, %b fastmath<contract> : f16
  %1 = arith.mulf %0, %b fastmath<contract> : f16
  return %1 : f16
}

// -----

// FOLDED-LABEL: func @two_roundings_bf16
// FOLDED: arith.mulf {{.*}} : f32
// FOLDED: arith.trunci {{.*}} : i32 to i16
// FOLDED: arith.mulf {{.*}} : f32
// FOLDED: arith.trunci {{.*}} : i32 to i16
func.func @two_roundings_bf16(%a: bf16, %b: bf16) -> bf16 {
  %0 = arith.mulf %a, %b fastmath<contract> : bf16
  %1 = arith.mulf %0, %b fastmath<contract> : bf16
  return %1 : bf16
}

// -----

// One rounding from f64: f32 in between is rounded to odd.
// CHECK-LABEL: func @from_f64
// CHECK: %[[SINGLE:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK: arith.ori
// CHECK: %[[ODD:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK: arith.truncf %[[ODD]] : f32 to f16
func.func @from_f64(%x: f64) -> f16 {
  %0 = arith.truncf %x : f64 to f16
  return %0 : f16
}

// -----

// A comparison keeps its predicate.
// CHECK-LABEL: func @compare
// CHECK: arith.cmpf ult, %{{.*}}, %{{.*}} : vector<4xf32>
func.func @compare(%x: vector<4xbf16>, %y: vector<4xbf16>) -> vector<4xi1> {
  %0 = arith.cmpf ult, %x, %y : vector<4xbf16>
  return %0 : vector<4xi1>
}

// -----

// CHECK-LABEL: func @f8
// CHECK-NOT: truncf
// CHECK: arith.bitcast %{{.*}} : i8 to f8E4M3FN
func.func @f8(%x: f32) -> f8E4M3FN {
  %0 = arith.truncf %x : f32 to f8E4M3FN
  return %0 : f8E4M3FN
}

// -----

// A NaN made from bf16 by arithmetic has a lower half of zeros, round a loop too:
// nothing is asked about it.
// CHECK-LABEL: func @upper_nan
// CPU-NOT: arith.cmpf
// CPU-NOT: arith.select
// CPU: arith.trunci %{{.*}} : i32 to i16
// CHECK: return
func.func @upper_nan(%x: bf16, %y: bf16, %n: index) -> bf16 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %a = arith.extf %x : bf16 to f32
  %b = arith.extf %y : bf16 to f32
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero) -> f32 {
    %t = math.fma %a, %b, %s : f32
    scf.yield %t : f32
  }
  %root = math.sqrt %sum : f32
  %q = arith.divf %a, %root : f32
  %r = arith.truncf %q : f32 to bf16
  return %r : bf16
}

// -----

// An f32 can be any NaN, and one that joins in a loop's second turn.
// CHECK-LABEL: func @any_nan
// CPU: arith.cmpf
// CPU: arith.select
// CHECK: return
func.func @any_nan(%x: bf16, %y: f32, %n: index) -> bf16 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = arith.extf %x : bf16 to f32
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %a) -> f32 {
    %t = arith.addf %s, %y : f32
    scf.yield %t : f32
  }
  %r = arith.truncf %sum : f32 to bf16
  return %r : bf16
}

// -----

// The payload of an f16 is ten bits long.
// CHECK-LABEL: func @nan_of_f16
// CPU: arith.cmpf
// CPU: arith.select
// CHECK: return
func.func @nan_of_f16(%x: f16) -> bf16 {
  %a = arith.extf %x : f16 to f32
  %r = arith.truncf %a : f32 to bf16
  return %r : bf16
}

// -----

// Neither do bits say anything that are not shifted there, nor a constant NaN.
// CHECK-LABEL: func @bits_and_constants
// CPU: arith.cmpf
// CPU: arith.cmpf
// CPU-NOT: arith.cmpf
// CHECK: return
func.func @bits_and_constants(%i: i32, %x: bf16) -> (bf16, bf16, bf16) {
  %c16 = arith.constant 16 : i32
  %nan = arith.constant 0x7FFFFFFF : f32
  %a = arith.bitcast %i : i32 to f32
  %0 = arith.truncf %a : f32 to bf16
  %b = arith.extf %x : bf16 to f32
  %c = arith.addf %b, %nan : f32
  %1 = arith.truncf %c : f32 to bf16
  %d = arith.shli %i, %c16 : i32
  %e = arith.bitcast %d : i32 to f32
  %2 = arith.truncf %e : f32 to bf16
  return %0, %1, %2 : bf16, bf16, bf16
}

// -----

// Even and odd bf16 are halves of 32-bit integers: a shift and a mask take them
// apart, and as much puts them together. Halves that are something else stay.
// CHECK-LABEL: func @halves
// CPU: %[[BOTH:.*]] = vector.bitcast %{{.*}} : vector<8xbf16> to vector<4xi32>
// CPU: %[[EVEN:.*]] = arith.shli %[[BOTH]]
// CPU: arith.bitcast %[[EVEN]] : vector<4xi32> to vector<4xf32>
// CPU: %[[ODD:.*]] = arith.andi
// CPU: arith.bitcast %[[ODD]] : vector<4xi32> to vector<4xf32>
// CPU: arith.andi
// CPU: arith.shli
// CPU: %[[SUM:.*]] = arith.ori
// CPU: %[[R:.*]] = vector.bitcast %[[SUM]] : vector<4xi32> to vector<8xbf16>
// CPU: %[[S:.*]] = vector.interleave
// CPU: return %[[R]], %[[S]]
// GPU: vector.deinterleave
// GPU: vector.interleave
func.func @halves(%x: vector<8xbf16>) -> (vector<8xbf16>, vector<8xbf16>) {
  %even, %odd = vector.deinterleave %x : vector<8xbf16> -> vector<4xbf16>
  %a = arith.extf %even : vector<4xbf16> to vector<4xf32>
  %b = arith.extf %odd : vector<4xbf16> to vector<4xf32>
  %c = arith.mulf %a, %b : vector<4xf32>
  %d = arith.addf %a, %b : vector<4xf32>
  %e = arith.truncf %c : vector<4xf32> to vector<4xbf16>
  %f = arith.truncf %d : vector<4xf32> to vector<4xbf16>
  %r = vector.interleave %e, %f : vector<4xbf16> -> vector<8xbf16>
  %s = vector.interleave %odd, %f : vector<4xbf16> -> vector<8xbf16>
  return %r, %s : vector<8xbf16>, vector<8xbf16>
}
