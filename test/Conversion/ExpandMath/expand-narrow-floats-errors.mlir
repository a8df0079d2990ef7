// RUN: rmsnorm-opt %s --rmsnorm-expand-narrow-floats --split-input-file --verify-diagnostics | FileCheck %s
// RUN: not rmsnorm-opt %s --rmsnorm-expand-narrow-floats=target=tpu --split-input-file 2>&1 | FileCheck %s --check-prefix=TARGET

// TARGET: option target: got "tpu", expected cpu or gpu

// CHECK-LABEL: func @tensor
// CHECK: arith.addf %{{.*}} : tensor<8xbf16>
func.func @tensor(%x: tensor<8xbf16>) -> tensor<8xbf16> {
  // expected-remark @below {{left alone: only scalars and vectors are expanded}}
  %0 = arith.addf %x, %x : tensor<8xbf16>
  return %0 : tensor<8xbf16>
}

// -----

// CHECK-LABEL: func @mode
// CHECK: arith.truncf %{{.*}} upward
func.func @mode(%x: f32) -> bf16 {
  // expected-remark @below {{left alone: only rounding to nearest even is expanded}}
  %0 = arith.truncf %x upward : f32 to bf16
  return %0 : bf16
}

// -----

// CHECK-LABEL: func @other
// CHECK: arith.extf %{{.*}} : f16 to f80
func.func @other(%x: f16) -> f80 {
  // expected-remark @below {{left alone: a conversion from or to a type that has no expansion}}
  %0 = arith.extf %x : f16 to f80
  return %0 : f80
}
