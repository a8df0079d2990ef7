//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Pipelines/Pipelines.h"

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Conversion/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::rmsnorm;

void rmsnorm::buildToLinalgPipeline(OpPassManager &pm,
                                    const ToLinalgOptions &) {
  pm.addPass(createRMSNormDecompose());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void rmsnorm::buildFusionPipeline(OpPassManager &pm, bool raise, bool remarks,
                                  bool assumeF32Accumulation) {
  pm.addPass(createRMSNormCropBeforePad());
  pm.addPass(createInlinerPass());
  pm.addPass(createCanonicalizerPass());
  // arith and math on whole tensors.
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addPass(createCSEPass());
  if (raise) {
    RMSNormRaiseOptions raiseOptions;
    raiseOptions.emitRemarks = remarks;
    raiseOptions.assumeF32Accumulation = assumeF32Accumulation;
    pm.addPass(createRMSNormRaise(raiseOptions));
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
  }
  pm.addPass(createRMSNormDecomposeTensorOps());
  pm.addPass(createRMSNormPrepareContractions());
  pm.addPass(createRMSNormFuse());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void rmsnorm::buildLowerToCPUPipeline(OpPassManager &pm,
                                      const ToCPUOptions &options) {
  pm.addPass(createRMSNormGuardDivisions());
  pm.addPass(createRMSNormGuardAccesses());
  pm.addPass(createRMSNormPrepareEntries());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());

  // To buffers, with the results in the caller's own.
  pm.addPass(createRMSNormSeparateInits());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions bufferize;
  // A loop may compute its next value into another buffer.
  bufferize.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createRMSNormForwardCopies());
  pm.addPass(createCanonicalizerPass());
  bufferization::buildBufferDeallocationPipeline(
      pm, bufferization::BufferDeallocationPipelineOptions());
  pm.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  pm.addPass(createCSEPass());

  // To calls of the library, vectors and loops.
  pm.addPass(createRMSNormContractionsToGemm());
  pm.addPass(createRMSNormCopiesToKernels());
  RMSNormLowerRowKernelsOptions kernelOptions;
  kernelOptions.vectorBits = options.vectorBits;
  pm.addPass(createRMSNormLowerRowKernels(kernelOptions));
  pm.addPass(createConvertLinalgToParallelLoopsPass());
  pm.addPass(createForallToParallelLoopPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createRMSNormOutlineParallelLoops());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createLoopInvariantCodeMotionPass());

  // Arithmetic that the target has.
  RMSNormExpandMathOptions mathOptions;
  if (options.avx512)
    mathOptions.target = "avx512";
  pm.addPass(createRMSNormExpandMath(mathOptions));
  pm.addPass(createRMSNormExpandNarrowFloats());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());

  // To the LLVM dialect.
  pm.addPass(createRMSNormConvertToLLVM());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  ConvertVectorToLLVMPassOptions vectorOptions;
  vectorOptions.reassociateFPReductions = true;
  vectorOptions.force32BitVectorIndices = false;
  pm.addPass(createConvertVectorToLLVMPass(vectorOptions));
  pm.addPass(createConvertMathToLLVMPass());
  FinalizeMemRefToLLVMConversionPassOptions memrefOptions;
  memrefOptions.useAlignedAlloc = true;
  pm.addPass(createFinalizeMemRefToLLVMConversionPass(memrefOptions));
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createRMSNormBindHost());
  // Vectors of bf16 would go through f32, and library calls, on x86.
  pm.addPass(createRMSNormBF16AsIntegers());
  pm.addPass(createRMSNormBooleansAsBytes());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void rmsnorm::buildToCPUPipeline(OpPassManager &pm,
                                 const ToCPUOptions &options) {
  buildFusionPipeline(pm, options.raise, /*remarks=*/false,
                      options.assumeF32Accumulation);
  buildLowerToCPUPipeline(pm, options);
}

void rmsnorm::registerPipelines() {
  PassPipelineRegistration<ToLinalgOptions>(
      "rmsnorm-to-linalg", "Norms into linalg in the compute type",
      buildToLinalgPipeline);
  PassPipelineRegistration<ToCPUOptions>(
      "rmsnorm-to-cpu",
      "Raise, fuse and lower tensors to the LLVM dialect for a CPU",
      buildToCPUPipeline);
}
