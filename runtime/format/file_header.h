// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The first 64 bytes of a `.rmsn` file. All numbers are little-endian.

#ifndef RMSNORM_RUNTIME_FORMAT_FILEHEADER_H
#define RMSNORM_RUNTIME_FORMAT_FILEHEADER_H

#include "rmsnorm_runtime/version.h"

#include <cstddef>
#include <cstdint>

namespace rmsn {

// As in PNG: not text, and damaged by transfers that mangle line ends.
inline constexpr unsigned char kMagic[8] = {0x89, 'R',  'M',  'S',
                                            'N',  0x0d, 0x0a, 0x1a};

// The format's version is the first two numbers of the release's. A reader
// refuses files of a higher major number; a higher minor number means additions
// that it can ignore.
inline constexpr uint32_t kFormatMajor = RMSN_VERSION_MAJOR;
inline constexpr uint32_t kFormatMinor = RMSN_VERSION_MINOR;

// Everything in the file that is pointed to starts at such a multiple.
inline constexpr uint64_t kFileAlignment = 64;

struct FileHeader {
  unsigned char magic[8];
  uint32_t formatMajor;
  uint32_t formatMinor;
  uint64_t totalLength;
  uint64_t manifestOffset;
  uint64_t manifestSize;
  uint64_t checksum; // XXH64 of the whole file, with this field zero
  uint64_t reserved[2];
};
static_assert(sizeof(FileHeader) == 64, "the header's size is fixed");
static_assert(offsetof(FileHeader, checksum) == 40, "no padding");

} // namespace rmsn

#endif // RMSNORM_RUNTIME_FORMAT_FILEHEADER_H
