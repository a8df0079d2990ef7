// RUN: rmsnorm-opt %s --rmsnorm-bf16-as-integers --split-input-file | FileCheck %s

// Functions, block arguments, constants and masks; nothing of bf16 is left.
// CHECK: llvm.mlir.global internal constant @table(dense<[16256, -16384]> : vector<2xi16>) {{.*}} : vector<2xi16>
// CHECK: llvm.func @moves(%{{.*}}: !llvm.ptr, %{{.*}}: i1, %{{.*}}: i16) -> vector<2xi16>
// CHECK: llvm.mlir.constant(dense<16256> : vector<2xi16>) : vector<2xi16>
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> vector<2xi16>
// CHECK: ^bb{{.*}}(%{{.*}}: vector<2xi16>):
// CHECK-NOT: bf16
llvm.mlir.global internal constant @table(dense<[1.0, -2.0]> : vector<2xbf16>) : vector<2xbf16>
llvm.func @moves(%p: !llvm.ptr, %c: i1, %s: bf16) -> vector<2xbf16> {
  %one = llvm.mlir.constant(dense<1.0> : vector<2xbf16>) : vector<2xbf16>
  llvm.cond_br %c, ^load, ^end(%one : vector<2xbf16>)
^load:
  %v = llvm.load %p : !llvm.ptr -> vector<2xbf16>
  %i = llvm.mlir.constant(0 : i32) : i32
  %w = llvm.insertelement %s, %v[%i : i32] : vector<2xbf16>
  llvm.br ^end(%w : vector<2xbf16>)
^end(%r: vector<2xbf16>):
  llvm.return %r : vector<2xbf16>
}

// -----

// An element's address keeps its distance.
// CHECK-LABEL: llvm.func @address
// CHECK: llvm.getelementptr %{{.*}}[3] : (!llvm.ptr) -> !llvm.ptr, i16
llvm.func @address(%p: !llvm.ptr) -> !llvm.ptr {
  %q = llvm.getelementptr %p[3] : (!llvm.ptr) -> !llvm.ptr, bf16
  llvm.return %q : !llvm.ptr
}

// -----

// What is attached to an operation stays: it describes the caller's types.
// CHECK-LABEL: llvm.func @entry
// CHECK-SAME: (%{{.*}}: i16) attributes {test.signature = [tensor<?xbf16>]}
llvm.func @entry(%x: bf16) attributes {test.signature = [tensor<?xbf16>]} {
  llvm.return
}
