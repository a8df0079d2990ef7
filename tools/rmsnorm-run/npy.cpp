// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "npy.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace rmsnorm_run;

namespace {

struct Descr {
  const char *text;
  rmsn_dtype dtype;
};

// ml_dtypes stores bf16 as two untyped bytes, f8e4m3fn as one, and f8e5m2 as a
// one-byte float, which NumPy then cannot read: it is written untyped, too. The
// first entry of a dtype is the one that is written, the last one of a text the
// one that is read, unless the function's argument says otherwise.
constexpr Descr kDescrs[] = {
    {"<f2", RMSN_DTYPE_F16},      {"<V2", RMSN_DTYPE_BF16},
    {"|V2", RMSN_DTYPE_BF16},     {"<f4", RMSN_DTYPE_F32},
    {"<f8", RMSN_DTYPE_F64},      {"|b1", RMSN_DTYPE_BOOL},
    {"|i1", RMSN_DTYPE_I8},       {"<i1", RMSN_DTYPE_I8},
    {"<i2", RMSN_DTYPE_I16},      {"<i4", RMSN_DTYPE_I32},
    {"<i8", RMSN_DTYPE_I64},      {"|u1", RMSN_DTYPE_U8},
    {"<u1", RMSN_DTYPE_U8},       {"<u2", RMSN_DTYPE_U16},
    {"<u4", RMSN_DTYPE_U32},      {"<u8", RMSN_DTYPE_U64},
    {"|V1", RMSN_DTYPE_F8E5M2},   {"<V1", RMSN_DTYPE_F8E4M3FN},
    {"|V1", RMSN_DTYPE_F8E4M3FN}, {"<f1", RMSN_DTYPE_F8E5M2},
    {"|f1", RMSN_DTYPE_F8E5M2},
};

constexpr char kMagic[] = "\x93NUMPY";

struct Closer {
  void operator()(FILE *file) const { fclose(file); }
};
using File = std::unique_ptr<FILE, Closer>;

// The value after 'key': in the header's dictionary, up to `end`.
bool find(const std::string &header, const char *key, size_t &at) {
  for (char quote : {'\'', '"'}) {
    std::string wanted = std::string(1, quote) + key + quote;
    size_t found = header.find(wanted);
    if (found == std::string::npos)
      continue;
    found = header.find(':', found + wanted.size());
    if (found == std::string::npos)
      return false;
    at = header.find_first_not_of(" \t", found + 1);
    return at != std::string::npos;
  }
  return false;
}

bool parseHeader(const std::string &header, std::string &descr, bool &fortran,
                 std::vector<int64_t> &shape, std::string &error) {
  size_t at;
  if (!find(header, "descr", at)) {
    error = "its header has no descr";
    return false;
  }
  char quote = header[at];
  size_t end = header.find(quote, at + 1);
  if ((quote != '\'' && quote != '"') || end == std::string::npos) {
    error = "records are not supported, expected a plain dtype";
    return false;
  }
  descr = header.substr(at + 1, end - at - 1);
  if (!find(header, "fortran_order", at)) {
    error = "its header has no fortran_order";
    return false;
  }
  fortran = header.compare(at, 4, "True") == 0;
  if (!find(header, "shape", at) || header[at] != '(') {
    error = "its header has no shape";
    return false;
  }
  const char *p = header.c_str() + at + 1;
  for (;;) {
    while (*p == ' ' || *p == ',')
      ++p;
    if (*p == ')')
      return true;
    char *after;
    errno = 0;
    long long extent = strtoll(p, &after, 10);
    if (after == p || extent < 0 || errno) {
      error = "its shape is malformed";
      return false;
    }
    shape.push_back(extent);
    p = after;
  }
}

void swapBytes(void *data, size_t bytes, size_t size) {
  auto *begin = static_cast<unsigned char *>(data);
  for (size_t at = 0; at + size <= bytes; at += size)
    std::reverse(begin + at, begin + at + size);
}

} // namespace

bool Array::allocate(uint64_t size) {
  bytes = size;
  uint64_t rounded = (size + 63) & ~uint64_t(63);
  if (rounded < size)
    return false;
  void *memory = aligned_alloc(64, rounded ? size_t(rounded) : 64);
  data = {memory, free};
  return memory != nullptr;
}

bool rmsnorm_run::readNpy(const std::string &path, rmsn_dtype expected,
                          Array &array, std::string &error) {
  auto refuse = [&](const std::string &why) {
    error = "cannot read '" + path + "': " + why;
    return false;
  };
  File file(fopen(path.c_str(), "rb"));
  if (!file)
    return refuse(strerror(errno));
  unsigned char start[12];
  if (fread(start, 1, 10, file.get()) != 10 ||
      memcmp(start, kMagic, sizeof(kMagic) - 1) != 0)
    return refuse("not a .npy file");
  size_t length = size_t(start[8]) | size_t(start[9]) << 8;
  if (start[6] >= 2) {
    if (start[6] > 3)
      return refuse(".npy version " + std::to_string(start[6]) +
                    " is unknown, expected 1 to 3");
    if (fread(start + 10, 1, 2, file.get()) != 2)
      return refuse("it ends in its header");
    length |= size_t(start[10]) << 16 | size_t(start[11]) << 24;
  }
  if (length > (1u << 24))
    return refuse("its header is too long");
  std::string header(length, 0);
  if (fread(header.data(), 1, length, file.get()) != length)
    return refuse("it ends in its header");

  std::string descr, why;
  bool fortran = false;
  array.shape.clear();
  if (!parseHeader(header, descr, fortran, array.shape, why))
    return refuse(why);
  bool swapped = !descr.empty() && descr[0] == '>';
  std::string native = swapped ? "<" + descr.substr(1) : descr;
  array.dtype = RMSN_DTYPE_INVALID;
  for (const Descr &entry : kDescrs)
    if (native == entry.text)
      array.dtype = entry.dtype;
  if (!array.dtype)
    return refuse("dtype '" + descr + "' is not supported");
  if (descr.size() > 1 && descr[1] == 'V' && expected &&
      rmsn_dtype_size(expected) == rmsn_dtype_size(array.dtype))
    array.dtype = expected;

  uint64_t bytes = rmsn_dtype_size(array.dtype);
  for (int64_t extent : array.shape)
    if (__builtin_mul_overflow(bytes, uint64_t(extent), &bytes))
      return refuse("its shape is too large");
  size_t rank = array.shape.size();
  array.strides.assign(rank, 1);
  int64_t run = 1;
  for (size_t i = 0; i < rank; ++i) {
    size_t dim = fortran ? i : rank - 1 - i;
    array.strides[dim] = run;
    run *= array.shape[dim] > 1 ? array.shape[dim] : 1;
  }
  if (!array.allocate(bytes))
    return refuse("no memory for " + std::to_string(bytes) + " bytes");
  if (bytes && fread(array.data.get(), 1, size_t(bytes), file.get()) != bytes)
    return refuse("it is shorter than its shape says");
  if (swapped)
    swapBytes(array.data.get(), size_t(bytes), rmsn_dtype_size(array.dtype));
  return true;
}

bool rmsnorm_run::writeNpy(const std::string &path, rmsn_dtype dtype,
                           const int64_t *shape, int rank, const void *data,
                           uint64_t bytes, std::string &error) {
  std::string descr;
  for (const Descr &entry : kDescrs)
    if (entry.dtype == dtype && descr.empty())
      descr = entry.text;
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (int i = 0; i < rank; ++i)
    header += std::to_string(shape[i]) +
              (i + 1 < rank || rank == 1 ? "," : "") +
              (i + 1 < rank ? " " : "");
  header += "), }";
  // The data starts at a multiple of 64.
  size_t total = (10 + header.size() + 1 + 63) / 64 * 64;
  header.append(total - 10 - header.size() - 1, ' ');
  header += '\n';
  File file(fopen(path.c_str(), "wb"));
  unsigned char start[10] = {0x93,
                             'N',
                             'U',
                             'M',
                             'P',
                             'Y',
                             1,
                             0,
                             static_cast<unsigned char>(header.size()),
                             static_cast<unsigned char>(header.size() >> 8)};
  bool ok =
      file && fwrite(start, 1, 10, file.get()) == 10 &&
      fwrite(header.data(), 1, header.size(), file.get()) == header.size() &&
      (bytes == 0 || fwrite(data, 1, size_t(bytes), file.get()) == bytes) &&
      fflush(file.get()) == 0;
  if (!ok)
    error = "cannot write '" + path + "': " + strerror(errno);
  return ok;
}
