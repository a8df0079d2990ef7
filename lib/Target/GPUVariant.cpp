//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "GPUVariant.h"

#include "ExtentClasses.h"

#include "rmsnorm/Conversion/RowKernelToGPU/RowKernelToGPU.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"
#include "rmsnorm/Pipelines/NVPTX.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::rmsnorm;
namespace writer = rmsn::writer;

static writer::GpuKernel describe(const GpuKernelInfo &info) {
  writer::GpuKernel kernel;
  kernel.name = kernel.symbol = info.symbol;
  for (auto [index, type] : llvm::enumerate(info.operandTypes))
    // Kernels take any strides.
    kernel.operands.push_back(getManifestValue(
        type, "operand" + std::to_string(index), int64_t(writer::Layout::Any)));
  kernel.numInputs = info.numInputs;
  kernel.extentOperand.assign(info.extentOperand.begin(),
                              info.extentOperand.end());
  kernel.extentDim.assign(info.extentDim.begin(), info.extentDim.end());
  kernel.numRowDims = info.numRowDims;
  kernel.rowsPerBlock = info.rowsPerBlock;
  kernel.blockX = info.blockX;
  kernel.clusterX = info.clusterX;
  kernel.sharedBytes = info.sharedBytes;
  kernel.description = info.description;
  return kernel;
}

static bool haveSameLaunch(const writer::GpuKernel &a,
                           const writer::GpuKernel &b) {
  return a.symbol == b.symbol && a.numInputs == b.numInputs &&
         a.operands.size() == b.operands.size() &&
         a.extentOperand == b.extentOperand && a.extentDim == b.extentDim &&
         a.numRowDims == b.numRowDims && a.rowsPerBlock == b.rowsPerBlock &&
         a.blockX == b.blockX && a.clusterX == b.clusterX &&
         a.sharedBytes == b.sharedBytes;
}

namespace {
/// Writes down a function as a sequence of launches.
class LaunchList {
public:
  LaunchList(func::FuncOp function, const NVPTXObject &object,
             CompiledArtifact &artifact)
      : function(function), extents(function), object(object),
        artifact(artifact) {}

  writer::GpuFunction build();

private:
  bool add(Operation *op);
  bool addView(Operation *op);
  bool addLaunch(RowKernelOp kernel);
  std::optional<writer::Ref> addTemporary(Value value);

  func::FuncOp function;
  ExtentClasses extents;
  const NVPTXObject &object;
  CompiledArtifact &artifact;
  writer::GpuFunction result;
  llvm::DenseMap<Value, writer::Ref> places;
};
} // namespace

std::optional<writer::Ref> LaunchList::addTemporary(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  writer::GpuTemporary temporary;
  temporary.dtype = getDType(type.getElementType());
  if (temporary.dtype == RMSN_DTYPE_INVALID)
    return std::nullopt;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    bool isDynamic = type.isDynamicDim(dim);
    std::optional<std::pair<unsigned, unsigned>> source;
    if (isDynamic && !(source = extents.findInArguments(value, dim)))
      return std::nullopt;
    temporary.shape.push_back(isDynamic ? -1 : type.getDimSize(dim));
    temporary.argOf.push_back(source ? source->first : 0);
    temporary.dimOf.push_back(source ? source->second : 0);
  }
  result.temporaries.push_back(std::move(temporary));
  return writer::Ref{writer::RefKind::Temporary,
                     uint32_t(result.temporaries.size() - 1)};
}

/// Whether all indices that rows are looked up by are kept inside the tensor:
/// a thread cannot fail, and knows no extent that is not static.
static bool hasSafeLookups(RowKernelOp kernel) {
  for (auto [input, value] : llvm::enumerate(kernel.getInputs())) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim)
      if (kernel.getGatherIndex(input, dim) && type.isDynamicDim(dim))
        return false;
  }
  return true;
}

bool LaunchList::addLaunch(RowKernelOp kernel) {
  if (!hasSafeLookups(kernel))
    return false;
  writer::GpuLaunch launch;
  launch.kernel = object.kernelOf.lookup(kernel);
  for (Value input : kernel.getInputs()) {
    auto place = places.find(input);
    if (place == places.end())
      return false;
    launch.operands.push_back(place->second);
  }
  for (Value output : kernel.getResults()) {
    auto place = places.find(output);
    if (place == places.end()) {
      std::optional<writer::Ref> temporary = addTemporary(output);
      if (!temporary)
        return false;
      place = places.try_emplace(output, *temporary).first;
    }
    launch.operands.push_back(place->second);
  }
  result.launches.push_back(std::move(launch));
  return true;
}

/// Whether a reshape leaves out or adds extents of 1 alone.
static bool isUnitReshape(Operation *op) {
  auto groupsOf = [](auto reshape) {
    return reshape.getReassociationIndices();
  };
  auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(op);
  if (!expand && !collapse)
    return false;
  auto type = expand ? expand.getResultType() : collapse.getSrcType();
  for (const ReassociationIndices &group :
       expand ? groupsOf(expand) : groupsOf(collapse))
    if (llvm::count_if(
            group, [&](int64_t dim) { return type.getDimSize(dim) != 1; }) > 1)
      return false;
  return true;
}

/// What a value is a view of that differs in extents of 1 alone.
static Value skipUnitReshapes(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isUnitReshape(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// The memory of what is reshaped: launches leave out extents of 1 and add
/// them (unit_dims.h).
bool LaunchList::addView(Operation *op) {
  auto place = places.find(skipUnitReshapes(op->getResult(0)));
  if (place == places.end())
    return false;
  // A copy: the map may move its entries.
  writer::Ref ref = place->second;
  places[op->getResult(0)] = ref;
  return true;
}

/// False if there is no GPU code for the operation.
bool LaunchList::add(Operation *op) {
  if (auto kernel = dyn_cast<RowKernelOp>(op))
    return addLaunch(kernel);
  if (isUnitReshape(op))
    return addView(op);
  // Destinations are only written, and extents come from the operands.
  if (isa<tensor::EmptyOp, tensor::DimOp>(op))
    return true;
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (!constant)
    return false;
  if (!isa<RankedTensorType>(constant.getType()))
    return true;
  std::optional<uint32_t> index =
      addConstant(cast<ElementsAttr>(constant.getValue()), artifact);
  if (!index)
    return false;
  places[constant.getResult()] = {writer::RefKind::Constant, *index};
  return true;
}

writer::GpuFunction LaunchList::build() {
  for (BlockArgument argument : function.getArguments())
    places[argument] = {writer::RefKind::Argument, argument.getArgNumber()};
  auto refuse = [&](Operation *op) {
    writer::GpuFunction refused;
    refused.unsupported = op->getName().getStringRef().str();
    return refused;
  };
  Operation *ret = function.getBody().front().getTerminator();
  for (OpOperand &operand : ret->getOpOperands()) {
    Value value = skipUnitReshapes(operand.get());
    if (value.getDefiningOp<RowKernelOp>() &&
        !places
             .try_emplace(value, writer::Ref{writer::RefKind::Result,
                                             operand.getOperandNumber()})
             .second)
      return refuse(ret);
  }
  for (Operation &op : function.getBody().front().without_terminator())
    if (!add(&op))
      return refuse(&op);
  // What is returned must have been written by a kernel.
  for (Value returned : ret->getOperands())
    if (Value value = skipUnitReshapes(returned);
        !value.getDefiningOp<RowKernelOp>())
      return refuse(value.getDefiningOp() ? value.getDefiningOp() : ret);
  return std::move(result);
}

static LogicalResult prepareLaunches(ModuleOp fused) {
  PassManager passes(fused.getContext(), ModuleOp::getOperationName());
  passes.nest<func::FuncOp>().addPass(createPrepareLaunches());
  return passes.run(fused);
}

LogicalResult rmsnorm::addGPUVariant(ModuleOp fused, const GPUTarget &target,
                                     bool assemble,
                                     CompiledArtifact &artifact) {
  if (failed(prepareLaunches(fused)))
    return failure();
  NVPTXOptions options;
  options.chip = target.chip;
  options.assemble = assemble;
  FailureOr<NVPTXObject> object = lowerRowKernelsToNVPTX(fused, options);
  if (failed(object))
    return failure();
  writer::Artifact &description = artifact.description;

  bool isFirst = description.gpuKernels.empty();
  if (isFirst)
    artifact.gpuKernelOf = object->kernelOf;
  for (auto [index, info] : llvm::enumerate(object->kernels)) {
    writer::GpuKernel kernel = describe(info);
    if (isFirst)
      description.gpuKernels.push_back(std::move(kernel));
    else if (index >= description.gpuKernels.size() ||
             !haveSameLaunch(kernel, description.gpuKernels[index]))
      return emitError(fused.getLoc())
             << "target '" << target.name << "': kernel '" << kernel.symbol
             << "' is launched in another way than for the chips before it, "
                "which one artifact cannot hold";
  }
  auto addBlob = [&](writer::BlobKind kind, std::string arch, unsigned priority,
                     ArrayRef<char> bytes) {
    if (bytes.empty())
      return;
    artifact.storage.emplace_back(bytes.begin(), bytes.end());
    writer::Blob blob;
    blob.kind = kind;
    blob.target = target.name;
    blob.arch = std::move(arch);
    blob.priority = priority;
    blob.bytes = {artifact.storage.back().data(), bytes.size()};
    for (writer::GpuKernel &kernel : description.gpuKernels)
      kernel.blobs.push_back(description.blobs.size());
    description.blobs.push_back(std::move(blob));
  };
  StringRef version = StringRef(target.chip).drop_front(3);
  unsigned number = 0;
  (void)version.take_while(llvm::isDigit).getAsInteger(10, number);
  addBlob(writer::BlobKind::Ptx, ("compute_" + version).str(), 2 * number,
          ArrayRef<char>(object->ptx.data(), object->ptx.size()));
  addBlob(writer::BlobKind::Cubin, target.chip, 2 * number + 1, object->cubin);

  for (writer::Function &function : description.functions) {
    if (function.hasGpu)
      continue;
    auto op = fused.lookupSymbol<func::FuncOp>(function.name);
    function.hasGpu = true;
    function.gpu = LaunchList(op, *object, artifact).build();
  }
  return success();
}

FailureOr<std::string>
rmsnorm::emitGPUText(ModuleOp fused, const GPUTarget &target, EmitKind kind) {
  if (failed(prepareLaunches(fused)))
    return failure();
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (kind == EmitKind::PTX) {
    NVPTXOptions options;
    options.chip = target.chip;
    options.assemble = false;
    FailureOr<NVPTXObject> object = lowerRowKernelsToNVPTX(fused, options);
    if (failed(object))
      return failure();
    return object->ptx;
  }
  std::vector<GpuKernelInfo> kernels;
  OwningOpRef<ModuleOp> lowered =
      lowerRowKernelsToNVVM(fused, kernels, nullptr);
  if (!lowered)
    return failure();
  if (kind == EmitKind::MLIR) {
    lowered->print(stream);
    return text;
  }
  auto modules = lowered->getOps<gpu::GPUModuleOp>();
  if (modules.empty())
    return text;
  auto features =
      getPTXFeatures(target.chip, [&] { return emitError(fused.getLoc()); });
  if (failed(features))
    return failure();
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine =
      createNVPTXTargetMachine(target.chip, *features, error);
  if (!machine)
    return emitError(fused.getLoc()) << "no NVPTX target: " << error;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module =
      translateToDeviceIR(*modules.begin(), context, *machine);
  if (!module)
    return failure();
  module->print(stream, nullptr);
  return text;
}
