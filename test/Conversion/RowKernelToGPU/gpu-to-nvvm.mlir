// RUN: rmsnorm-opt %s --rmsnorm-gpu-to-nvvm --split-input-file --verify-diagnostics | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @math
  gpu.func @math(%p: !llvm.ptr<1>, %x: f32, %w: f64, %v: vector<2xf32>) kernel {
    // CHECK: llvm.call_intrinsic "llvm.nvvm.sqrt.rn.f"
    %a = math.sqrt %x : f32
    llvm.store volatile %a, %p : f32, !llvm.ptr<1>
    // CHECK: llvm.call_intrinsic "llvm.nvvm.sqrt.rn.d"
    %b = math.sqrt %w : f64
    llvm.store volatile %b, %p : f64, !llvm.ptr<1>
    // CHECK-COUNT-2: llvm.call_intrinsic "llvm.nvvm.sqrt.rn.f"
    %c = math.sqrt %v : vector<2xf32>
    llvm.store volatile %c, %p : vector<2xf32>, !llvm.ptr<1>
    // CHECK: %[[ROOT:.*]] = llvm.call_intrinsic "llvm.nvvm.sqrt.rn.f"
    // CHECK: llvm.fdiv %{{.*}}, %[[ROOT]] : f32
    %d = math.rsqrt %x : f32
    llvm.store volatile %d, %p : f32, !llvm.ptr<1>
    // CHECK: llvm.intr.fabs
    %e = math.absf %x : f32
    llvm.store volatile %e, %p : f32, !llvm.ptr<1>
    gpu.return
  }
  // CHECK-LABEL: llvm.func @shuffle
  // CHECK: nvvm.shfl.sync
  // CHECK: nvvm.barrier0
  gpu.func @shuffle(%p: !llvm.ptr<1>, %x: f32) kernel {
    %one = arith.constant 1 : i32
    %width = arith.constant 32 : i32
    %y, %valid = gpu.shuffle xor %x, %one, %width : f32
    gpu.barrier
    llvm.store %y, %p : f32, !llvm.ptr<1>
    gpu.return
  }
}

// -----

// Libdevice is never called.
gpu.module @kernels {
  gpu.func @unexpanded(%p: !llvm.ptr<1>, %x: f32) kernel {
    // expected-error @+1 {{'llvm.intr.tanh' op needs a device function; expand math operations first}}
    %y = math.tanh %x : f32
    llvm.store volatile %y, %p : f32, !llvm.ptr<1>
    // expected-error @+1 {{'llvm.call' op needs a device function; expand math operations first}}
    %z = math.exp %x : f32
    llvm.store volatile %z, %p : f32, !llvm.ptr<1>
    gpu.return
  }
}

// -----

// Host code is left alone.
// CHECK-LABEL: func.func @host
// CHECK: math.sqrt
func.func @host(%x: f32) -> f32 {
  %y = math.sqrt %x : f32
  return %y : f32
}
