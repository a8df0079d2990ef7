//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Pipelines/NVPTX.h"

#include "rmsnorm/Conversion/Passes.h"
#include "rmsnorm/Conversion/RowKernelToGPU/RowKernelToGPU.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"
#include "rmsnorm/Pipelines/Pipelines.h"

#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::rmsnorm;

void rmsnorm::buildGPUModuleToNVVM(OpPassManager &modulePm) {
  modulePm.addPass(createRMSNormExpandMath());
  RMSNormExpandNarrowFloatsOptions narrow;
  narrow.target = "gpu";
  modulePm.addPass(createRMSNormExpandNarrowFloats(narrow));
  modulePm.addPass(createCanonicalizerPass());
  modulePm.addPass(createCSEPass());
  modulePm.addPass(createSCFToControlFlowPass());
  modulePm.addPass(createGPUToNVVM());
  modulePm.addPass(createCanonicalizerPass());
  modulePm.addPass(createCSEPass());
  modulePm.addPass(createReconcileUnrealizedCastsPass());
}

void rmsnorm::buildRowKernelsToNVVM(OpPassManager &pm) {
  pm.addPass(createRowKernelToGPU());
  buildGPUModuleToNVVM(pm.nest<gpu::GPUModuleOp>());
}

static void buildPipeline(OpPassManager &pm,
                          const NVPTXPipelineOptions &options) {
  buildFusionPipeline(pm, /*raise=*/true, /*remarks=*/false,
                      options.assumeF32Accumulation);
  pm.nest<func::FuncOp>().addPass(createPrepareLaunches());
  buildRowKernelsToNVVM(pm);
  GpuNVVMAttachTargetOptions target;
  target.triple = "nvptx64-nvidia-cuda";
  target.chip = options.chip;
  // An unknown chip is reported by the target attribute's own verifier.
  auto quiet = [] { return InFlightDiagnostic(); };
  FailureOr<std::string> features = getPTXFeatures(options.chip, quiet);
  target.features = succeeded(features) ? *features : "+ptx80";
  target.optLevel = 3;
  pm.addPass(createGpuNVVMAttachTarget(target));
  if (options.format != "none") {
    GpuModuleToBinaryPassOptions binary;
    binary.compilationTarget = options.format;
    pm.addPass(createGpuModuleToBinaryPass(binary));
  }
}

void rmsnorm::registerNVPTXPipelines() {
  PassPipelineRegistration<NVPTXPipelineOptions>(
      "rmsnorm-to-nvptx",
      "Find and fuse norms, and lower their row kernels to NVVM for a chip",
      buildPipeline);
}

//===----------------------------------------------------------------------===//
// API
//===----------------------------------------------------------------------===//

FailureOr<GpuKernelInfo> rmsnorm::getGpuKernelInfo(Operation *kernel) {
  auto launch = kernel->getAttrOfType<DictionaryAttr>(launchAttrName);
  auto fail = [&](StringRef what) {
    return kernel->emitError()
           << "attribute '" << launchAttrName << "' " << what;
  };
  if (!launch)
    return fail("is missing");
  GpuKernelInfo info;
  info.symbol = SymbolTable::getSymbolName(kernel).str();
  auto types = launch.getAs<ArrayAttr>("operand_types");
  auto extentOperand = launch.getAs<DenseI64ArrayAttr>("extent_operand");
  auto extentDim = launch.getAs<DenseI64ArrayAttr>("extent_dim");
  if (!types || !extentOperand || !extentDim ||
      extentOperand.size() != extentDim.size())
    return fail("lacks operand_types, extent_operand or extent_dim");
  for (Attribute type : types) {
    if (!isa<TypeAttr>(type))
      return fail("has an operand type that is none");
    info.operandTypes.push_back(cast<TypeAttr>(type).getValue());
  }
  auto maps = launch.getAs<ArrayAttr>("indexing_maps");
  if (!maps || maps.size() != types.size())
    return fail("lacks one indexing map per operand");
  for (Attribute map : maps) {
    if (!isa<AffineMapAttr>(map))
      return fail("has an indexing map that is none");
    info.indexingMaps.push_back(cast<AffineMapAttr>(map).getValue());
  }
  llvm::append_range(info.extentOperand, extentOperand.asArrayRef());
  llvm::append_range(info.extentDim, extentDim.asArrayRef());
  for (auto [name, field] :
       {std::pair<StringRef, unsigned *>{"num_inputs", &info.numInputs},
        {"num_row_dims", &info.numRowDims},
        {"rows_per_block", &info.rowsPerBlock},
        {"block_x", &info.blockX},
        {"cluster_x", &info.clusterX},
        {"shared_bytes", &info.sharedBytes}}) {
    auto number = launch.getAs<IntegerAttr>(name);
    if (!number)
      return fail(("lacks " + name).str());
    *field = number.getInt();
  }
  if (auto description = launch.getAs<StringAttr>("description"))
    info.description = description.str();
  return info;
}

OwningOpRef<ModuleOp> rmsnorm::lowerRowKernelsToNVVM(
    ModuleOp input, std::vector<GpuKernelInfo> &kernels,
    llvm::DenseMap<Operation *, unsigned> *kernelOf) {
  MLIRContext *context = input.getContext();
  OwningOpRef<ModuleOp> clone = input.clone();
  {
    PassManager pm(context, ModuleOp::getOperationName());
    pm.addPass(createRowKernelToGPU());
    if (failed(pm.run(*clone)))
      return {};
  }
  OwningOpRef<ModuleOp> result = ModuleOp::create(input.getLoc());
  auto kernelModule =
      SymbolTable(*clone).lookup<gpu::GPUModuleOp>(kernelModuleName);
  if (!kernelModule)
    return result;

  llvm::StringMap<unsigned> indices;
  for (auto func : kernelModule.getOps<gpu::GPUFuncOp>()) {
    FailureOr<GpuKernelInfo> info = getGpuKernelInfo(func);
    if (failed(info))
      return {};
    indices[info->symbol] = kernels.size();
    kernels.push_back(std::move(*info));
  }
  if (kernelOf) {
    SmallVector<unsigned> order;
    clone->walk([&](RowKernelOp op) {
      auto symbol = op->getAttrOfType<SymbolRefAttr>(gpuKernelAttrName);
      order.push_back(indices.lookup(symbol.getLeafReference()));
    });
    unsigned next = 0;
    input.walk([&](RowKernelOp op) { (*kernelOf)[op] = order[next++]; });
  }
  (*result)->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                     UnitAttr::get(context));
  kernelModule->moveBefore(result->getBody(), result->getBody()->end());
  PassManager pm(context, ModuleOp::getOperationName());
  buildGPUModuleToNVVM(pm.nest<gpu::GPUModuleOp>());
  if (failed(pm.run(*result)))
    return {};
  return result;
}

FailureOr<NVPTXObject>
rmsnorm::lowerRowKernelsToNVPTX(ModuleOp input, const NVPTXOptions &options) {
  NVPTXObject object;
  object.chip = options.chip;
  FailureOr<std::string> features =
      getPTXFeatures(options.chip, [&] { return input.emitError(); });
  if (failed(features))
    return failure();
  OwningOpRef<ModuleOp> lowered =
      lowerRowKernelsToNVVM(input, object.kernels, &object.kernelOf);
  if (!lowered)
    return failure();
  if (object.kernels.empty())
    return std::move(object);

  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine =
      createNVPTXTargetMachine(options.chip, *features, error);
  if (!machine)
    return input.emitError() << "no NVPTX target: " << error;
  llvm::LLVMContext context;
  auto kernelModule = *lowered->getOps<gpu::GPUModuleOp>().begin();
  std::unique_ptr<llvm::Module> module =
      translateToDeviceIR(kernelModule, context, *machine);
  if (!module)
    return failure();
  std::optional<std::string> ptx = emitPTX(*module, *machine, error);
  if (!ptx)
    return input.emitError() << "no PTX: " << error;
  object.ptx = std::move(*ptx);
  std::string ptxas = options.assemble ? findPtxas(options.ptxas) : "";
  if (ptxas.empty())
    return std::move(object);
  std::optional<Cubin> cubin =
      assembleCubin(object.ptx, options.chip, ptxas, error);
  if (!cubin)
    return input.emitError() << error;
  object.cubin = std::move(cubin->bytes);
  for (GpuKernelInfo &kernel : object.kernels)
    if (cubin->kernels.contains(kernel.symbol))
      kernel.ptxas = cubin->kernels.lookup(kernel.symbol);
  return object;
}
