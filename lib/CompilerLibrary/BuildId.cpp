//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "BuildId.h"

#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/TargetSelect.h"

#include <cstring>
#include <elf.h>
#include <link.h>

using namespace mlir;

namespace {
struct Search {
  uintptr_t address; // inside the object that is looked for
  std::string id;
};
} // namespace

/// The note of an object that the linker wrote with --build-id.
static std::string readBuildId(const dl_phdr_info &info) {
  for (unsigned i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE)
      continue;
    const char *notes =
        reinterpret_cast<const char *>(info.dlpi_addr + segment.p_vaddr);
    size_t at = 0;
    while (at + sizeof(ElfW(Nhdr)) <= segment.p_memsz) {
      ElfW(Nhdr) note;
      std::memcpy(&note, notes + at, sizeof(note));
      size_t name = at + sizeof(note);
      size_t content = name + llvm::alignTo(note.n_namesz, 4);
      at = content + llvm::alignTo(note.n_descsz, 4);
      if (at > segment.p_memsz)
        break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(notes + name, "GNU", 4) == 0)
        return llvm::toHex(llvm::StringRef(notes + content, note.n_descsz),
                           /*LowerCase=*/true);
    }
  }
  return "";
}

static int visit(dl_phdr_info *info, size_t, void *data) {
  Search &search = *static_cast<Search *>(data);
  for (unsigned i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type != PT_LOAD || search.address < begin ||
        search.address >= begin + segment.p_memsz)
      continue;
    search.id = readBuildId(*info);
    return 1;
  }
  return 0;
}

std::string mlir::rmsnorm::getCompilerBuildId() {
  std::string id = "llvm-" LLVM_VERSION_STRING;
  const uintptr_t inside[] = {
      reinterpret_cast<uintptr_t>(&getCompilerBuildId),
      reinterpret_cast<uintptr_t>(&translateModuleToLLVMIR),
      reinterpret_cast<uintptr_t>(&LLVMInitializeX86Target)};
  for (uintptr_t address : inside) {
    Search search{address, ""};
    dl_iterate_phdr(visit, &search);
    id += "-" + search.id;
  }
  return id;
}
