// RUN: rmsnorm-opt %s --rmsnorm-bind-host --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-NOT: llvm.func @aligned_alloc
// CHECK-LABEL: llvm.func internal @work(%arg0: !llvm.ptr, %arg1: !llvm.ptr) -> i32
// CHECK: %[[FN:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr -> !llvm.ptr
// CHECK: %[[P:.*]] = llvm.call %[[FN]](%arg0, %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i64, i64) -> !llvm.ptr
// CHECK: llvm.icmp "eq" %[[P]]
// CHECK: llvm.cond_br
// CHECK-LABEL: llvm.func @rmsn_entry_work(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr) -> i32
// CHECK: llvm.call @work(%arg0, %{{.*}})
llvm.func @aligned_alloc(i64, i64) -> !llvm.ptr
llvm.func @free(!llvm.ptr)
llvm.func @work(%p: !llvm.ptr) attributes {rmsnorm.signature = {arg_ranks = array<i64: -1>, result_ranks = array<i64>}} {
  %n = llvm.mlir.constant(128 : i64) : i64
  %a = llvm.mlir.constant(64 : i64) : i64
  %b = llvm.call @aligned_alloc(%a, %n) : (i64, i64) -> !llvm.ptr
  llvm.call @free(%b) : (!llvm.ptr) -> ()
  llvm.return
}

// -----

llvm.func @unknown(f32) -> f32
llvm.func @work(%x: f32) {
  // expected-error @+1 {{calls 'unknown', which compiled code cannot reach: an artifact imports nothing}}
  %y = llvm.call @unknown(%x) : (f32) -> f32
  llvm.return
}
