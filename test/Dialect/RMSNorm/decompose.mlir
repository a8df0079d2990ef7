// RUN: rmsnorm-opt %s --rmsnorm-decompose --split-input-file | FileCheck %s

// CHECK-LABEL: @scaled
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
// CHECK: %[[X:.*]] = arith.extf
// CHECK: arith.mulf %[[X]], %[[X]] : f32
// CHECK: arith.addf
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel"]
// CHECK: %[[MS:.*]] = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK: arith.addf %[[MS]], %{{.*}} : f32
// CHECK: math.sqrt
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: arith.mulf
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @scaled(%x: tensor<4x8xbf16>, %g: tensor<8xbf16>, %y: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g : tensor<4x8xbf16>, tensor<8xbf16>) outs(%y : tensor<4x8xbf16>)
  return %0 : tensor<4x8xbf16>
}
