//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What the runtime does with a function on a GPU: its launches, in order, in
/// the emulator.

#ifndef RMSNORM_EMULATE_FUNCTIONRUN_H
#define RMSNORM_EMULATE_FUNCTIONRUN_H

#include "Launch.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace rmsnorm_emulate {

/// Translates a gpu.module in the NVVM dialect for `chip` and runs a kernel of
/// it (see `emulate`). Fails with `error` set, or empty where a diagnostic has
/// been reported.
bool emulateKernel(mlir::gpu::GPUModuleOp device, const std::string &chip,
                   const mlir::rmsnorm::GpuKernelInfo &info,
                   const std::vector<LaunchInput> &inputs,
                   const std::vector<int> &alias, const LayoutOptions &layout,
                   LaunchReport &report, std::string &error);

enum class FunctionStatus { Done, Failed, Unsupported };

/// Compiles `module`, which becomes its fused form, for nvptx:`chip` as
/// rmsnorm-compile does, and makes the launches that the artifact lists for the
/// function, with its temporaries and constants. `report.outputs` are the
/// function's results. Unsupported: there is no GPU code for an operation of
/// the function, which `error` names.
FunctionStatus emulateFunction(mlir::ModuleOp module, const std::string &name,
                               const std::string &chip,
                               const std::vector<LaunchInput> &inputs,
                               const LayoutOptions &layout,
                               LaunchReport &report, std::string &error);

} // namespace rmsnorm_emulate

#endif // RMSNORM_EMULATE_FUNCTIONRUN_H
