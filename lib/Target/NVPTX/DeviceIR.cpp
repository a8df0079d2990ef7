//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// NVVM dialect to optimised LLVM IR to PTX, with the NVPTX backend in libLLVM.

#include "rmsnorm/Target/NVPTX.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

using namespace mlir;
using namespace mlir::rmsnorm;

FailureOr<std::string>
rmsnorm::getPTXFeatures(StringRef chip,
                        function_ref<InFlightDiagnostic()> emitError) {
  unsigned version = 0;
  StringRef digits = chip;
  bool valid = digits.consume_front("sm_");
  // sm_90a and sm_100f have features that only some chips of the family have.
  if (valid && (digits.ends_with("a") || digits.ends_with("f")))
    digits = digits.drop_back();
  if (!valid || digits.getAsInteger(10, version) || version < 80) {
    emitError() << "chip must be sm_80 or a later one such as sm_90, got '"
                << chip << "'";
    return failure();
  }
  if (version >= 103)
    return std::string("+ptx88");
  if (version >= 100)
    return std::string("+ptx86");
  return std::string("+ptx80");
}

std::unique_ptr<llvm::TargetMachine>
rmsnorm::createNVPTXTargetMachine(StringRef chip, StringRef features,
                                  std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  std::unique_ptr<llvm::MCSubtargetInfo> known(
      target->createMCSubtargetInfo(triple, "", ""));
  if (!known->isCPUStringValid(chip)) {
    error = ("LLVM " LLVM_VERSION_STRING " has no chip '" + chip + "'").str();
    return nullptr;
  }
  llvm::TargetOptions options;
  // Roundings are part of the meaning: no fused multiply-add of our accord.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, chip, features, options, std::nullopt, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

std::unique_ptr<llvm::Module>
rmsnorm::translateToDeviceIR(gpu::GPUModuleOp module,
                             llvm::LLVMContext &context,
                             llvm::TargetMachine &machine) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  module->getContext()->appendDialectRegistry(registry);
  std::unique_ptr<llvm::Module> result =
      translateModuleToLLVMIR(module, context, module.getName());
  if (!result) {
    module.emitError("could not be translated to LLVM IR");
    return nullptr;
  }
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  optimize(*result, machine);
  return result;
}

namespace {
/// Collects what the backend reports, which would otherwise end the process.
struct ErrorCollector : public llvm::DiagnosticHandler {
  explicit ErrorCollector(std::string &error) : error(error) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() != llvm::DS_Error)
      return true;
    llvm::raw_string_ostream stream(error);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    return true;
  }
  std::string &error;
};
} // namespace

std::optional<std::string> rmsnorm::emitPTX(llvm::Module &module,
                                            llvm::TargetMachine &machine,
                                            std::string &error) {
  error.clear();
  module.getContext().setDiagnosticHandler(
      std::make_unique<ErrorCollector>(error));
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  llvm::CodeGenFileType::AssemblyFile)) {
    error = "the NVPTX backend cannot emit assembly";
    return std::nullopt;
  }
  passes.run(module);
  if (!error.empty())
    return std::nullopt;
  if (size_t at = text.find(".extern .func"); at != StringRef::npos) {
    StringRef line = text.str().drop_front(at).split(';').first;
    error =
        ("the PTX needs a function that it does not contain: " + line).str();
    return std::nullopt;
  }
  return text.str().str();
}
