//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Runs the device code of a row kernel, or of all that a function launches, on
/// the CPU and checks every access, or writes its PTX and cubin to files.

#include "FunctionRun.h"

#include "rmsnorm/Conversion/RowKernelToGPU/RowKernelToGPU.h"
#include "rmsnorm/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Target/TargetMachine.h"

#include <csignal>
#include <random>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace rmsnorm_emulate;
using namespace mlir::rmsnorm;

static cl::OptionCategory category("rmsnorm-emulate");
static cl::opt<std::string> inputFile(cl::Positional, cl::desc("<input.mlir>"),
                                      cl::init("-"), cl::cat(category));
static cl::opt<std::string>
    kernelName("kernel",
               cl::desc("Kernel to run (may be left out if there is one)"),
               cl::cat(category));
static cl::opt<std::string> functionName(
    "function",
    cl::desc("Compile the module as rmsnorm-compile does and make all launches "
             "of this function, instead of running one row kernel"),
    cl::cat(category));
static cl::opt<std::string> chip("chip", cl::desc("Compute capability"),
                                 cl::init("sm_80"), cl::cat(category));
static cl::list<std::string>
    inputs("in",
           cl::desc("Next input: a .npy file, a number for a scalar, or "
                    "normal:<shape>:<seed>, e.g. normal:3x769:1 (f32, f64)"),
           cl::cat(category));
static cl::list<std::string>
    outputs("out", cl::desc("Next output: a .npy file"), cl::cat(category));
static cl::list<int>
    aliases("alias",
            cl::desc("For each output the input whose buffer it "
                     "shares, or -1"),
            cl::CommaSeparated, cl::cat(category));
static cl::opt<int64_t>
    offsetOption("offset", cl::desc("Misalign tensors by so many elements"),
                 cl::init(0), cl::cat(category));
static cl::opt<int64_t> padOption("pad", cl::desc("Elements between rows"),
                                  cl::init(0), cl::cat(category));
static cl::opt<int64_t>
    innerStride("inner-stride", cl::desc("Stride of the innermost dimension"),
                cl::init(1), cl::cat(category));
static cl::list<unsigned> onlyOperands(
    "only",
    cl::desc("Apply offset, pad and inner-stride to these operands only"),
    cl::CommaSeparated, cl::cat(category));
static cl::opt<unsigned>
    timeLimit("time-limit",
              cl::desc("Seconds of processor time that the kernel may take"),
              cl::init(60), cl::cat(category));
static cl::opt<bool>
    showTraffic("traffic",
                cl::desc("Print the bytes read and written per operand"),
                cl::cat(category));
static cl::opt<bool>
    listKernels("list",
                cl::desc("Print the kernels with ptxas's figures and stop"),
                cl::cat(category));
static cl::opt<std::string>
    emitDirectory("emit",
                  cl::desc("Write kernels.ptx, kernels.cubin and kernels.txt "
                           "to a directory and stop"),
                  cl::cat(category));

static int fail(const Twine &what) {
  errs() << "rmsnorm-emulate: " << what << "\n";
  return 1;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

static bool generate(StringRef text, mlir::Type elementType, Array &array,
                     std::string &error) {
  auto [shape, seedText] = text.split(':');
  unsigned seed = 0;
  SmallVector<StringRef> extents;
  shape.split(extents, 'x');
  for (StringRef extent : extents) {
    int64_t value = 0;
    if (extent.getAsInteger(10, value) || value < 0) {
      error = ("normal:" + text + ": expected a shape such as 3x769").str();
      return false;
    }
    array.shape.push_back(value);
  }
  if (!elementType.isF32() && !elementType.isF64()) {
    error = "normal: generates f32 and f64 only; pass a .npy file";
    return false;
  }
  seedText.getAsInteger(10, seed);
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  array.descr = getDescr(elementType);
  unsigned bytes = elementType.getIntOrFloatBitWidth() / 8;
  array.bytes.resize(array.elements() * bytes);
  for (int64_t i = 0, end = array.elements(); i < end; ++i) {
    double wide = normal(engine);
    float narrow = static_cast<float>(wide);
    std::memcpy(&array.bytes[i * bytes],
                bytes == 8 ? static_cast<void *>(&wide) : &narrow, bytes);
  }
  return true;
}

static bool readInputs(ArrayRef<mlir::Type> types,
                       std::vector<LaunchInput> &values, std::string &error) {
  for (auto [index, text] : enumerate(inputs)) {
    LaunchInput value;
    StringRef rest = text;
    mlir::Type type = index < types.size() ? types[index] : mlir::Type();
    if (type && !isa<mlir::ShapedType>(type)) {
      double number = 0;
      if (rest.getAsDouble(number)) {
        error = "input " + std::to_string(index) + " is a scalar, got '" +
                text + "'";
        return false;
      }
      value.scalar = number;
    } else {
      value.array.emplace();
      if (rest.consume_front("normal:")
              ? !type ||
                    !generate(rest,
                              cast<mlir::ShapedType>(type).getElementType(),
                              *value.array, error)
              : !readNpy(text, *value.array, error))
        return false;
    }
    values.push_back(std::move(value));
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Artefacts for a real GPU
//===----------------------------------------------------------------------===//

static std::string typeName(mlir::Type type) {
  std::string text;
  raw_string_ostream stream(text);
  stream << type;
  return text;
}

/// One line per kernel: what the benchmark on a GPU needs to launch it.
static void describe(raw_ostream &stream, const GpuKernelInfo &info) {
  stream << info.symbol << " block=" << info.blockX
         << " rows_per_block=" << info.rowsPerBlock
         << " shared=" << info.sharedBytes << " row_dims=" << info.numRowDims
         << " loops=" << info.extentOperand.size()
         << " inputs=" << info.numInputs << " operands=";
  for (auto [index, type] : enumerate(info.operandTypes)) {
    stream << (index ? ";" : "");
    auto shaped = dyn_cast<mlir::ShapedType>(type);
    if (!shaped) {
      stream << "scalar:" << typeName(type);
      continue;
    }
    stream << typeName(shaped.getElementType()) << ":";
    for (auto [position, expr] :
         enumerate(info.indexingMaps[index].getResults())) {
      stream << (position ? "," : "");
      if (auto dim = dyn_cast<mlir::AffineDimExpr>(expr))
        stream << "d" << dim.getPosition();
      else
        stream << "1";
      if (!shaped.isDynamicDim(position))
        stream << "=" << shaped.getDimSize(position);
    }
  }
  if (info.ptxas)
    stream << " registers=" << info.ptxas->registers
           << " spills=" << info.ptxas->spillStores + info.ptxas->spillLoads;
  stream << "\n";
}

static int emitFiles(mlir::ModuleOp module) {
  NVPTXOptions options;
  options.chip = chip;
  mlir::FailureOr<NVPTXObject> object = lowerRowKernelsToNVPTX(module, options);
  if (failed(object))
    return 1;
  if (listKernels) {
    for (const GpuKernelInfo &info : object->kernels)
      describe(outs(), info);
    return 0;
  }
  if (std::error_code code = sys::fs::create_directories(emitDirectory))
    return fail(emitDirectory + ": " + code.message());
  auto write = [&](StringRef name, StringRef content) {
    SmallString<256> path(emitDirectory);
    sys::path::append(path, name);
    std::error_code code;
    raw_fd_ostream stream(path, code);
    if (!code)
      stream << content;
    return !code;
  };
  std::string description;
  raw_string_ostream stream(description);
  for (const GpuKernelInfo &info : object->kernels)
    describe(stream, info);
  if (!write("kernels.txt", description) || !write("kernels.ptx", object->ptx))
    return fail("cannot write to " + emitDirectory);
  if (!object->cubin.empty() &&
      !write("kernels.cubin",
             StringRef(object->cubin.data(), object->cubin.size())))
    return fail("cannot write to " + emitDirectory);
  return 0;
}

//===----------------------------------------------------------------------===//
// Emulation
//===----------------------------------------------------------------------===//

static LayoutOptions layoutOptions() {
  LayoutOptions layout;
  layout.offset = offsetOption;
  layout.pad = padOption;
  layout.innerStride = innerStride;
  layout.only.assign(onlyOperands.begin(), onlyOperands.end());
  return layout;
}

/// Prints what was found and writes the outputs; the status to exit with.
static int finish(const LaunchReport &report) {
  for (const std::string &line : report.traffic)
    if (showTraffic)
      outs() << line << "\n";
  for (const std::string &line : report.errors)
    errs() << "error: " << line << "\n";
  if (!report.errors.empty())
    return 3;
  std::string error;
  for (auto [index, path] : enumerate(outputs)) {
    if (index >= report.outputs.size())
      return fail("there are " + Twine(report.outputs.size()) + " outputs");
    if (!writeNpy(path, report.outputs[index], error))
      return fail(error);
  }
  return 0;
}

/// One row kernel.
static int runEmulation(mlir::ModuleOp module) {
  std::vector<GpuKernelInfo> kernels;
  mlir::OwningOpRef<mlir::ModuleOp> lowered;
  mlir::ModuleOp device = module;
  // Either row kernels, or a gpu.module that has been lowered already.
  auto gpuModules = module.getOps<mlir::gpu::GPUModuleOp>();
  if (gpuModules.empty()) {
    lowered = lowerRowKernelsToNVVM(module, kernels, nullptr);
    if (!lowered)
      return 1;
    device = *lowered;
  } else {
    for (mlir::Operation &op : (*gpuModules.begin()).getBody()->getOperations())
      if (op.hasAttr(launchAttrName)) {
        mlir::FailureOr<GpuKernelInfo> info = getGpuKernelInfo(&op);
        if (failed(info))
          return 1;
        kernels.push_back(std::move(*info));
      }
  }
  const GpuKernelInfo *info = nullptr;
  for (const GpuKernelInfo &candidate : kernels)
    if (kernelName.empty() ? kernels.size() == 1
                           : candidate.symbol == kernelName)
      info = &candidate;
  if (!info)
    return fail("no kernel '" + kernelName + "' among the " +
                Twine(kernels.size()) + " of the module");

  std::vector<LaunchInput> values;
  std::string error;
  if (!readInputs(info->operandTypes, values, error))
    return fail(error);
  std::vector<int> alias(aliases.begin(), aliases.end());
  alias.resize(info->operandTypes.size() - info->numInputs, -1);
  LaunchReport report;
  if (!emulateKernel(*device.getOps<mlir::gpu::GPUModuleOp>().begin(), chip,
                     *info, values, alias, layoutOptions(), report, error))
    return error.empty() ? 1 : fail(error);
  return finish(report);
}

/// The launches of a function.
static int runFunction(mlir::ModuleOp module) {
  auto function = module.lookupSymbol<mlir::func::FuncOp>(functionName);
  if (!function || function.isExternal())
    return fail("--function: the module has no function '" + functionName +
                "'");
  if (!kernelName.empty() || !aliases.empty())
    return fail("--function takes neither --kernel nor --alias");
  std::vector<LaunchInput> values;
  std::string error;
  if (!readInputs(function.getArgumentTypes(), values, error))
    return fail(error);
  LaunchReport report;
  switch (emulateFunction(module, functionName, chip, values, layoutOptions(),
                          report, error)) {
  case FunctionStatus::Done:
    return finish(report);
  case FunctionStatus::Unsupported:
    fail(error);
    return 5;
  case FunctionStatus::Failed:
    return error.empty() ? 1 : fail(error);
  }
  llvm_unreachable("unknown status");
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Runs GPU row kernels on the CPU, every access checked.\n"
      "Exit status: 1 wrong usage, 3 the kernel did something wrong, 4 it did "
      "not end in time, 5 the function has no GPU code.\n");
  // A child does the work: a kernel that hangs or crashes is a result.
  pid_t child = fork();
  if (child < 0)
    return fail("cannot fork");
  if (child > 0) {
    int status = 0;
    if (waitpid(child, &status, 0) < 0)
      return fail("lost the child process");
    if (WIFEXITED(status))
      return WEXITSTATUS(status);
    if (WTERMSIG(status) == SIGPROF) {
      errs() << "error: the kernel did not end within " << timeLimit
             << " seconds\n";
      return 4;
    }
    errs() << "error: the kernel ended by signal " << WTERMSIG(status) << "\n";
    return 3;
  }
  // Processor time: a machine under load does not make a kernel hang, and
  // threads that wait for one another for ever are found without a clock.
  itimerval limit = {};
  limit.it_value.tv_sec = timeLimit;
  setitimer(ITIMER_PROF, &limit, nullptr);
  mlir::DialectRegistry registry;
  registerEverything(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(inputFile, &context);
  int status = 1;
  if (module)
    status = !emitDirectory.empty() || listKernels ? emitFiles(*module)
             : functionName.empty()                ? runEmulation(*module)
                                                   : runFunction(*module);
  outs().flush();
  errs().flush();
  // The context's destruction takes longer than the kernel.
  _exit(status);
}
