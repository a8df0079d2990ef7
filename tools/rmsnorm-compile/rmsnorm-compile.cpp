//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-compile: a module with tensors to an artifact for the runtime.

#include "rmsnorm/Target/Compiler.h"
#include "rmsnorm/Target/Report.h"

#include "rmsnorm_runtime/version.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Support/Timing.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::rmsnorm;
namespace cl = llvm::cl;

namespace {
/// What the command line says. Values are kept apart from LLVM's options,
/// because lld, which we call, resets these.
struct Arguments {
  std::string input, output, report;
  bool timing = false, summary = false;
  CompileOptions compile;
};
} // namespace

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "rmsnorm-compile") << message << "\n";
  return 1;
}

/// Writes all or nothing.
static int writeText(StringRef name, StringRef text) {
  std::error_code error;
  llvm::ToolOutputFile file(name, error, llvm::sys::fs::OpenFlags::OF_None);
  if (error)
    return fail("cannot write '" + name + "': " + error.message());
  file.os() << text;
  file.os().flush();
  if (file.os().has_error()) {
    error = file.os().error();
    file.os().clear_error();
    return fail("cannot write '" + name + "': " + error.message());
  }
  file.keep();
  return 0;
}

static int writeArtifact(const std::string &name,
                         const CompiledArtifact &artifact) {
  std::string error;
  if (name != "-") {
    if (rmsn::writer::writeToFile(artifact.description, name, error))
      return 0;
    return fail(error);
  }
  std::vector<char> bytes;
  if (!rmsn::writer::writeToMemory(artifact.description, bytes, error))
    return fail(error);
  return writeText(name, StringRef(bytes.data(), bytes.size()));
}

static int compile(const Arguments &arguments, TimingScope &timing) {
  std::string message;
  TimingScope parseScope = timing.nest("parse");
  std::unique_ptr<llvm::MemoryBuffer> input =
      openInputFile(arguments.input, &message);
  if (!input)
    return fail(message);

  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(input), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(*sources, &context, llvm::errs(),
                                         [](Location) { return true; });
  // Remarks are for those who ask.
  ScopedDiagnosticHandler filter(&context, [&](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() == DiagnosticSeverity::Remark &&
                   !arguments.compile.remarks);
  });
  context.printOpOnDiagnostic(false);
  ParserConfig config(&context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, config);
  if (!module)
    return 1;
  parseScope.stop();

  if (arguments.compile.emit != EmitKind::Artifact) {
    FailureOr<std::string> text =
        compileToForm(*module, arguments.compile, timing);
    if (failed(text))
      return 1;
    TimingScope scope = timing.nest("write");
    return writeText(arguments.output, *text);
  }
  std::optional<CompilationReport> report;
  if (!arguments.report.empty())
    report.emplace(*module);
  FailureOr<CompiledArtifact> artifact =
      compileArtifact(*module, arguments.compile, timing);
  if (failed(artifact))
    return 1;
  if (report) {
    TimingScope scope = timing.nest("report");
    StringRef model = arguments.input == "-"
                          ? "standard input"
                          : llvm::sys::path::filename(arguments.input);
    if (int status = writeText(arguments.report,
                               report->renderHTML(*module, *artifact, model)))
      return status;
  }
  TimingScope scope = timing.nest("write");
  if (int status = writeArtifact(arguments.output, *artifact))
    return status;
  if (arguments.summary)
    llvm::outs() << "norms: " << artifact->getNumNorms()
                 << " kernels: " << artifact->getNumKernels() << "\n";
  return 0;
}

// LLVM keeps references to options for as long as the process lives.
static cl::OptionCategory category("rmsnorm-compile options");
static cl::opt<std::string> input(cl::Positional, cl::init("-"),
                                  cl::desc("<input .mlir or bytecode>"),
                                  cl::cat(category));
static cl::opt<std::string>
    output("o", cl::value_desc("file"),
           cl::desc("Where to write to; - for the standard output"),
           cl::cat(category));
static cl::list<std::string> targetNames(
    "target", cl::value_desc("target"),
    cl::desc("cpu (this machine, the default), cpu:x86-64-v3, cpu:x86-64-v4, "
             "cpu:x86-64-v4+avx512bf16, +avx512fp16, cpu:aarch64, cpu:all, "
             "nvptx:sm_80 and later; may be repeated"),
    cl::cat(category));
static cl::opt<EmitKind> emit(
    "emit", cl::init(EmitKind::Artifact), cl::desc("What to write"),
    cl::values(clEnumValN(EmitKind::Artifact, "artifact",
                          "for the runtime (default)"),
               clEnumValN(EmitKind::MLIR, "mlir", "the LLVM or NVVM dialect"),
               clEnumValN(EmitKind::LLVM, "llvm", "optimised LLVM IR"),
               clEnumValN(EmitKind::Asm, "asm", "assembly of a CPU"),
               clEnumValN(EmitKind::PTX, "ptx", "PTX of a GPU"),
               clEnumValN(EmitKind::SharedObject, "so",
                          "the shared object that an artifact has for a CPU")),
    cl::cat(category));
static cl::opt<bool> remarks("remarks",
                             cl::desc("Say what became of each norm"),
                             cl::cat(category));
static cl::opt<std::string>
    reportFile("report", cl::value_desc("file.html"),
               cl::desc("Write a page that shows each norm, what it was fused "
                        "with or why not, and the bytes that kernels move"),
               cl::cat(category));
static cl::opt<bool> timing("print-timing",
                            cl::desc("Print how long each step took"),
                            cl::cat(category));
static cl::opt<bool> summary("summary",
                             cl::desc("Print the numbers of norms and kernels"),
                             cl::cat(category));
static cl::opt<bool> strip("strip",
                           cl::desc("Drop function names from machine code"),
                           cl::cat(category));
static cl::opt<bool>
    raise("raise", cl::init(true),
          cl::desc("Find norms that are spelled out in linalg"),
          cl::cat(category));
static cl::opt<bool> assumeF32Accumulation(
    "assume-f32-accumulation",
    cl::desc("Take a mean of squares that is computed in f16 or bf16 for one "
             "computed in f32"),
    cl::cat(category));
static cl::opt<bool> verifyEach("verify-each",
                                cl::desc("Verify the IR after every pass"),
                                cl::cat(category));

/// Reads the command line; the status to exit with on an error.
static std::optional<int> parseArguments(int argc, char **argv,
                                         Arguments &arguments) {
  cl::HideUnrelatedOptions(category);
  cl::AddExtraVersionPrinter([](llvm::raw_ostream &os) {
    os << "RMSNorm version " RMSN_VERSION_STRING << "\n";
  });
  cl::ParseCommandLineOptions(
      argc, argv, "RMSNorm compiler: a module with tensors to an artifact\n");

  CompileOptions &options = arguments.compile;
  auto targets = parseTargets(
      std::vector<std::string>(targetNames.begin(), targetNames.end()));
  if (!targets)
    return fail(llvm::toString(targets.takeError()));
  options.targets = std::move(*targets);
  options.emit = emit;
  options.strip = strip;
  options.raise = raise;
  options.assumeF32Accumulation = assumeF32Accumulation;
  options.verifyEach = verifyEach;
  arguments.input = input;
  arguments.output = output;
  options.remarks = remarks;
  arguments.report = reportFile;
  arguments.timing = timing;
  arguments.summary = summary;
  if (arguments.output.empty()) {
    if (options.emit == EmitKind::Artifact)
      return fail("an artifact needs an output file: -o <file>");
    arguments.output = "-";
  }
  if (options.emit == EmitKind::Artifact)
    return std::nullopt;
  if (!arguments.report.empty())
    return fail("--report describes an artifact: it expects --emit=artifact");
  if (options.targets.size() != 1)
    return fail("--emit of anything but artifact expects one target, got " +
                llvm::Twine(options.targets.size()));
  StringRef target = options.targets.front().getName();
  bool isGPU = options.targets.front().kind == TargetSpec::Kind::NVPTX;
  if (options.emit == EmitKind::PTX && !isGPU)
    return fail("--emit=ptx expects an nvptx target, got '" + target + "'");
  if (options.emit == EmitKind::SharedObject && isGPU)
    return fail("--emit=so expects a cpu target, got '" + target + "'");
  if (options.emit == EmitKind::Asm && isGPU)
    return fail("--emit=asm expects a cpu target, got '" + target +
                "' (--emit=ptx is its like)");
  return std::nullopt;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Arguments arguments;
  if (std::optional<int> status = parseArguments(argc, argv, arguments))
    return *status;
  DefaultTimingManager manager;
  manager.setEnabled(arguments.timing);
  manager.setOutput(createOutputStrategy(
      DefaultTimingManager::OutputFormat::Text, llvm::errs()));
  TimingScope timing = manager.getRootScope();
  return compile(arguments, timing);
}
