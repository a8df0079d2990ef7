//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The pipelines of rmsnorm-opt, rmsnorm-compile and the compiler library.

#ifndef RMSNORM_PIPELINES_PIPELINES_H
#define RMSNORM_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::rmsnorm {

/// Options of `rmsnorm-to-linalg`.
struct ToLinalgOptions : public PassPipelineOptions<ToLinalgOptions> {};

/// Options of `rmsnorm-to-cpu`.
struct ToCPUOptions : public PassPipelineOptions<ToCPUOptions> {
  PassOptions::Option<int64_t> vectorBits{
      *this, "vector-bits",
      llvm::cl::desc("Width of the target's vector registers in bits"),
      llvm::cl::init(256)};
  PassOptions::Option<bool> avx512{
      *this, "avx512",
      llvm::cl::desc("The target has AVX-512: powers of two in exponentials by "
                     "its instruction"),
      llvm::cl::init(false)};
  PassOptions::Option<bool> raise{
      *this, "raise",
      llvm::cl::desc("Find norms that are spelled out in linalg"),
      llvm::cl::init(true)};
  PassOptions::Option<bool> assumeF32Accumulation{
      *this, "assume-f32-accumulation",
      llvm::cl::desc("Take a mean of squares that is computed in f16 or bf16 "
                     "for one computed in f32"),
      llvm::cl::init(false)};
};

/// Norms into linalg in the compute type.
void buildToLinalgPipeline(OpPassManager &pm, const ToLinalgOptions &options);

/// Everything target independent that happens on tensors: raise, fuse. With
/// `remarks`, what became of each norm is reported as a diagnostic.
void buildFusionPipeline(OpPassManager &pm, bool raise, bool remarks = false,
                         bool assumeF32Accumulation = false);

/// Fused tensors (see buildFusionPipeline) down to the LLVM dialect.
void buildLowerToCPUPipeline(OpPassManager &pm, const ToCPUOptions &options);

/// Raise, fuse and lower: linalg on tensors to the LLVM dialect.
void buildToCPUPipeline(OpPassManager &pm, const ToCPUOptions &options);

void registerPipelines();

} // namespace mlir::rmsnorm

#endif // RMSNORM_PIPELINES_PIPELINES_H
