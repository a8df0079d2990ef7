//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// ptxas as a subprocess.

#include "rmsnorm/Target/NVPTX.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::rmsnorm;

std::string rmsnorm::findPtxas(StringRef given) {
  if (!given.empty())
    return given.str();
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"}) {
    std::optional<std::string> home = llvm::sys::Process::GetEnv(variable);
    if (!home || home->empty())
      continue;
    llvm::SmallString<256> path(*home);
    llvm::sys::path::append(path, "bin", "ptxas");
    if (llvm::sys::fs::can_execute(path))
      return path.str().str();
  }
  if (llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  if (llvm::ErrorOr<std::string> path =
          llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"}))
    return *path;
  return {};
}

/// Reads the lines of `ptxas -v`: for each kernel its name, then spills, then
/// registers and shared memory.
static void parseLog(StringRef log, llvm::StringMap<PtxasKernelInfo> &kernels) {
  llvm::Regex entry("Compiling entry function '([^']+)'");
  llvm::Regex properties("Function properties for ([^ ]+)");
  llvm::Regex spills("([0-9]+) bytes spill stores, ([0-9]+) bytes spill loads");
  llvm::Regex registers("Used ([0-9]+) registers");
  llvm::Regex shared("([0-9]+) bytes smem");
  PtxasKernelInfo *current = nullptr, *entryInfo = nullptr;
  llvm::SmallVector<StringRef> lines, match;
  log.split(lines, '\n');
  for (StringRef line : lines) {
    if (entry.match(line, &match)) {
      current = entryInfo = &kernels[match[1]];
    } else if (properties.match(line, &match)) {
      // Also device functions (division's slow path); theirs is not a kernel.
      current = kernels.contains(match[1]) ? &kernels[match[1]] : nullptr;
    } else if (current && spills.match(line, &match)) {
      match[1].getAsInteger(10, current->spillStores);
      match[2].getAsInteger(10, current->spillLoads);
    } else if (entryInfo && registers.match(line, &match)) {
      match[1].getAsInteger(10, entryInfo->registers);
      if (shared.match(line, &match))
        match[1].getAsInteger(10, entryInfo->staticShared);
    }
  }
}

std::optional<Cubin> rmsnorm::assembleCubin(StringRef ptx, StringRef chip,
                                            StringRef ptxas,
                                            std::string &error) {
  llvm::SmallString<128> input, output, log;
  auto makeFile = [&](StringRef suffix, llvm::SmallString<128> &path) {
    std::error_code code =
        llvm::sys::fs::createTemporaryFile("rmsnorm", suffix, path);
    if (code)
      error = "no temporary file: " + code.message();
    return !code;
  };
  if (!makeFile("ptx", input))
    return std::nullopt;
  llvm::FileRemover removeInput(input);
  if (!makeFile("cubin", output))
    return std::nullopt;
  llvm::FileRemover removeOutput(output);
  if (!makeFile("log", log))
    return std::nullopt;
  llvm::FileRemover removeLog(log);
  {
    std::error_code code;
    llvm::raw_fd_ostream stream(input, code);
    stream << ptx;
    if (code || stream.has_error()) {
      error = "cannot write " + input.str().str();
      stream.clear_error();
      return std::nullopt;
    }
  }
  std::string arch = ("--gpu-name=" + chip).str();
  llvm::SmallVector<StringRef> arguments{ptxas, "-v",   "-O3",      arch,
                                         "-o",  output, input.str()};
  std::optional<StringRef> redirects[] = {StringRef(""), log.str(), log.str()};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(ptxas, arguments, std::nullopt,
                                         redirects, /*SecondsToWait=*/600,
                                         /*MemoryLimit=*/0, &message);
  std::string text;
  if (auto buffer = llvm::MemoryBuffer::getFile(log))
    text = (*buffer)->getBuffer().str();
  if (status != 0) {
    error = (ptxas + " failed with status " + std::to_string(status) + ": " +
             message + text)
                .str();
    return std::nullopt;
  }
  auto buffer = llvm::MemoryBuffer::getFile(output);
  if (!buffer) {
    error = "cannot read what ptxas wrote: " + buffer.getError().message();
    return std::nullopt;
  }
  Cubin cubin;
  StringRef bytes = (*buffer)->getBuffer();
  cubin.bytes.assign(bytes.begin(), bytes.end());
  parseLog(text, cubin.kernels);
  return cubin;
}
