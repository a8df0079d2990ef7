//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Npy.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace llvm;
using namespace rmsnorm_emulate;

int64_t Array::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

/// The text between `begin` and `end` after the key, or empty.
static StringRef field(StringRef header, StringRef key, StringRef begin,
                       StringRef end) {
  StringRef rest = header.split(key).second.split(begin).second;
  return rest.split(end).first;
}

bool rmsnorm_emulate::readNpy(const std::string &path, Array &array,
                              std::string &error) {
  auto fail = [&](const Twine &what) {
    error = (path + ": " + what).str();
    return false;
  };
  auto file = MemoryBuffer::getFile(path);
  if (!file)
    return fail(file.getError().message());
  StringRef data = (*file)->getBuffer();
  if (data.size() < 12 || !data.starts_with("\x93NUMPY"))
    return fail("is not an .npy file");
  unsigned major = uint8_t(data[6]);
  size_t lengthSize = major == 1 ? 2 : 4, headerSize = 0;
  for (size_t i = 0; i < lengthSize; ++i)
    headerSize |= size_t(uint8_t(data[8 + i])) << (8 * i);
  StringRef header = data.substr(8 + lengthSize, headerSize);
  StringRef body =
      data.drop_front(std::min(data.size(), 8 + lengthSize + headerSize));
  array.descr = field(header, "'descr'", "'", "'").str();
  if (header.contains("'fortran_order': True"))
    return fail("is in Fortran order, expected C order");
  array.shape.clear();
  SmallVector<StringRef> extents;
  field(header, "'shape'", "(", ")").split(extents, ',', -1, false);
  for (StringRef text : extents) {
    int64_t extent = 0;
    if (text.trim().empty())
      continue;
    if (text.trim().getAsInteger(10, extent) || extent < 0)
      return fail("has the shape entry '" + text + "'");
    array.shape.push_back(extent);
  }
  uint64_t itemSize = 0;
  if (StringRef(array.descr)
          .drop_front(std::min<size_t>(2, array.descr.size()))
          .getAsInteger(10, itemSize) ||
      itemSize == 0)
    return fail("has element type '" + array.descr + "'");
  if (body.size() != itemSize * array.elements())
    return fail("has " + Twine(body.size()) + " bytes of data, expected " +
                Twine(itemSize * array.elements()));
  array.bytes.assign(body.bytes_begin(), body.bytes_end());
  return true;
}

bool rmsnorm_emulate::writeNpy(const std::string &path, const Array &array,
                               std::string &error) {
  std::string header =
      "{'descr': '" + array.descr + "', 'fortran_order': False, 'shape': (";
  for (int64_t extent : array.shape)
    header += std::to_string(extent) + ", ";
  header += "), }";
  while ((10 + header.size() + 1) % 64 != 0)
    header += ' ';
  header += '\n';
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (!code) {
    stream << StringRef("\x93NUMPY\x01\x00", 8) << char(header.size() & 0xff)
           << char(header.size() >> 8) << header;
    stream.write(reinterpret_cast<const char *>(array.bytes.data()),
                 array.bytes.size());
    stream.flush();
    code = stream.error();
    stream.clear_error();
  }
  if (code)
    error = path + ": " + code.message();
  return !code;
}
