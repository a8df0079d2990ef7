//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// From a gpu.module in the LLVM and NVVM dialects to LLVM IR, PTX and cubin.

#ifndef RMSNORM_TARGET_NVPTX_H
#define RMSNORM_TARGET_NVPTX_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir::rmsnorm {

/// "+ptx80" or the first version that knows the chip; fails with a message for
/// a chip that is not "sm_" and a number from 80.
FailureOr<std::string>
getPTXFeatures(llvm::StringRef chip,
               llvm::function_ref<InFlightDiagnostic()> emitError);

/// LLVM's target machine for a chip, at the highest optimisation level.
std::unique_ptr<llvm::TargetMachine>
createNVPTXTargetMachine(llvm::StringRef chip, llvm::StringRef features,
                         std::string &error);

/// Translates to LLVM IR and optimises it for `machine`. Null after an error,
/// which has been reported.
std::unique_ptr<llvm::Module> translateToDeviceIR(gpu::GPUModuleOp module,
                                                  llvm::LLVMContext &context,
                                                  llvm::TargetMachine &machine);

/// PTX text. Fails, with `error` set, if the backend cannot generate code or if
/// the PTX refers to a function that is not in it.
std::optional<std::string>
emitPTX(llvm::Module &module, llvm::TargetMachine &machine, std::string &error);

/// What ptxas says about a kernel.
struct PtxasKernelInfo {
  unsigned registers = 0;
  unsigned spillStores = 0;  // bytes
  unsigned spillLoads = 0;   // bytes
  unsigned staticShared = 0; // bytes
};

struct Cubin {
  std::vector<char> bytes;
  llvm::StringMap<PtxasKernelInfo> kernels;
};

/// Path of ptxas: `given` if not empty, else $CUDA_HOME/bin, $CUDA_PATH/bin,
/// $PATH, /usr/local/cuda/bin. Empty if there is none.
std::string findPtxas(llvm::StringRef given = {});

/// Assembles PTX. Fails, with ptxas's own words in `error`.
std::optional<Cubin> assembleCubin(llvm::StringRef ptx, llvm::StringRef chip,
                                   llvm::StringRef ptxas, std::string &error);

} // namespace mlir::rmsnorm

#endif // RMSNORM_TARGET_NVPTX_H
