//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// A module with tensors to an artifact: what rmsnorm-compile and the compiler
/// library do.

#ifndef RMSNORM_TARGET_COMPILER_H
#define RMSNORM_TARGET_COMPILER_H

#include "rmsnorm/Target/TargetSpec.h"

#include "format/writer.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"

#include <deque>
#include <string>

namespace mlir::rmsnorm {

enum class EmitKind { MLIR, LLVM, Asm, PTX, SharedObject, Artifact };

struct CompileOptions {
  std::vector<TargetSpec> targets;
  EmitKind emit = EmitKind::Artifact;
  /// Find norms that are spelled out in linalg.
  bool raise = true;
  /// Take a mean of squares that is computed in f16 or bf16 for one in f32.
  bool assumeF32Accumulation = false;
  /// Drop the names of functions that perf and gdb would show.
  bool strip = false;
  /// Make cubins where ptxas is found.
  bool assemble = true;
  /// Report what became of each norm.
  bool remarks = false;
  /// Verify the IR after every pass.
  bool verifyEach = false;
};

/// An artifact, ready to be written. The module must outlive it: the bytes of
/// weights are not copied.
struct CompiledArtifact {
  rmsn::writer::Artifact description;
  /// Bytes that the description refers to, other than those of attributes.
  std::deque<SmallVector<char, 0>> storage;
  /// Indices of the constants that have been added.
  llvm::DenseMap<Attribute, uint32_t> constants;
  /// Indices of the GPU kernels of the fused module's row kernels.
  llvm::DenseMap<Operation *, unsigned> gpuKernelOf;

  unsigned getNumNorms() const;
  unsigned getNumKernels() const { return description.kernels.size(); }
};

/// All that a module given to the compiler may contain.
void registerCompilerDialects(DialectRegistry &registry);

/// Compiles for all targets. `module` becomes the fused form. Errors are
/// reported as diagnostics.
FailureOr<CompiledArtifact> compileArtifact(ModuleOp module,
                                            const CompileOptions &options,
                                            TimingScope &timing);

/// Compiles for the only target up to the form that `options.emit` names: text,
/// or the bytes of a shared object.
FailureOr<std::string> compileToForm(ModuleOp module,
                                     const CompileOptions &options,
                                     TimingScope &timing);

} // namespace mlir::rmsnorm

#endif // RMSNORM_TARGET_COMPILER_H
