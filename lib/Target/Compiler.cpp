//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Target/Compiler.h"

#include "GPUVariant.h"
#include "Manifest.h"

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Pipelines/Pipelines.h"
#include "rmsnorm/Registration.h"
#include "rmsnorm/Target/CPUCode.h"

#include "rmsnorm_runtime/version.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::rmsnorm;
namespace writer = rmsn::writer;

void rmsnorm::registerCompilerDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerDialect(registry);
  registerCPUTranslation(registry);
}

unsigned CompiledArtifact::getNumNorms() const {
  unsigned count = 0;
  for (const writer::KernelInfo &kernel : description.kernels)
    count += kernel.norms;
  return count;
}

static LogicalResult runPipeline(ModuleOp module, const CompileOptions &options,
                                 TimingScope &timing,
                                 function_ref<void(OpPassManager &)> build) {
  PassManager passes(module->getName());
  passes.enableVerifier(options.verifyEach);
  passes.enableTiming(timing);
  build(passes);
  return passes.run(module);
}

static LogicalResult fuse(ModuleOp module, const CompileOptions &options,
                          TimingScope &timing) {
  TimingScope scope = timing.nest("raise and fuse");
  return runPipeline(module, options, scope, [&](OpPassManager &passes) {
    buildFusionPipeline(passes, options.raise, options.remarks,
                        options.assumeF32Accumulation);
  });
}

/// A copy of the fused module in the LLVM dialect.
static OwningOpRef<ModuleOp> lower(ModuleOp fused, const CPUTarget &target,
                                   const CompileOptions &options,
                                   TimingScope &timing) {
  TimingScope scope = timing.nest("lower to the LLVM dialect");
  OwningOpRef<ModuleOp> lowered = fused.clone();
  if (failed(runPipeline(*lowered, options, scope, [&](OpPassManager &passes) {
        ToCPUOptions cpuOptions;
        cpuOptions.vectorBits = target.vectorBits;
        cpuOptions.avx512 = target.arch == "x86-64" && target.vectorBits == 512;
        buildLowerToCPUPipeline(passes, cpuOptions);
      })))
    return nullptr;
  return lowered;
}

static LogicalResult report(ModuleOp module, llvm::Error error) {
  return emitError(module.getLoc()) << llvm::toString(std::move(error));
}

namespace {
/// Machine code of one CPU in the making.
struct Code {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};
} // namespace

static LogicalResult translateAndOptimize(ModuleOp lowered,
                                          const CPUTarget &target, Code &code,
                                          TimingScope &timing) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return report(lowered, machine.takeError());
  code.machine = std::move(*machine);
  {
    TimingScope scope = timing.nest("translate to LLVM IR");
    code.module = translateForCPU(lowered, target, *code.machine, code.context);
  }
  if (!code.module)
    return failure();
  TimingScope scope = timing.nest("optimise");
  optimizeForCPU(*code.module, *code.machine);
  return success();
}

static FailureOr<SmallVector<char, 0>> makeBlob(ModuleOp lowered,
                                                const CPUTarget &target,
                                                const CompileOptions &options,
                                                TimingScope &timing) {
  Code code;
  if (failed(translateAndOptimize(lowered, target, code, timing)))
    return failure();
  TimingScope codegenScope = timing.nest("generate machine code");
  auto object =
      emitMachineCode(*code.module, *code.machine, /*assembly=*/false);
  codegenScope.stop();
  if (!object)
    return report(lowered, object.takeError());
  TimingScope scope = timing.nest("link");
  auto shared = linkSharedObject(*object, target, options.strip);
  if (!shared)
    return report(lowered, shared.takeError());
  return std::move(*shared);
}

/// Functions for an artifact without machine code of a CPU.
static LogicalResult addFunctions(ModuleOp fused, const ModuleFacts &facts,
                                  const CompileOptions &options,
                                  TimingScope &timing,
                                  CompiledArtifact &artifact) {
  OwningOpRef<ModuleOp> copy = fused.clone();
  if (failed(runPipeline(*copy, options, timing, [](OpPassManager &passes) {
        passes.addPass(createRMSNormPrepareEntries());
      })))
    return failure();
  return addSignatures(*copy, facts, artifact);
}

FailureOr<CompiledArtifact>
rmsnorm::compileArtifact(ModuleOp module, const CompileOptions &options,
                         TimingScope &timing) {
  if (failed(fuse(module, options, timing)))
    return failure();
  CompiledArtifact artifact;
  artifact.description.producer = "rmsnorm-compile " RMSN_VERSION_STRING;
  artifact.description.kernels = getKernelInfos(module);
  ModuleFacts facts = getFacts(module);
  // Entries of CPU code say more than functions without: they come first.
  SmallVector<const TargetSpec *> targets;
  for (TargetSpec::Kind kind : {TargetSpec::Kind::CPU, TargetSpec::Kind::NVPTX})
    for (const TargetSpec &target : options.targets)
      if (target.kind == kind)
        targets.push_back(&target);
  for (const TargetSpec *entry : targets) {
    const TargetSpec &target = *entry;
    TimingScope scope = timing.nest(target.getName());
    if (target.kind == TargetSpec::Kind::NVPTX) {
      if (artifact.description.functions.empty() &&
          failed(addFunctions(module, facts, options, scope, artifact)))
        return failure();
      if (failed(addGPUVariant(module, target.gpu, options.assemble, artifact)))
        return failure();
      continue;
    }
    OwningOpRef<ModuleOp> lowered = lower(module, target.cpu, options, scope);
    if (!lowered)
      return failure();
    // All variants have the same functions and constants.
    if (artifact.description.functions.empty() &&
        failed(addSignatures(*lowered, facts, artifact)))
      return failure();
    auto bytes = makeBlob(*lowered, target.cpu, options, scope);
    if (failed(bytes))
      return failure();
    artifact.storage.push_back(std::move(*bytes));
    writer::Blob blob;
    blob.kind = writer::BlobKind::Elf;
    blob.target = target.cpu.name;
    blob.arch = target.cpu.arch;
    blob.features = target.cpu.required;
    blob.priority = target.cpu.priority;
    blob.bytes = {artifact.storage.back().data(),
                  artifact.storage.back().size()};
    artifact.description.blobs.push_back(std::move(blob));
  }
  return artifact;
}

FailureOr<std::string> rmsnorm::compileToForm(ModuleOp module,
                                              const CompileOptions &options,
                                              TimingScope &timing) {
  assert(options.targets.size() == 1 && "one text for one target");
  const TargetSpec &target = options.targets.front();
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (failed(fuse(module, options, timing)))
    return failure();
  if (target.kind == TargetSpec::Kind::NVPTX) {
    TimingScope scope = timing.nest(target.getName());
    return emitGPUText(module, target.gpu, options.emit);
  }
  OwningOpRef<ModuleOp> lowered = lower(module, target.cpu, options, timing);
  if (!lowered)
    return failure();
  if (options.emit == EmitKind::MLIR) {
    // Weights go to the artifact, not into code; as text they are huge.
    (*lowered)->removeAttr("rmsnorm.constants");
    lowered->print(stream);
    return text;
  }
  if (options.emit == EmitKind::SharedObject) {
    auto bytes = makeBlob(*lowered, target.cpu, options, timing);
    if (failed(bytes))
      return failure();
    return std::string(bytes->begin(), bytes->end());
  }
  Code code;
  if (failed(translateAndOptimize(*lowered, target.cpu, code, timing)))
    return failure();
  if (options.emit == EmitKind::LLVM) {
    code.module->print(stream, nullptr);
    return text;
  }
  TimingScope scope = timing.nest("generate machine code");
  auto assembly =
      emitMachineCode(*code.module, *code.machine, /*assembly=*/true);
  if (!assembly)
    return report(*lowered, assembly.takeError());
  return std::string(assembly->begin(), assembly->end());
}
