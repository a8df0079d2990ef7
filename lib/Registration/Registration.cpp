//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Registration.h"

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Conversion/Passes.h"
#include "rmsnorm/Conversion/RowKernelToGPU/RowKernelToGPU.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/BufferizableOpInterfaceImpl.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/ValueBoundsOpInterfaceImpl.h"
#include "rmsnorm/Pipelines/NVPTX.h"
#include "rmsnorm/Pipelines/Pipelines.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

using namespace mlir;

void rmsnorm::registerDialect(DialectRegistry &registry) {
  registry.insert<RMSNormDialect>();
  registerBufferizableOpInterfaceExternalModels(registry);
  registerValueBoundsOpInterfaceExternalModels(registry);
}

void rmsnorm::registerPasses() {
  registerRMSNormPasses();
  registerRMSNormCPUPasses();
  registerPipelines();
  registerRMSNormConversionPasses();
  registerRowKernelToGPUPasses();
  registerNVPTXPipelines();
}

void rmsnorm::registerEverything(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllGPUToLLVMIRTranslations(registry);
  registerDialect(registry);
  registerAllPasses();
  registerPasses();
}
