// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/compiler_library.h"

#include "artifact/bytes.h"
#include "matmul/backend.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace rmsn;

namespace {

// The note that linkers put into a library, a hash of its contents.
std::string buildId(int fd) {
  auto readAt = [fd](uint64_t offset, void *to, size_t size) {
    return pread(fd, to, size, off_t(offset)) == ssize_t(size);
  };
  Elf64_Ehdr header;
  if (!readAt(0, &header, sizeof(header)) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_phentsize != sizeof(Elf64_Phdr))
    return "";
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!readAt(header.e_phoff + i * sizeof(segment), &segment,
                sizeof(segment)))
      return "";
    if (segment.p_type != PT_NOTE)
      continue;
    unsigned char notes[4096];
    size_t size = segment.p_filesz < sizeof(notes) ? size_t(segment.p_filesz)
                                                   : sizeof(notes);
    if (!readAt(segment.p_offset, notes, size))
      return "";
    size_t at = 0;
    while (at + sizeof(Elf64_Nhdr) <= size) {
      Elf64_Nhdr note;
      std::memcpy(&note, notes + at, sizeof(note));
      size_t name = at + sizeof(note);
      size_t content = name + ((size_t(note.n_namesz) + 3) & ~size_t(3));
      size_t next = content + ((size_t(note.n_descsz) + 3) & ~size_t(3));
      if (next > size)
        break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(notes + name, "GNU", 4) == 0 && note.n_descsz > 0)
        return std::string(reinterpret_cast<char *>(notes + content),
                           note.n_descsz);
      at = next;
    }
  }
  return "";
}

} // namespace

CompilerLibrary::CompilerLibrary(rmsn_context &context) {
  const char *environment = getenv("RMSNORM_COMPILER_LIBRARY");
  if (context.compilerLibraryGiven)
    path = context.compilerLibrary;
  else if (environment)
    path = environment;
  else
    path = runtimeLibraryFolder() + "librmsnorm_compiler.so";
  int fd = path.empty() ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  struct stat info;
  identityBytes = buildId(fd);
  for (unsigned char byte : identityBytes) {
    readableIdentity += "0123456789abcdef"[byte >> 4];
    readableIdentity += "0123456789abcdef"[byte & 15];
  }
  if (identityBytes.empty() && fstat(fd, &info) == 0)
    identityBytes = readableIdentity =
        std::to_string(info.st_dev) + "-" + std::to_string(info.st_ino) + "-" +
        std::to_string(info.st_size) + "-" +
        std::to_string(info.st_mtim.tv_sec) + "." +
        std::to_string(info.st_mtim.tv_nsec);
  close(fd);
}

rmsn_status CompilerLibrary::load() {
  if (loaded())
    return RMSN_STATUS_OK;
  if (path.empty())
    return fail(RMSN_STATUS_NO_COMPILER,
                "cannot compile: this context has no compiler library");
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    return fail(RMSN_STATUS_NO_COMPILER, "cannot load the compiler library: %s",
                why ? why : "unknown reason");
  }
  // It is never unloaded: LLVM does not take that.
  auto find = [this](const char *name) { return dlsym(library, name); };
  auto version = reinterpret_cast<decltype(&rmsn_compiler_abi_version)>(
      find("rmsn_compiler_abi_version"));
  auto compile = reinterpret_cast<decltype(&rmsn_compiler_compile)>(
      find("rmsn_compiler_compile"));
  freeFn = reinterpret_cast<decltype(&rmsn_compiler_free)>(
      find("rmsn_compiler_free"));
  if (!version || !compile || !freeFn)
    return fail(RMSN_STATUS_NO_COMPILER, "'%s' is no compiler library",
                path.c_str());
  if (version() != RMSN_COMPILER_ABI_VERSION)
    return fail(RMSN_STATUS_NO_COMPILER,
                "compiler library '%s' has interface version %u, expected %u",
                path.c_str(), version(), RMSN_COMPILER_ABI_VERSION);
  compileFn = compile;
  return RMSN_STATUS_OK;
}
