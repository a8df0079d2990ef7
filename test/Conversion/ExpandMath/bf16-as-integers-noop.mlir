// RUN: rmsnorm-opt %s --rmsnorm-bf16-as-integers | FileCheck %s

// Other types stay.
// CHECK-LABEL: llvm.func @others
// CHECK-SAME: (%{{.*}}: vector<4xf16>, %{{.*}}: f32) -> vector<4xf16>
// CHECK-NEXT: llvm.mlir.constant(dense<1.000000e+00> : vector<4xf16>) : vector<4xf16>
// CHECK-NEXT: llvm.fadd %{{.*}}, %{{.*}} : vector<4xf16>
// CHECK-NEXT: llvm.fptrunc %{{.*}} : f32 to f16
// CHECK-NEXT: llvm.return
llvm.func @others(%x: vector<4xf16>, %y: f32) -> vector<4xf16> {
  %c = llvm.mlir.constant(dense<1.0> : vector<4xf16>) : vector<4xf16>
  %0 = llvm.fadd %x, %c : vector<4xf16>
  %1 = llvm.fptrunc %y : f32 to f16
  llvm.return %0 : vector<4xf16>
}
