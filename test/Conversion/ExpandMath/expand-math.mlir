// RUN: rmsnorm-opt %s --rmsnorm-expand-math --split-input-file | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-expand-math=target=avx512 --split-input-file | FileCheck %s --check-prefix=AVX512
// RUN: rmsnorm-opt %s --rmsnorm-expand-math=target=gpu --split-input-file | FileCheck %s

// A vector stays a vector, and no function is left.
// CHECK-LABEL: func @vector
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} : vector<4x8xf32>
// CHECK-NOT: math.exp
// CHECK: return
func.func @vector(%x: vector<4x8xf32>) -> vector<4x8xf32> {
  %0 = math.exp %x : vector<4x8xf32>
  return %0 : vector<4x8xf32>
}

// -----

// The half types compute in f32 and round once, whatever flags the op had.
// CHECK-LABEL: func @half
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK-NOT: truncf
// CHECK-NOT: fastmath
// CHECK: %[[R:.*]] = arith.truncf %{{.*}} : f32 to bf16
// CHECK-NEXT: return %[[R]]
func.func @half(%x: bf16) -> bf16 {
  %0 = math.tanh %x fastmath<contract> : bf16
  return %0 : bf16
}

// -----

// Integer powers as PyTorch has them: a square is one product.
// CHECK-LABEL: func @square
// CHECK-SAME: %[[X:.*]]: vector<8xf32>
// CHECK-NOT: fma
// CHECK: %[[R:.*]] = arith.mulf %[[X]], %[[X]] : vector<8xf32>
// CHECK-NEXT: return %[[R]]
func.func @square(%x: vector<8xf32>) -> vector<8xf32> {
  %two = arith.constant dense<2> : vector<8xi64>
  %0 = math.fpowi %x, %two : vector<8xf32>, vector<8xi64>
  return %0 : vector<8xf32>
}

// -----

// CHECK-LABEL: func @float_square
// CHECK-SAME: %[[X:.*]]: f32
// CHECK: %[[R:.*]] = arith.mulf %[[X]], %[[X]] : f32
// CHECK-NEXT: return %[[R]]
func.func @float_square(%x: f32) -> f32 {
  %two = arith.constant 2.0 : f32
  %0 = math.powf %x, %two : f32
  return %0 : f32
}

// -----

// rsqrt is a root and a division, no approximation.
// CHECK-LABEL: func @reciprocal_root
// CHECK-SAME: %[[X:.*]]: vector<8xf32>
// CHECK: %[[S:.*]] = math.sqrt %[[X]] : vector<8xf32>
// CHECK: %[[ONE:.*]] = arith.constant dense<1.0
// CHECK: %[[R:.*]] = arith.divf %[[ONE]], %[[S]] : vector<8xf32>
// CHECK-NEXT: return %[[R]]
func.func @reciprocal_root(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.rsqrt %x fastmath<fast> : vector<8xf32>
  return %0 : vector<8xf32>
}

// -----

// The f64 remainder is the only one with a loop.
// CHECK-LABEL: func @remainder
// CHECK: scf.while
// CHECK: vector.reduction <or>
// CHECK-NOT: arith.remf
func.func @remainder(%x: vector<2x2xf64>, %y: vector<2x2xf64>) -> vector<2x2xf64> {
  %0 = arith.remf %x, %y : vector<2x2xf64>
  return %0 : vector<2x2xf64>
}

// -----

// Two results.
// CHECK-LABEL: func @sincos
// CHECK-NOT: math.sin
// CHECK: return %{{.*}}, %{{.*}} : f32, f32
func.func @sincos(%x: f32) -> (f32, f32) {
  %s, %c = math.sincos %x : f32
  return %s, %c : f32, f32
}

// -----

// Inside a region, an operation of another operation's body.
// CHECK-LABEL: func @nested
// CHECK: scf.for
// CHECK-NOT: math.log
// CHECK: scf.yield
func.func @nested(%x: f32, %n: index) -> f32 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %0 = scf.for %i = %zero to %n step %one iter_args(%a = %x) -> f32 {
    %1 = math.log %a : f32
    scf.yield %1 : f32
  }
  return %0 : f32
}

// -----

// AVX-512 scales by powers of two, of one vector at a time.
// CHECK-LABEL: func.func @scaled
// CHECK-NOT: scalef
// AVX512-LABEL: func.func @scaled
// AVX512: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
// AVX512: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.pd.512"
// AVX512-NOT: scalef
// AVX512: return
func.func @scaled(%x: vector<16xf32>, %y: vector<8xf64>, %z: vector<8xf32>, %s: f32)
    -> (vector<16xf32>, vector<8xf64>, vector<8xf32>, f32) {
  %0 = math.exp %x : vector<16xf32>
  %1 = math.exp2 %y : vector<8xf64>
  %2 = math.exp %z : vector<8xf32>
  %3 = math.exp2 %s : f32
  return %0, %1, %2, %3 : vector<16xf32>, vector<8xf64>, vector<8xf32>, f32
}
