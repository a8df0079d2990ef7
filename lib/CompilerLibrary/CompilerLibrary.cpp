//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// librmsnorm_compiler.so: the compiler behind the C functions that the
/// runtime's JIT looks for.

#include "BuildId.h"

#include "rmsnorm/Target/Compiler.h"
#include "rmsnorm_runtime/compiler_abi.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <cstdlib>
#include <cstring>
#include <mutex>

using namespace mlir;
using namespace mlir::rmsnorm;

#define RMSN_EXPORT extern "C" __attribute__((visibility("default")))

namespace {
/// A context that is used again: loading dialects takes milliseconds. What
/// attributes it has seen it never forgets, so it is replaced now and then.
class ContextCache {
public:
  MLIRContext &get(size_t inputBytes) {
    if (context && (++uses > kMaxUses || (bytes += inputBytes) > kMaxBytes))
      context.reset();
    if (!context) {
      DialectRegistry registry;
      registerCompilerDialects(registry);
      context = std::make_unique<MLIRContext>(registry,
                                              MLIRContext::Threading::DISABLED);
      context->printOpOnDiagnostic(false);
      uses = 1;
      bytes = inputBytes;
    }
    return *context;
  }

private:
  static constexpr size_t kMaxUses = 256;
  static constexpr size_t kMaxBytes = size_t(16) << 20;
  std::unique_ptr<MLIRContext> context;
  size_t uses = 0, bytes = 0;
};

struct Request {
  CompileOptions options;
  bool timing = false;
};
} // namespace

static llvm::Error parseOption(StringRef option, Request &request) {
  if (option == "--remarks")
    request.options.remarks = true;
  else if (option == "--print-timing")
    request.timing = true;
  else if (option == "--strip")
    request.options.strip = true;
  else if (option == "--verify-each")
    request.options.verifyEach = true;
  else if (option == "--assume-f32-accumulation")
    request.options.assumeF32Accumulation = true;
  else if (option == "--raise" || option == "--raise=true")
    request.options.raise = true;
  else if (option == "--raise=false")
    request.options.raise = false;
  else
    return llvm::createStringError(
        "option '" + option +
        "': expected --remarks, --print-timing, --strip, --verify-each, "
        "--assume-f32-accumulation or --raise=<true|false>");
  return llvm::Error::success();
}

static llvm::Error parseRequest(ArrayRef<const char *> targets,
                                const char *options, Request &request) {
  std::vector<std::string> names;
  for (const char *target : targets) {
    if (!target)
      return llvm::createStringError("targets: got a null pointer");
    names.push_back(target);
  }
  auto specs = parseTargets(names);
  if (!specs)
    return specs.takeError();
  request.options.targets = std::move(*specs);
  SmallVector<StringRef> words;
  StringRef(options ? options : "").split(words, ' ', -1, /*KeepEmpty=*/false);
  for (StringRef word : words)
    if (llvm::Error error = parseOption(word, request))
      return error;
  return llvm::Error::success();
}

/// Text with a terminator, or bytecode with the alignment it relies on.
static std::unique_ptr<llvm::MemoryBuffer> copyInput(StringRef input) {
  auto buffer = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
      input.size(), "<module>", llvm::Align(64));
  if (buffer)
    std::memcpy(buffer->getBufferStart(), input.data(), input.size());
  return buffer;
}

static int32_t compile(StringRef input, const Request &request,
                       std::vector<char> &bytes, llvm::raw_ostream &messages) {
  static ContextCache contexts;
  MLIRContext &context = contexts.get(input.size());
  std::unique_ptr<llvm::MemoryBuffer> buffer = copyInput(input);
  if (!buffer) {
    messages << "out of memory\n";
    return RMSN_STATUS_OUT_OF_MEMORY;
  }
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(*sources, &context, messages,
                                         [](Location) { return true; });
  ScopedDiagnosticHandler filter(&context, [&](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() == DiagnosticSeverity::Remark &&
                   !request.options.remarks);
  });
  DefaultTimingManager manager;
  manager.setEnabled(request.timing);
  manager.setOutput(
      createOutputStrategy(DefaultTimingManager::OutputFormat::Text, messages));
  TimingScope timing = manager.getRootScope();
  TimingScope parseScope = timing.nest("parse");
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  parseScope.stop();
  if (!module)
    return RMSN_STATUS_COMPILE_ERROR;
  FailureOr<CompiledArtifact> artifact =
      compileArtifact(*module, request.options, timing);
  if (failed(artifact))
    return RMSN_STATUS_COMPILE_ERROR;
  std::string error;
  if (!rmsn::writer::writeToMemory(artifact->description, bytes, error)) {
    messages << error << "\n";
    return RMSN_STATUS_COMPILE_ERROR;
  }
  return RMSN_STATUS_OK;
}

RMSN_EXPORT uint32_t rmsn_compiler_abi_version(void) {
  return RMSN_COMPILER_ABI_VERSION;
}

RMSN_EXPORT const char *rmsn_compiler_build_id(void) {
  static const std::string id = getCompilerBuildId();
  return id.c_str();
}

RMSN_EXPORT int32_t rmsn_compiler_compile(const char *mlir_text, size_t length,
                                          const char *const *targets,
                                          size_t num_targets,
                                          const char *options,
                                          rmsn_compiler_result *result) {
  if (!result || result->struct_size < sizeof(*result))
    return RMSN_STATUS_INVALID_ARGUMENT;
  result->artifact = nullptr;
  result->artifact_size = 0;
  result->diagnostics = nullptr;

  std::string text;
  std::vector<char> bytes;
  int32_t status = RMSN_STATUS_INVALID_ARGUMENT;
  {
    llvm::raw_string_ostream messages(text);
    Request request;
    if (!mlir_text || (num_targets && !targets)) {
      messages << (mlir_text ? "targets" : "mlir_text")
               << ": got a null pointer\n";
    } else if (llvm::Error error =
                   parseRequest({targets, num_targets}, options, request)) {
      messages << llvm::toString(std::move(error)) << "\n";
    } else {
      // The runtime calls under a lock; others may not.
      static std::mutex mutex;
      std::lock_guard<std::mutex> guard(mutex);
      status = compile(StringRef(mlir_text, length), request, bytes, messages);
    }
  }
  if (!text.empty())
    result->diagnostics = ::strdup(text.c_str());
  if (status != RMSN_STATUS_OK)
    return status;
  result->artifact = std::malloc(bytes.size());
  if (!result->artifact)
    return RMSN_STATUS_OUT_OF_MEMORY;
  std::memcpy(result->artifact, bytes.data(), bytes.size());
  result->artifact_size = bytes.size();
  return RMSN_STATUS_OK;
}

RMSN_EXPORT void rmsn_compiler_free(rmsn_compiler_result *result) {
  if (!result)
    return;
  std::free(result->artifact);
  std::free(result->diagnostics);
  result->artifact = nullptr;
  result->artifact_size = 0;
  result->diagnostics = nullptr;
}
