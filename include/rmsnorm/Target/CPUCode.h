//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// LLVM dialect to LLVM IR to machine code to a shared object, all in memory.

#ifndef RMSNORM_TARGET_CPUCODE_H
#define RMSNORM_TARGET_CPUCODE_H

#include "rmsnorm/Target/TargetSpec.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/ADT/SmallVector.h"

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir {
class DialectRegistry;

namespace rmsnorm {

/// Names of the functions and variables that an object file needs from others.
llvm::Expected<SmallVector<std::string>>
getUndefinedSymbols(llvm::ArrayRef<char> object);

/// What translateForCPU needs of the context.
void registerCPUTranslation(DialectRegistry &registry);

/// LLVM's target machine, made for position-independent code.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const CPUTarget &target);

/// Translates what `--rmsnorm-to-cpu` made. Only entries and shape functions
/// stay visible, and `rmsn_blob_abi_version` is added. Null after an error,
/// which has been reported.
std::unique_ptr<llvm::Module> translateForCPU(ModuleOp module,
                                              const CPUTarget &target,
                                              llvm::TargetMachine &machine,
                                              llvm::LLVMContext &context);

/// Optimises for the machine, and adds the C functions (memcpy) that code
/// generation may call.
void optimizeForCPU(llvm::Module &module, llvm::TargetMachine &machine);

/// Assembly text or an object file.
llvm::Expected<SmallVector<char, 0>>
emitMachineCode(llvm::Module &module, llvm::TargetMachine &machine,
                bool assembly);

/// Links an object file into a shared object that needs nothing: support
/// functions (memcpy, conversions) are added where the object needs them; what
/// is then still undefined is an error that names it.
llvm::Expected<SmallVector<char, 0>>
linkSharedObject(llvm::ArrayRef<char> object, const CPUTarget &target,
                 bool strip);

} // namespace rmsnorm
} // namespace mlir

#endif // RMSNORM_TARGET_CPUCODE_H
