// RUN: rmsnorm-opt %s --rmsnorm-expand-math | FileCheck %s

// What every target has an instruction for stays as it is, flags included.
// CHECK-LABEL: func @native
// CHECK-NEXT: math.sqrt %{{.*}} fastmath<nnan> : vector<8xf32>
// CHECK-NEXT: math.fma
// CHECK-NEXT: math.floor
// CHECK-NEXT: math.ceil
// CHECK-NEXT: math.trunc
// CHECK-NEXT: math.roundeven
// CHECK-NEXT: math.absf
// CHECK-NEXT: math.copysign
// CHECK-NEXT: arith.maximumf
// CHECK-NEXT: math.absi
// CHECK-NEXT: return
func.func @native(%x: vector<8xf32>, %i: vector<8xi32>) -> (vector<8xf32>, vector<8xi32>) {
  %0 = math.sqrt %x fastmath<nnan> : vector<8xf32>
  %1 = math.fma %0, %x, %x : vector<8xf32>
  %2 = math.floor %1 : vector<8xf32>
  %3 = math.ceil %2 : vector<8xf32>
  %4 = math.trunc %3 : vector<8xf32>
  %5 = math.roundeven %4 : vector<8xf32>
  %6 = math.absf %5 : vector<8xf32>
  %7 = math.copysign %6, %x : vector<8xf32>
  %8 = arith.maximumf %7, %x : vector<8xf32>
  %9 = math.absi %i : vector<8xi32>
  return %8, %9 : vector<8xf32>, vector<8xi32>
}
