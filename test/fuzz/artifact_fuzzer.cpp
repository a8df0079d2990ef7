// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// libFuzzer target for the reader of artifacts and the checker of machine code.
// Built and run by scripts/fuzz-artifact.

#include "artifact/elf_check.h"
#include "artifact/model.h"
#include "core/cpu.h"
#include "format/file_header.h"
#include "format/xxhash64.h"

#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // As it is, and with header and checksum made right, so that what lies
  // behind them is reached.
  rmsn::Model model;
  (void)rmsn::readModel(data, size, model);
  (void)rmsn::checkElf(data, size, rmsn::hostElfMachine());
  if (size < sizeof(rmsn::FileHeader))
    return 0;
  std::vector<unsigned char> bytes(data, data + size);
  rmsn::FileHeader header;
  std::memcpy(&header, data, sizeof(header));
  std::memcpy(header.magic, rmsn::kMagic, sizeof(header.magic));
  header.formatMajor = rmsn::kFormatMajor;
  header.totalLength = size;
  header.checksum = 0;
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.checksum = rmsn::xxHash64(bytes.data(), bytes.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
  rmsn::Model fixed;
  if (rmsn::readModel(bytes.data(), bytes.size(), fixed) == RMSN_STATUS_OK)
    for (const rmsn::BlobDef &blob : fixed.blobs)
      (void)rmsn::checkElf(blob.data, size_t(blob.size),
                           rmsn::hostElfMachine());
  return 0;
}
