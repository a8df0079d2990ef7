//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// LLVM dialect to LLVM IR, and its optimisation.

#include "rmsnorm/Target/CPUCode.h"

#include "rmsnorm/Conversion/ExpandMath/SupportLibrary.h"
#include "rmsnorm_runtime/blob_abi.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::rmsnorm;

void rmsnorm::registerCPUTranslation(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

/// Whether the runtime looks the symbol up.
static bool isExported(StringRef name) {
  return name.starts_with("rmsn_entry_") || name.starts_with("rmsn_shape_") ||
         name == "rmsn_blob_abi_version";
}

std::unique_ptr<llvm::Module>
rmsnorm::translateForCPU(ModuleOp module, const CPUTarget &target,
                         llvm::TargetMachine &machine,
                         llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> result = translateModuleToLLVMIR(
      module, context, "rmsnorm", /*disableVerification=*/true);
  if (!result) {
    module.emitError("could not be translated to LLVM IR");
    return nullptr;
  }
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  result->setPICLevel(llvm::PICLevel::BigPIC);
  // The same text gives the same bytes wherever it came from.
  result->setSourceFileName("");

  auto *i32 = llvm::Type::getInt32Ty(context);
  new llvm::GlobalVariable(*result, i32, /*isConstant=*/true,
                           llvm::GlobalValue::ExternalLinkage,
                           llvm::ConstantInt::get(i32, RMSN_BLOB_ABI_VERSION),
                           "rmsn_blob_abi_version");
  for (llvm::GlobalValue &value : result->global_values()) {
    if (value.isDeclaration())
      continue;
    if (isExported(value.getName()))
      value.setVisibility(llvm::GlobalValue::ProtectedVisibility);
    else
      value.setLinkage(llvm::GlobalValue::InternalLinkage);
    value.setDSOLocal(true);
  }
  std::string width = std::to_string(target.vectorBits);
  for (llvm::Function &function : *result) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    // LLVM would rather not use the widest registers on these CPUs.
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("no-trapping-math", "true");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
}

/// LLVM's O2 takes four times as long and makes kernels no better: they come as
/// vector code, unrolled as far as they should be (more unrolling makes one
/// chain of additions follow another). What is needed is to inline kernels into
/// the functions that the runtime calls, to clean up addresses and loops, and
/// vectors for the plain loops around the kernels.
static const char *const kPasses =
    "cgscc(inline),globaldce,function("
    "sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<max-iterations=1;no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm,simple-loop-unswitch),simplifycfg,"
    "instcombine<max-iterations=1;no-verify-fixpoint>,"
    "loop(indvars,loop-deletion),early-cse<memssa>,loop-vectorize,"
    "instcombine<max-iterations=1;no-verify-fixpoint>,loop-mssa(licm),"
    "div-rem-pairs,simplifycfg,dce)";

void rmsnorm::optimizeForCPU(llvm::Module &module,
                             llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  // There is no C library: loops must not become calls of its functions.
  functions.registerPass([&] {
    llvm::TargetLibraryInfoImpl library(machine.getTargetTriple());
    library.disableAllFunctions();
    return llvm::TargetLibraryAnalysis(library);
  });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  llvm::ModulePassManager passes;
  llvm::cantFail(builder.parsePassPipeline(passes, kPasses));
  passes.run(module, modules);
  // What code generation itself may call.
  addSupportFunctions(module);
}
