// The emulator finds each of these mistakes.
// RUN: not rmsnorm-emulate %s --kernel=race --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=RACE
// RUN: not rmsnorm-emulate %s --kernel=outside --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not rmsnorm-emulate %s --kernel=outside --in=normal:64:1 --offset=8 --pad=8 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not rmsnorm-emulate %s --kernel=divergent --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=DIVERGENT
// RUN: not rmsnorm-emulate %s --kernel=missing_lane --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=LANE
// RUN: not rmsnorm-emulate %s --kernel=misaligned --in=normal:64:1 --offset=1 2>&1 | FileCheck %s --check-prefix=ALIGN
// RUN: not rmsnorm-emulate %s --kernel=unwritten --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=UNWRITTEN
// RUN: not rmsnorm-emulate %s --kernel=twice --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not rmsnorm-emulate %s --kernel=uninitialized --in=normal:64:1 2>&1 | FileCheck %s --check-prefix=POISON
// RUN: not rmsnorm-emulate %s --kernel=endless --in=normal:64:1 --time-limit=5 2>&1 | FileCheck %s --check-prefix=ENDLESS
// The same without a mistake.
// RUN: rmsnorm-emulate %s --kernel=right --in=normal:64:1 --traffic | FileCheck %s --check-prefix=RIGHT
// RUN: rmsnorm-emulate %s --kernel=misaligned --in=normal:64:1 --traffic | FileCheck %s --check-prefix=RIGHT

// RACE: race in shared memory: reads byte {{[0-9]+}} that thread {{[0-9]+}} wrote since the last barrier
// OUTSIDE: out of bounds: reads
// DIVERGENT: divergent barrier
// LANE: waits at shuffle 1 for lanes that never come
// ALIGN: misaligned: reads 16 bytes
// UNWRITTEN: output 0: 32 elements were never written
// TWICE: writes byte 0 of output 0 a second time
// POISON: of shared memory that was never written
// ENDLESS: did not end within 5 seconds
// RIGHT: input 0: 256 bytes, read 256 (256 with repetition), written 0
// RIGHT: output 0: 256 bytes, read 0 (0 with repetition), written 256

#launch = {operand_types = [tensor<?xf32>, tensor<?xf32>],
           indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
           num_inputs = 1, extent_operand = array<i64: 0>, extent_dim = array<i64: 0>,
           num_row_dims = 1, rows_per_block = 64, block_x = 64, cluster_x = 1, shared_bytes = 0}
#quarter = {operand_types = [tensor<?xf32>, tensor<?xf32>],
           indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
           num_inputs = 1, extent_operand = array<i64: 0>, extent_dim = array<i64: 0>,
           num_row_dims = 1, rows_per_block = 64, block_x = 16, cluster_x = 1, shared_bytes = 0}
module attributes {gpu.container_module} {
  gpu.module @kernels {
    llvm.mlir.global internal @buffer() {addr_space = 3 : i32} : !llvm.array<64 x f32>

    // Thread i reads what thread i+1 wrote.
    llvm.func @right(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %one = llvm.mlir.constant(1 : i32) : i32
      %last = llvm.mlir.constant(63 : i32) : i32
      %s = llvm.mlir.addressof @buffer : !llvm.ptr<3>
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      %ps = llvm.getelementptr %s[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      llvm.store %v, %ps : f32, !llvm.ptr<3>
      nvvm.barrier0
      %next = llvm.add %tid, %one : i32
      %wrapped = llvm.and %next, %last : i32
      %pn = llvm.getelementptr %s[%wrapped] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      %w = llvm.load %pn : !llvm.ptr<3> -> f32
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %w, %py : f32, !llvm.ptr<1>
      llvm.return
    }
    llvm.func @race(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %one = llvm.mlir.constant(1 : i32) : i32
      %last = llvm.mlir.constant(63 : i32) : i32
      %s = llvm.mlir.addressof @buffer : !llvm.ptr<3>
      %ps = llvm.getelementptr %s[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      %zero = llvm.mlir.constant(0.0 : f32) : f32
      llvm.store %zero, %ps : f32, !llvm.ptr<3>
      nvvm.barrier0
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      llvm.store %v, %ps : f32, !llvm.ptr<3>
      %next = llvm.sub %tid, %one : i32
      %wrapped = llvm.and %next, %last : i32
      %pn = llvm.getelementptr %s[%wrapped] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      %w = llvm.load %pn : !llvm.ptr<3> -> f32
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %w, %py : f32, !llvm.ptr<1>
      llvm.return
    }
    // One element beyond the end.
    llvm.func @outside(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %one = llvm.mlir.constant(1 : i32) : i32
      %next = llvm.add %tid, %one : i32
      %px = llvm.getelementptr %x[%next] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %v, %py : f32, !llvm.ptr<1>
      llvm.return
    }
    llvm.func @divergent(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %half = llvm.mlir.constant(32 : i32) : i32
      %lower = llvm.icmp "ult" %tid, %half : i32
      llvm.cond_br %lower, ^some, ^all
    ^some:
      nvvm.barrier0
      llvm.br ^all
    ^all:
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %v, %py : f32, !llvm.ptr<1>
      llvm.return
    }
    // The upper half of each warp does not take part in a shuffle of all lanes.
    llvm.func @missing_lane(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %bit = llvm.mlir.constant(16 : i32) : i32
      %zero = llvm.mlir.constant(0 : i32) : i32
      %one = llvm.mlir.constant(1 : i32) : i32
      %mask = llvm.mlir.constant(-1 : i32) : i32
      %clamp = llvm.mlir.constant(31 : i32) : i32
      %upper = llvm.and %tid, %bit : i32
      %low = llvm.icmp "eq" %upper, %zero : i32
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      llvm.cond_br %low, ^some, ^all(%v : f32)
    ^some:
      %w = nvvm.shfl.sync bfly %mask, %v, %one, %clamp : f32 -> f32
      llvm.br ^all(%w : f32)
    ^all(%r: f32):
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %r, %py : f32, !llvm.ptr<1>
      llvm.return
    }
    // 16 threads, four elements each, as vectors.
    llvm.func @misaligned(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #quarter} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
      %v = llvm.load %px {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
      llvm.store %v, %py {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
      llvm.return
    }
    llvm.func @unwritten(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %half = llvm.mlir.constant(32 : i32) : i32
      %lower = llvm.icmp "ult" %tid, %half : i32
      llvm.cond_br %lower, ^some, ^all
    ^some:
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %v, %py : f32, !llvm.ptr<1>
      llvm.br ^all
    ^all:
      llvm.return
    }
    llvm.func @twice(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %v = llvm.load %x : !llvm.ptr<1> -> f32
      llvm.store %v, %y : f32, !llvm.ptr<1>
      llvm.return
    }
    llvm.func @uninitialized(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      %zero = llvm.mlir.constant(0 : i32) : i32
      %first = llvm.icmp "eq" %tid, %zero : i32
      %s = llvm.mlir.addressof @buffer : !llvm.ptr<3>
      %px = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %v = llvm.load %px : !llvm.ptr<1> -> f32
      llvm.cond_br %first, ^some, ^all
    ^some:
      llvm.store %v, %s : f32, !llvm.ptr<3>
      llvm.br ^all
    ^all:
      nvvm.barrier0
      %ps = llvm.getelementptr %s[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      %w = llvm.load %ps : !llvm.ptr<3> -> f32
      %py = llvm.getelementptr %y[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %w, %py : f32, !llvm.ptr<1>
      llvm.return
    }
    llvm.func @endless(%x: !llvm.ptr<1>, %sx: i64, %y: !llvm.ptr<1>, %sy: i64, %n: i64) attributes {gpu.kernel, nvvm.kernel, rmsnorm.launch = #launch} {
      llvm.br ^again
    ^again:
      %v = llvm.load volatile %x : !llvm.ptr<1> -> f32
      %c = llvm.fcmp "une" %v, %v : f32
      llvm.cond_br %c, ^end, ^again
    ^end:
      llvm.return
    }
  }
}
