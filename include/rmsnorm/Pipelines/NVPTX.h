//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// GPU kernels for artifacts, and the pipeline of rmsnorm-opt. Documentation of
/// the kernels' parameters and launch: Conversion/RowKernelToGPU/Passes.td.

#ifndef RMSNORM_PIPELINES_NVPTX_H
#define RMSNORM_PIPELINES_NVPTX_H

#include "rmsnorm/Target/NVPTX.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

#include "llvm/ADT/DenseMap.h"

namespace mlir::rmsnorm {

/// Options of `--rmsnorm-to-nvptx`.
struct NVPTXPipelineOptions : PassPipelineOptions<NVPTXPipelineOptions> {
  PassOptions::Option<std::string> chip{
      *this, "chip", llvm::cl::desc("Compute capability, e.g. sm_90"),
      llvm::cl::init("sm_80")};
  PassOptions::Option<std::string> format{
      *this, "format",
      llvm::cl::desc("Also serialise with gpu-module-to-binary: none, llvm, "
                     "isa, bin or fatbin"),
      llvm::cl::init("none")};
  PassOptions::Option<bool> assumeF32Accumulation{
      *this, "assume-f32-accumulation",
      llvm::cl::desc("Take a mean of squares that is computed in f16 or bf16 "
                     "for one computed in f32"),
      llvm::cl::init(false)};
};

/// Row kernels to NVVM: the second half of `--rmsnorm-to-nvptx`.
void buildRowKernelsToNVVM(OpPassManager &pm);

/// gpu.module with row kernels' code to NVVM.
void buildGPUModuleToNVVM(OpPassManager &modulePm);

void registerNVPTXPipelines();

/// How to launch one kernel: the contents of GpuKernel in manifest.fbs.
struct GpuKernelInfo {
  std::string symbol;
  SmallVector<Type>
      operandTypes; // of the row kernel: tensors, memrefs, scalars
  SmallVector<AffineMap> indexingMaps; // iteration space to operand
  unsigned numInputs = 0;
  SmallVector<uint32_t> extentOperand;
  SmallVector<uint32_t> extentDim;
  unsigned numRowDims = 0;
  unsigned rowsPerBlock = 1;
  unsigned blockX = 1;
  unsigned clusterX = 1;
  unsigned sharedBytes = 0; // dynamic shared memory
  std::string description;
  std::optional<PtxasKernelInfo> ptxas; // with a cubin
};

/// All GPU kernels of a module for one chip.
struct NVPTXObject {
  std::string chip;
  std::string ptx;
  std::vector<char> cubin; // empty without ptxas
  std::vector<GpuKernelInfo> kernels;
  /// The kernel (index) of every row_kernel operation of the input.
  llvm::DenseMap<Operation *, unsigned> kernelOf;
};

struct NVPTXOptions {
  std::string chip = "sm_80";
  /// Path of ptxas; looked for if empty.
  std::string ptxas;
  /// Make a cubin when ptxas is found.
  bool assemble = true;
};

/// Reads the launch attribute of a kernel (gpu.func or llvm.func).
FailureOr<GpuKernelInfo> getGpuKernelInfo(Operation *kernel);

/// The gpu.module of all row kernels of `input` in the NVVM dialect, in a
/// module of its own; null after an error. `input` stays as it is. `kernelOf`
/// may be null.
OwningOpRef<ModuleOp>
lowerRowKernelsToNVVM(ModuleOp input, std::vector<GpuKernelInfo> &kernels,
                      llvm::DenseMap<Operation *, unsigned> *kernelOf);

/// Compiles every row kernel of `input`, which stays as it is. A ptxas that
/// refuses the PTX is an error; a missing one is not. Errors are reported on
/// the module.
FailureOr<NVPTXObject> lowerRowKernelsToNVPTX(ModuleOp input,
                                              const NVPTXOptions &options);

} // namespace mlir::rmsnorm

#endif // RMSNORM_PIPELINES_NVPTX_H
