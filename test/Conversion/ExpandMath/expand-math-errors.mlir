// RUN: rmsnorm-opt %s --rmsnorm-expand-math --split-input-file --verify-diagnostics | FileCheck %s
// RUN: not rmsnorm-opt %s --rmsnorm-expand-math=target=tpu --split-input-file 2>&1 | FileCheck %s --check-prefix=TARGET

// TARGET: option target: got "tpu", expected cpu, avx512 or gpu

// CHECK-LABEL: func @tensor
// CHECK: math.exp %{{.*}} : tensor<8xf32>
func.func @tensor(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-remark @below {{left alone: only scalars and vectors are expanded}}
  %0 = math.exp %x : tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// CHECK-LABEL: func @extended
// CHECK: math.exp %{{.*}} : f80
func.func @extended(%x: f80) -> f80 {
  // expected-remark @below {{left alone: only f16, bf16, f32 and f64 are expanded}}
  %0 = math.exp %x : f80
  return %0 : f80
}

// -----

// CHECK-LABEL: func @scalable
// CHECK: arith.remf
func.func @scalable(%x: vector<[4]xf32>) -> vector<[4]xf32> {
  // expected-remark @below {{left alone: the remainder is not expanded on scalable vectors}}
  %0 = arith.remf %x, %x : vector<[4]xf32>
  return %0 : vector<[4]xf32>
}
