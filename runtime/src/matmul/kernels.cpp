// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "matmul/kernels.h"

using namespace rmsn;

namespace rmsn {
#if defined(__x86_64__)
namespace kernels_v3 {
extern const MatmulKernels kTable;
} // namespace kernels_v3
namespace kernels_v4 {
extern const MatmulKernels kTable;
} // namespace kernels_v4
#endif
namespace kernels_base {
extern const MatmulKernels kTable;
} // namespace kernels_base
} // namespace rmsn

const MatmulKernels &rmsn::matmulKernels(const CpuFeatures &cpu) {
#if defined(__x86_64__)
  if (cpu.has("avx512f") && cpu.has("avx512bw") && cpu.has("avx512vl") &&
      cpu.has("avx512dq") && cpu.has("fma") && cpu.has("f16c"))
    return kernels_v4::kTable;
  if (cpu.has("avx2") && cpu.has("fma") && cpu.has("f16c"))
    return kernels_v3::kTable;
#endif
  return kernels_base::kTable;
}
