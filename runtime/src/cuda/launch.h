// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Calls on the GPU.

#ifndef RMSNORM_RUNTIME_CUDA_LAUNCH_H
#define RMSNORM_RUNTIME_CUDA_LAUNCH_H

#include "call/frame.h"

namespace rmsn {

/// Checks that a bound call can run on its device, and loads the code.
rmsn_status prepareGpu(Frame &frame);

/// Enqueues a bound call on `stream`. `owned` receives results that the caller
/// did not bring; it may be null if there are none.
rmsn_status callOnGpu(Frame &frame, DLManagedTensor **owned, void *stream);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CUDA_LAUNCH_H
