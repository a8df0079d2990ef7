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
