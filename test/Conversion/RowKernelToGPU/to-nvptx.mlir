// From rms_norm to PTX, by the pipeline alone; no device library, no fused multiply-add.
// RUN: rmsnorm-opt %s --rmsnorm-to-nvptx=chip=sm_80 | FileCheck %s --check-prefixes=NVVM,SM80
// RUN: rmsnorm-opt %s --rmsnorm-to-nvptx=chip=sm_90 | FileCheck %s --check-prefixes=NVVM,SM90
// RUN: rmsnorm-opt %s --rmsnorm-to-nvptx=chip=sm_100 | FileCheck %s --check-prefixes=NVVM,SM100
// RUN: rmsnorm-opt %s --rmsnorm-to-nvptx="chip=sm_90 format=isa" | FileCheck %s --check-prefix=PTX

// SM80: #nvvm.target<O = 3, chip = "sm_80", features = "+ptx80">
// SM90: #nvvm.target<O = 3, chip = "sm_90", features = "+ptx80">
// SM100: #nvvm.target<O = 3, chip = "sm_100", features = "+ptx86">
// NVVM-NOT: unrealized_conversion_cast
// NVVM: nvvm.kernel

// PTX-NOT: .extern
// PTX: .visible .entry
// PTX-NOT: .extern
// PTX-NOT: fma.rn
// PTX: ld.global.v4
// PTX-NOT: .extern
// PTX-NOT: fma.rn
// PTX: shfl.sync.bfly
// PTX: bar{{(rier)?}}.
// PTX: sqrt.rn.f32
// PTX: rcp.rn.f32
// PTX: st.global.v4
// PTX-NOT: .extern
func.func @norm(%x: tensor<?x4096xbf16>, %g: tensor<4096xbf16>, %init: tensor<?x4096xbf16>) -> tensor<?x4096xbf16> {
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x, scale %g : tensor<?x4096xbf16>, tensor<4096xbf16>) outs(%init : tensor<?x4096xbf16>)
  return %y : tensor<?x4096xbf16>
}
