// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "artifact/elf_check.h"

#include <cstring>
#include <elf.h>
#include <vector>

using namespace rmsn;

namespace {

rmsn_status refuse(const char *what) {
  return fail(RMSN_STATUS_CORRUPT_ARTIFACT,
              "artifact is damaged: its machine code %s", what);
}

struct Tables {
  uint64_t symtab = 0, strtab = 0, strsz = 0, gnuHash = 0, hash = 0, rela = 0,
           relasz = 0, jmprel = 0, pltrelsz = 0;
};

class Checker {
public:
  Checker(const unsigned char *data, size_t size) : data(data), size(size) {}

  rmsn_status check(uint16_t machine);

private:
  template <typename T>
  bool load(uint64_t offset, T &value) const {
    if (offset > size || sizeof(T) > size - offset)
      return false;
    std::memcpy(&value, data + offset, sizeof(T));
    return true;
  }

  bool inside(uint64_t offset, uint64_t length) const {
    return offset <= size && length <= size - offset;
  }

  // Offset in the file of a virtual address, given that `length` bytes from it
  // on are in the file.
  bool locate(uint64_t address, uint64_t length, uint64_t &offset) const {
    for (const Elf64_Phdr &segment : segments) {
      if (segment.p_type != PT_LOAD || address < segment.p_vaddr)
        continue;
      uint64_t delta = address - segment.p_vaddr;
      if (delta <= segment.p_filesz && length <= segment.p_filesz - delta) {
        offset = segment.p_offset + delta;
        return true;
      }
    }
    return false;
  }

  rmsn_status readSegments(const Elf64_Ehdr &header);
  rmsn_status readDynamic(const Elf64_Phdr &segment, Tables &tables);
  rmsn_status checkRelocations(uint64_t address, uint64_t length) const;
  rmsn_status checkSymbols(const Tables &tables) const;

  const unsigned char *data;
  size_t size;
  uint16_t machine = 0;
  uint64_t span = 0; // one past the highest loaded address
  std::vector<Elf64_Phdr> segments;
};

rmsn_status Checker::readSegments(const Elf64_Ehdr &header) {
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
      header.e_phnum > 64)
    return refuse("has a malformed program header table");
  uint64_t previousEnd = 0;
  bool anyLoad = false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    uint64_t at;
    if (__builtin_add_overflow(header.e_phoff, i * sizeof(segment), &at) ||
        !load(at, segment))
      return refuse("has program headers outside of the file");
    if (!inside(segment.p_offset, segment.p_filesz))
      return refuse("has a segment outside of the file");
    if (segment.p_type == PT_INTERP || segment.p_type == PT_TLS)
      return refuse("asks for an interpreter or thread-local storage");
    if (segment.p_type == PT_GNU_STACK && (segment.p_flags & PF_X))
      return refuse("asks for an executable stack");
    if (segment.p_type == PT_LOAD) {
      constexpr uint64_t kMost = uint64_t(1) << 32;
      if (segment.p_memsz < segment.p_filesz || segment.p_memsz > kMost ||
          segment.p_vaddr > kMost)
        return refuse("has a segment of impossible size");
      if ((segment.p_flags & PF_W) && (segment.p_flags & PF_X))
        return refuse("has a segment that is writable and executable");
      if (segment.p_align > (1u << 21) ||
          (segment.p_align & (segment.p_align - 1)))
        return refuse("has a segment of impossible alignment");
      if (segment.p_align > 1 &&
          (segment.p_vaddr - segment.p_offset) % segment.p_align)
        return refuse("has a misplaced segment");
      // The dynamic linker relies on ascending order.
      if (anyLoad && segment.p_vaddr < previousEnd)
        return refuse("has overlapping segments");
      previousEnd = segment.p_vaddr + segment.p_memsz;
      span = previousEnd;
      anyLoad = true;
    }
    segments.push_back(segment);
  }
  if (!anyLoad)
    return refuse("has nothing to load");
  return RMSN_STATUS_OK;
}

rmsn_status Checker::readDynamic(const Elf64_Phdr &segment, Tables &tables) {
  // What the dynamic linker reads is what is loaded, not what the header says
  // is in the file.
  uint64_t offset;
  if (!locate(segment.p_vaddr, segment.p_filesz, offset) ||
      offset != segment.p_offset || segment.p_memsz != segment.p_filesz)
    return refuse("has a misplaced dynamic section");
  bool ended = false;
  for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz && !ended;
       at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    if (!load(offset + at, entry))
      return refuse("has a dynamic section outside of the file");
    uint64_t value = entry.d_un.d_val;
    switch (entry.d_tag) {
    case DT_NULL:
      ended = true;
      break;
    case DT_NEEDED:
      return refuse("depends on another library");
    case DT_INIT:
    case DT_FINI:
    case DT_INIT_ARRAY:
    case DT_FINI_ARRAY:
    case DT_PREINIT_ARRAY:
      return refuse("runs code when loaded or unloaded");
    case DT_RPATH:
    case DT_RUNPATH:
    case DT_AUXILIARY:
    case DT_FILTER:
    case DT_AUDIT:
    case DT_DEPAUDIT:
      return refuse("names other libraries");
    case DT_TEXTREL:
      return refuse("needs its code changed when loaded");
    case DT_REL:
    case DT_RELR:
    case DT_VERNEED:
    case DT_VERSYM:
      return refuse("has relocations or versions of an unexpected kind");
    case DT_SYMTAB:
      tables.symtab = value;
      break;
    case DT_STRTAB:
      tables.strtab = value;
      break;
    case DT_STRSZ:
      tables.strsz = value;
      break;
    case DT_HASH:
      tables.hash = value;
      break;
    case DT_GNU_HASH:
      tables.gnuHash = value;
      break;
    case DT_RELA:
      tables.rela = value;
      break;
    case DT_RELASZ:
      tables.relasz = value;
      break;
    case DT_JMPREL:
      tables.jmprel = value;
      break;
    case DT_PLTRELSZ:
      tables.pltrelsz = value;
      break;
    case DT_SYMENT:
      if (value != sizeof(Elf64_Sym))
        return refuse("has symbols of an unexpected size");
      break;
    case DT_RELAENT:
      if (value != sizeof(Elf64_Rela))
        return refuse("has relocations of an unexpected size");
      break;
    default:
      break;
    }
  }
  if (!ended)
    return refuse("has a dynamic section without an end");
  return RMSN_STATUS_OK;
}

rmsn_status Checker::checkRelocations(uint64_t address, uint64_t length) const {
  if (length == 0)
    return RMSN_STATUS_OK;
  uint64_t offset;
  if (!locate(address, length, offset))
    return refuse("has relocations outside of the file");
  for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= length;
       at += sizeof(Elf64_Rela)) {
    Elf64_Rela relocation;
    if (!load(offset + at, relocation))
      return refuse("has relocations outside of the file");
    uint32_t type = uint32_t(ELF64_R_TYPE(relocation.r_info));
    uint32_t relative =
        machine == EM_X86_64 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;
    // Everything in a blob refers to the blob itself.
    if (type != relative)
      return refuse("has a relocation that refers to a symbol");
    if (relocation.r_offset > span || 8 > span - relocation.r_offset)
      return refuse("has a relocation outside of its memory");
  }
  return RMSN_STATUS_OK;
}

rmsn_status Checker::checkSymbols(const Tables &tables) const {
  uint64_t strings;
  if (tables.strsz == 0 || !locate(tables.strtab, tables.strsz, strings) ||
      data[strings + tables.strsz - 1] != 0)
    return refuse("has a malformed string table");

  // The number of symbols: from the old hash table, or by walking the new one.
  uint64_t count = 0, offset;
  if (tables.hash) {
    uint32_t words[2];
    if (!locate(tables.hash, sizeof(words), offset) || !load(offset, words))
      return refuse("has a malformed hash table");
    uint64_t bytes = 8 + 4 * (uint64_t(words[0]) + words[1]);
    if (words[0] == 0 || !locate(tables.hash, bytes, offset))
      return refuse("has a malformed hash table");
    count = words[1];
    for (uint64_t i = 0; i < uint64_t(words[0]) + words[1]; ++i) {
      uint32_t index;
      if (!load(offset + 8 + 4 * i, index) || index >= count)
        return refuse("has a malformed hash table");
    }
  }
  if (tables.gnuHash) {
    uint32_t words[4]; // buckets, first symbol, bloom words, bloom shift
    if (!locate(tables.gnuHash, sizeof(words), offset) || !load(offset, words))
      return refuse("has a malformed hash table");
    uint64_t bloom = 8 * uint64_t(words[2]), buckets = 4 * uint64_t(words[0]);
    if (words[0] == 0 || words[2] == 0 || (words[2] & (words[2] - 1)) ||
        words[3] > 63 || !locate(tables.gnuHash, 16 + bloom + buckets, offset))
      return refuse("has a malformed hash table");
    uint64_t last = 0;
    for (uint64_t i = 0; i < words[0]; ++i) {
      uint32_t bucket;
      if (!load(offset + 16 + bloom + 4 * i, bucket) ||
          (bucket && bucket < words[1]))
        return refuse("has a malformed hash table");
      if (bucket > last)
        last = bucket;
    }
    uint64_t found = words[1];
    if (last) {
      // Chains end where the lowest bit is set. The highest bucket's chain is
      // the last one.
      uint64_t chains = tables.gnuHash + 16 + bloom + buckets;
      for (;; ++last) {
        uint64_t at;
        uint32_t word;
        if (!locate(chains + 4 * (last - words[1]), 4, at) || !load(at, word))
          return refuse("has a malformed hash table");
        if (word & 1)
          break;
      }
      found = last + 1;
    }
    if (count && count < found)
      return refuse("has contradicting hash tables");
    if (found > count)
      count = found;
  }
  if (count == 0)
    return refuse("has no symbols");
  if (count > size / sizeof(Elf64_Sym) ||
      !locate(tables.symtab, count * sizeof(Elf64_Sym), offset))
    return refuse("has symbols outside of the file");
  for (uint64_t i = 1; i < count; ++i) {
    Elf64_Sym symbol;
    if (!load(offset + i * sizeof(symbol), symbol) ||
        symbol.st_name >= tables.strsz)
      return refuse("has a malformed symbol");
    if (symbol.st_shndx == SHN_UNDEF)
      return fail(RMSN_STATUS_CORRUPT_ARTIFACT,
                  "artifact is damaged: its machine code needs the symbol "
                  "'%.100s' from outside",
                  reinterpret_cast<const char *>(data) + strings +
                      symbol.st_name);
    if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC ||
        ELF64_ST_TYPE(symbol.st_info) == STT_TLS)
      return refuse("has a symbol of an unexpected kind");
    if (symbol.st_value > span || symbol.st_shndx >= SHN_LORESERVE)
      return refuse("has a symbol outside of its memory");
  }
  return RMSN_STATUS_OK;
}

rmsn_status Checker::check(uint16_t wanted) {
  machine = wanted;
  Elf64_Ehdr header;
  if (!load(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return refuse("is no ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_ident[EI_VERSION] != EV_CURRENT || header.e_type != ET_DYN)
    return refuse("is no 64-bit little-endian shared object");
  if (header.e_machine != machine)
    return refuse("is for another kind of CPU than it says");
  RMSN_TRY(readSegments(header));
  Tables tables;
  bool found = false;
  for (const Elf64_Phdr &segment : segments) {
    if (segment.p_type != PT_DYNAMIC)
      continue;
    if (found)
      return refuse("has two dynamic sections");
    found = true;
    RMSN_TRY(readDynamic(segment, tables));
  }
  if (!found)
    return refuse("has no dynamic section");
  RMSN_TRY(checkRelocations(tables.rela, tables.relasz));
  RMSN_TRY(checkRelocations(tables.jmprel, tables.pltrelsz));
  return checkSymbols(tables);
}

} // namespace

rmsn_status rmsn::checkElf(const unsigned char *data, size_t size,
                           uint16_t machine) {
  return Checker(data, size).check(machine);
}
