//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Object file to shared object with lld, in this process.

#include "rmsnorm/Target/CPUCode.h"

#include "lld/Common/Driver.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace mlir;
using namespace mlir::rmsnorm;
using llvm::Error;
using llvm::Expected;

namespace {
/// A folder that only we can enter, in memory where that is possible, gone
/// with this object.
class PrivateFolder {
public:
  ~PrivateFolder() {
    for (const std::string &file : files)
      ::unlink(file.c_str());
    if (!path.empty())
      ::rmdir(path.c_str());
  }

  Error create() {
    const char *const candidates[] = {"/dev/shm", ::getenv("TMPDIR"), "/tmp",
                                      "/var/tmp"};
    for (const char *parent : candidates) {
      if (!parent || !*parent)
        continue;
      std::string pattern = std::string(parent) + "/rmsnorm-link-XXXXXX";
      if (::mkdtemp(pattern.data())) {
        path = pattern;
        return Error::success();
      }
    }
    return llvm::createStringError(
        "linking needs a folder for temporary files, but none of /dev/shm, "
        "$TMPDIR, /tmp and /var/tmp can be written");
  }

  std::string addFile(StringRef name) {
    files.push_back(path + "/" + name.str());
    return files.back();
  }

private:
  std::string path;
  SmallVector<std::string> files;
};
} // namespace

static Error writeFile(const std::string &path, ArrayRef<char> bytes) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  size_t done = 0;
  while (fd >= 0 && done < bytes.size()) {
    ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      break;
    done += size_t(n);
  }
  if (fd >= 0 && ::close(fd) == 0 && done == bytes.size())
    return Error::success();
  return llvm::createStringError("cannot write the temporary file '" + path +
                                 "'");
}

/// lld has global state of its own: one link at a time.
static Error runLinker(ArrayRef<const char *> arguments) {
  static std::mutex mutex;
  static bool usable = true;
  std::lock_guard<std::mutex> guard(mutex);
  if (!usable)
    return llvm::createStringError(
        "the linker failed before and cannot run again");
  std::string output, errors;
  llvm::raw_string_ostream outputStream(output), errorStream(errors);
  const lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  lld::Result result =
      lld::lldMain(arguments, outputStream, errorStream, drivers);
  usable = result.canRunAgain;
  if (result.retCode == 0)
    return Error::success();
  return llvm::createStringError("linking failed: " +
                                 StringRef(errors).rtrim());
}

Expected<SmallVector<char, 0>>
rmsnorm::linkSharedObject(ArrayRef<char> object, const CPUTarget &target,
                          bool strip) {
  Expected<SmallVector<std::string>> undefined = getUndefinedSymbols(object);
  if (!undefined)
    return undefined.takeError();
  if (!undefined->empty())
    return llvm::createStringError(
        "compiled code must not need anything from outside, but refers to " +
        llvm::join(*undefined, ", "));

  PrivateFolder folder;
  if (Error error = folder.create())
    return error;
  std::string input = folder.addFile("code.o");
  std::string output = folder.addFile("code.so");
  if (Error error = writeFile(input, object))
    return error;
  SmallVector<const char *> arguments{
      "ld.lld",
      "-shared",
      "--no-undefined",
      "--threads=1",
      "--build-id=fast",
      "--hash-style=gnu",
      "--gc-sections",
      "-znoexecstack",
      "-ztext",
      "-znow",
      "-znorelro",
      "-zmax-page-size=4096",
      "-zseparate-code",
      "--no-mmap-output-file",
      target.arch == "aarch64" ? "-maarch64linux" : "-melf_x86_64",
  };
  if (strip)
    arguments.push_back("--strip-all");
  arguments.append({"-o", output.c_str(), input.c_str()});
  if (Error error = runLinker(arguments))
    return error;
  auto linked = llvm::MemoryBuffer::getFile(output, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!linked)
    return llvm::createStringError("cannot read the linker's output: " +
                                   linked.getError().message());
  StringRef bytes = (*linked)->getBuffer();
  return SmallVector<char, 0>(bytes.begin(), bytes.end());
}
