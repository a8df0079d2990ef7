// RUN: rmsnorm-opt %s --rmsnorm-expand-math --rmsnorm-expand-narrow-floats --convert-scf-to-cf --convert-vector-to-llvm --convert-to-llvm --reconcile-unrealized-casts --rmsnorm-bf16-as-integers \
// RUN:   | mlir-translate --mlir-to-llvmir -o %t.ll
// RUN: llc %t.ll -o - -mtriple=x86_64-linux-gnu -mcpu=x86-64-v3 | FileCheck %s --check-prefix=X86 --implicit-check-not=call
// RUN: llc %t.ll -o - -mtriple=x86_64-linux-gnu -mcpu=x86-64-v4 | FileCheck %s --check-prefix=X86 --implicit-check-not=call
// RUN: llc %t.ll -o - -mtriple=aarch64-linux-gnu | FileCheck %s --check-prefix=ARM --implicit-check-not="{{[[:space:]]}}bl{{[[:space:]]}}"
// RUN: llc %t.ll -o - -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 | FileCheck %s --check-prefix=PTX --implicit-check-not=.extern --implicit-check-not=call

// No target calls a function, for vectors or for scalars.
// X86-LABEL: vectors:
// X86: vfmadd
// ARM-LABEL: vectors:
// ARM: fml{{a|s}}
// PTX-LABEL: .visible .func{{.*}}vectors
// PTX: fma.rn.f32
func.func @vectors(%x: vector<8xf32>, %d: vector<4xf64>, %h: vector<8xbf16>) -> (vector<8xf32>, vector<4xf64>, vector<8xbf16>) {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.tanh %0 : vector<8xf32>
  %2 = math.erf %1 : vector<8xf32>
  %3 = math.sin %2 : vector<8xf32>
  %4 = math.powf %3, %x : vector<8xf32>
  %5 = math.log %4 : vector<8xf32>
  %6 = math.round %5 : vector<8xf32>
  %7 = arith.maximumf %6, %x : vector<8xf32>
  %8 = math.erfc %d : vector<4xf64>
  %9 = math.powf %8, %d : vector<4xf64>
  %10 = arith.remf %9, %d : vector<4xf64>
  %11 = math.cos %h : vector<8xbf16>
  %12 = arith.mulf %11, %h : vector<8xbf16>
  return %7, %10, %12 : vector<8xf32>, vector<4xf64>, vector<8xbf16>
}

// A vector of bf16 from block to block, and through masks.
// X86-LABEL: moves:
// ARM-LABEL: moves:
// PTX-LABEL: .visible .func{{.*}}moves
func.func @moves(%p: memref<8xbf16>, %q: memref<8xbf16>, %m: vector<8xi1>, %n: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %init = arith.constant dense<1.0> : vector<8xbf16>
  %x = vector.maskedload %p[%zero], %m, %init : memref<8xbf16>, vector<8xi1>, vector<8xbf16> into vector<8xbf16>
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %init) -> vector<8xbf16> {
    %1 = arith.mulf %a, %x : vector<8xbf16>
    scf.yield %1 : vector<8xbf16>
  }
  vector.maskedstore %q[%zero], %m, %r : memref<8xbf16>, vector<8xi1>, vector<8xbf16>
  return
}

// X86-LABEL: scalars:
// ARM-LABEL: scalars:
// PTX-LABEL: .visible .func{{.*}}scalars
func.func @scalars(%x: f32, %d: f64, %h: f16, %n: i64) -> (f32, f64, f16, bf16) {
  %0 = math.fpowi %x, %n : f32, i64
  %1 = arith.remf %0, %x : f32
  %2 = math.atan2 %d, %d : f64
  %3 = math.cbrt %2 : f64
  %4 = arith.remf %3, %d : f64
  %5 = math.sinh %h : f16
  %6 = arith.truncf %4 : f64 to bf16
  %7 = arith.truncf %4 : f64 to f16
  %8 = arith.addf %5, %7 : f16
  return %1, %4, %8, %6 : f32, f64, f16, bf16
}
