//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "FunctionRun.h"

#include "rmsnorm/Target/Compiler.h"

#include "format/unit_dims.h"

#include "llvm/Target/TargetMachine.h"

#include <map>

using namespace llvm;
using namespace rmsnorm_emulate;
using namespace mlir::rmsnorm;
namespace writer = rmsn::writer;

bool rmsnorm_emulate::emulateKernel(mlir::gpu::GPUModuleOp device,
                                    const std::string &chip,
                                    const GpuKernelInfo &info,
                                    const std::vector<LaunchInput> &inputs,
                                    const std::vector<int> &alias,
                                    const LayoutOptions &layout,
                                    LaunchReport &report, std::string &error) {
  auto features = getPTXFeatures(chip, [&] { return device.emitError(); });
  if (failed(features))
    return false;
  auto machine = createNVPTXTargetMachine(chip, *features, error);
  if (!machine)
    return false;
  auto context = std::make_unique<LLVMContext>();
  auto deviceIR = translateToDeviceIR(device, *context, *machine);
  return deviceIR && emulate(std::move(context), std::move(deviceIR), info,
                             inputs, alias, layout, report, error);
}

namespace {
/// The values of one call of a function.
class Call {
public:
  Call(const writer::Artifact &artifact, const writer::Function &function,
       const std::vector<GpuKernelInfo> &kernels, mlir::gpu::GPUModuleOp device,
       const std::string &chip, const LayoutOptions &layout)
      : artifact(artifact), function(function), kernels(kernels),
        device(device), chip(chip), layout(layout) {}

  bool run(const std::vector<LaunchInput> &inputs, LaunchReport &report);

  std::string error;

private:
  using Place = std::pair<writer::RefKind, uint32_t>;

  bool bind(const std::vector<LaunchInput> &inputs);
  bool bindShape(const writer::Value &value, ArrayRef<int64_t> shape,
                 const Twine &what);
  bool launch(const writer::GpuLaunch &launch, LaunchReport &report);
  bool checkTemporaries();
  const std::vector<int64_t> &declaredShape(const writer::Ref &ref) const;
  bool fail(const Twine &what) {
    error = ("function '" + function.name + "': " + what).str();
    return false;
  }

  const writer::Artifact &artifact;
  const writer::Function &function;
  const std::vector<GpuKernelInfo> &kernels;
  mlir::gpu::GPUModuleOp device;
  const std::string &chip;
  const LayoutOptions &layout;
  std::map<Place, LaunchInput> values;
  std::map<int32_t, int64_t> symbols; // extents that must be equal
};
} // namespace

/// The extents are those that the artifact promises.
bool Call::bindShape(const writer::Value &value, ArrayRef<int64_t> shape,
                     const Twine &what) {
  if (shape.size() != value.shape.size())
    return fail(what + " has rank " + Twine(shape.size()) + ", expected " +
                Twine(value.shape.size()));
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    int64_t expected = value.shape[dim];
    int32_t symbol = value.symbols.empty() ? -1 : value.symbols[dim];
    if (expected < 0 && symbol >= 0)
      expected = symbols.try_emplace(symbol, shape[dim]).first->second;
    if (expected >= 0 && shape[dim] != expected)
      return fail(what + " has extent " + Twine(shape[dim]) + " in dim " +
                  Twine(dim) + ", expected " + Twine(expected));
  }
  return true;
}

bool Call::bind(const std::vector<LaunchInput> &inputs) {
  if (inputs.size() != function.args.size())
    return fail("expected " + Twine(function.args.size()) + " arguments, got " +
                Twine(inputs.size()));
  for (auto [index, input] : enumerate(inputs)) {
    const writer::Value &value = function.args[index];
    if (value.isScalar != input.scalar.has_value())
      return fail("argument " + Twine(index) + " must be " +
                  (value.isScalar ? "a number" : "an array"));
    if (input.array &&
        !bindShape(value, input.array->shape, "argument " + Twine(index)))
      return false;
    values[{writer::RefKind::Argument, uint32_t(index)}] = input;
  }
  for (auto [index, constant] : enumerate(artifact.constants)) {
    Array array;
    array.shape = constant.shape;
    const auto *bytes = static_cast<const uint8_t *>(constant.bytes.data);
    array.bytes.assign(bytes, bytes + constant.bytes.size);
    values[{writer::RefKind::Constant, uint32_t(index)}] = {array, {}};
  }
  return true;
}

const std::vector<int64_t> &Call::declaredShape(const writer::Ref &ref) const {
  switch (ref.kind) {
  case writer::RefKind::Argument:
    return function.args[ref.index].shape;
  case writer::RefKind::Result:
    return function.results[ref.index].shape;
  case writer::RefKind::Constant:
    return artifact.constants[ref.index].shape;
  case writer::RefKind::Temporary:
    return function.gpu.temporaries[ref.index].shape;
  }
  llvm_unreachable("unknown kind");
}

/// Leaves out and adds extents of 1, as launches do.
static bool reshape(const std::vector<int64_t> &from,
                    const std::vector<int64_t> &to,
                    std::vector<int64_t> &shape) {
  std::vector<int32_t> dims;
  if (!rmsn::matchUnitDims(from, to, dims))
    return false;
  std::vector<int64_t> result;
  for (int32_t dim : dims)
    result.push_back(dim < 0 ? 1 : shape[dim]);
  shape = result;
  return true;
}

bool Call::launch(const writer::GpuLaunch &launch, LaunchReport &report) {
  const GpuKernelInfo &info = kernels[launch.kernel];
  const writer::GpuKernel &kernel = artifact.gpuKernels[launch.kernel];
  std::vector<LaunchInput> inputs;
  for (size_t i = 0; i < info.numInputs; ++i) {
    const writer::Ref &ref = launch.operands[i];
    auto value = values.find({ref.kind, ref.index});
    if (value == values.end())
      return fail("kernel " + info.symbol + " reads operand " + Twine(i) +
                  " before a kernel has written it");
    inputs.push_back(value->second);
    if (inputs.back().array &&
        !reshape(declaredShape(ref), kernel.operands[i].shape,
                 inputs.back().array->shape))
      return fail("operand " + Twine(i) + " does not fit kernel " +
                  info.symbol);
  }
  size_t numOutputs = launch.operands.size() - info.numInputs;
  LaunchReport one;
  if (!emulateKernel(device, chip, info, inputs,
                     std::vector<int>(numOutputs, -1), layout, one, error))
    return false;
  for (const std::string &line : one.traffic)
    report.traffic.push_back(info.symbol + ": " + line);
  for (const std::string &line : one.errors)
    report.errors.push_back(info.symbol + ": " + line);
  for (size_t i = 0; i < one.outputs.size(); ++i) {
    const writer::Ref &ref = launch.operands[info.numInputs + i];
    if (!reshape(kernel.operands[info.numInputs + i].shape, declaredShape(ref),
                 one.outputs[i].shape))
      return fail("output " + Twine(i) + " of kernel " + info.symbol +
                  " does not fit");
    values[{ref.kind, ref.index}] = {std::move(one.outputs[i]), {}};
  }
  return true;
}

/// Temporaries are as large as the kernels that write them take them to be.
bool Call::checkTemporaries() {
  for (auto [index, temporary] : enumerate(function.gpu.temporaries)) {
    auto value = values.find({writer::RefKind::Temporary, uint32_t(index)});
    if (value == values.end())
      continue;
    std::vector<int64_t> shape = temporary.shape;
    for (size_t dim = 0; dim < shape.size(); ++dim)
      if (shape[dim] < 0)
        shape[dim] =
            values.at({writer::RefKind::Argument, temporary.argOf[dim]})
                .array->shape[temporary.dimOf[dim]];
    if (shape != value->second.array->shape)
      return fail("temporary " + Twine(index) +
                  " is not as large as what is written to it");
  }
  return true;
}

bool Call::run(const std::vector<LaunchInput> &inputs, LaunchReport &report) {
  if (!bind(inputs))
    return false;
  for (const writer::GpuLaunch &each : function.gpu.launches) {
    if (!launch(each, report))
      return false;
    if (!report.errors.empty())
      return true;
  }
  if (!checkTemporaries())
    return false;
  for (auto [index, result] : enumerate(function.results)) {
    auto value = values.find({writer::RefKind::Result, uint32_t(index)});
    if (value == values.end())
      return fail("no kernel writes result " + Twine(index));
    Array &array = *value->second.array;
    if (!bindShape(result, array.shape, "result " + Twine(index)))
      return false;
    report.outputs.push_back(std::move(array));
  }
  return true;
}

FunctionStatus rmsnorm_emulate::emulateFunction(
    mlir::ModuleOp module, const std::string &name, const std::string &chip,
    const std::vector<LaunchInput> &inputs, const LayoutOptions &layout,
    LaunchReport &report, std::string &error) {
  auto targets = parseTargets({"nvptx:" + chip});
  if (!targets) {
    error = toString(targets.takeError());
    return FunctionStatus::Failed;
  }
  CompileOptions options;
  options.targets = std::move(*targets);
  options.assemble = false;
  mlir::DefaultTimingManager manager; // switched off
  mlir::TimingScope timing = manager.getRootScope();
  mlir::FailureOr<CompiledArtifact> compiled =
      compileArtifact(module, options, timing);
  if (failed(compiled))
    return FunctionStatus::Failed;
  const writer::Artifact &artifact = compiled->description;
  auto function = find_if(artifact.functions,
                          [&](const auto &each) { return each.name == name; });
  if (function == artifact.functions.end()) {
    error = "the compiled module has no public function '" + name + "'";
    return FunctionStatus::Failed;
  }
  if (!function->gpu.unsupported.empty()) {
    error = "function '" + name + "' cannot run on the GPU: there is no GPU " +
            "code for '" + function->gpu.unsupported + "'";
    return FunctionStatus::Unsupported;
  }
  // Again, since the artifact has it as PTX only.
  std::vector<GpuKernelInfo> kernels;
  mlir::OwningOpRef<mlir::ModuleOp> lowered =
      lowerRowKernelsToNVVM(module, kernels, nullptr);
  if (!lowered)
    return FunctionStatus::Failed;
  auto devices = lowered->getOps<mlir::gpu::GPUModuleOp>();
  mlir::gpu::GPUModuleOp device;
  if (!devices.empty())
    device = *devices.begin();
  Call call(artifact, *function, kernels, device, chip, layout);
  if (call.run(inputs, report))
    return FunctionStatus::Done;
  error = call.error;
  return FunctionStatus::Failed;
}
