// RUN: rmsnorm-opt %s --rmsnorm-expand-narrow-floats | FileCheck %s

// Wide arithmetic, conversions by instruction, constants and moves stay.
// CHECK-LABEL: func @nothing
// CHECK-NEXT: arith.constant dense<1.0{{.*}}> : vector<8xbf16>
// CHECK-NEXT: arith.addf %{{.*}} fastmath<reassoc> : vector<8xf32>
// CHECK-NEXT: arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
// CHECK-NEXT: arith.extf %{{.*}} : vector<8xf16> to vector<8xf32>
// CHECK-NEXT: arith.truncf %{{.*}} : f64 to f32
// CHECK-NEXT: return
func.func @nothing(%x: vector<8xf32>, %d: f64) -> (vector<8xf32>, vector<8xbf16>, f32) {
  %c = arith.constant dense<1.0> : vector<8xbf16>
  %0 = arith.addf %x, %x fastmath<reassoc> : vector<8xf32>
  %1 = arith.truncf %0 : vector<8xf32> to vector<8xf16>
  %2 = arith.extf %1 : vector<8xf16> to vector<8xf32>
  %3 = arith.truncf %d : f64 to f32
  return %2, %c, %3 : vector<8xf32>, vector<8xbf16>, f32
}
