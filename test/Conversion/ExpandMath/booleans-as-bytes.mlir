// RUN: rmsnorm-opt %s --rmsnorm-booleans-as-bytes | FileCheck %s

// CHECK-LABEL: llvm.func @copy
// CHECK: %[[READ:.*]] = llvm.load %arg0 {alignment = 1 : i64} : !llvm.ptr -> vector<8xi8>
// CHECK: %[[ZERO:.*]] = llvm.mlir.zero : vector<8xi8>
// CHECK: %[[BOOL:.*]] = llvm.icmp "ne" %[[READ]], %[[ZERO]] : vector<8xi8>
// CHECK: %[[BYTES:.*]] = llvm.zext %[[BOOL]] : vector<8xi1> to vector<8xi8>
// CHECK: llvm.store %[[BYTES]], %arg1 {alignment = 1 : i64} : vector<8xi8>, !llvm.ptr
llvm.func @copy(%from: !llvm.ptr, %to: !llvm.ptr) {
  %0 = llvm.load %from {alignment = 1 : i64} : !llvm.ptr -> vector<8xi1>
  llvm.store %0, %to {alignment = 1 : i64} : vector<8xi1>, !llvm.ptr
  llvm.return
}

// The mask stays, what masked lanes get is widened.
// CHECK-LABEL: llvm.func @masked
// CHECK: %[[ELSE:.*]] = llvm.zext %arg3 : vector<4xi1> to vector<4xi8>
// CHECK: llvm.intr.masked.load %arg0, %arg2, %[[ELSE]] {alignment = 1 : i32}
// CHECK-SAME: -> vector<4xi8>
// CHECK: llvm.intr.masked.store %{{.*}}, %arg1, %arg2 {alignment = 1 : i32} : vector<4xi8>, vector<4xi1> into !llvm.ptr
llvm.func @masked(%from: !llvm.ptr, %to: !llvm.ptr, %mask: vector<4xi1>, %else: vector<4xi1>) {
  %0 = llvm.intr.masked.load %from, %mask, %else {alignment = 1 : i32} : (!llvm.ptr, vector<4xi1>, vector<4xi1>) -> vector<4xi1>
  llvm.intr.masked.store %0, %to, %mask {alignment = 1 : i32} : vector<4xi1>, vector<4xi1> into !llvm.ptr
  llvm.return
}

// Scalars and other vectors are left alone.
// CHECK-LABEL: llvm.func @others
// CHECK-NEXT: llvm.load %arg0 : !llvm.ptr -> i1
// CHECK-NEXT: llvm.load %arg0 : !llvm.ptr -> vector<4xi32>
// CHECK-NEXT: llvm.return
llvm.func @others(%from: !llvm.ptr) {
  %0 = llvm.load %from : !llvm.ptr -> i1
  %1 = llvm.load %from : !llvm.ptr -> vector<4xi32>
  llvm.return
}
