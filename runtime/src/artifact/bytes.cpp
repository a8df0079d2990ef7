// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "artifact/bytes.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace rmsn;

static constexpr size_t kReadBelow = size_t(4) << 20;

Bytes::~Bytes() {
  if (mapped)
    munmap(begin, mapped);
}

Bytes::Bytes(Bytes &&other) noexcept { *this = std::move(other); }

Bytes &Bytes::operator=(Bytes &&other) noexcept {
  std::swap(begin, other.begin);
  std::swap(length, other.length);
  std::swap(mapped, other.mapped);
  return *this;
}

rmsn_status Bytes::reserve(size_t size) {
  size_t wanted = size ? size : 1;
  void *memory = mmap(nullptr, wanted, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return fail(RMSN_STATUS_OUT_OF_MEMORY,
                "no memory for an artifact of %zu "
                "bytes",
                size);
  begin = static_cast<unsigned char *>(memory);
  mapped = wanted;
  length = size;
  return RMSN_STATUS_OK;
}

rmsn_status Bytes::openFile(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(RMSN_STATUS_IO_ERROR, "cannot open '%s': %s", path,
                ErrnoText(errno).c_str());
  rmsn_status status = openDescriptor(fd, path);
  close(fd);
  return status;
}

rmsn_status Bytes::openDescriptor(int fd, const char *name) {
  struct stat info;
  if (fstat(fd, &info) != 0)
    return fail(RMSN_STATUS_IO_ERROR, "cannot inspect '%s': %s", name,
                ErrnoText(errno).c_str());
  if (!S_ISREG(info.st_mode))
    return fail(RMSN_STATUS_IO_ERROR, "cannot open '%s': not a regular file",
                name);
  size_t size = size_t(info.st_size);
  if (size < kReadBelow) {
    RMSN_TRY(reserve(size));
    size_t got = 0;
    while (got < size) {
      ssize_t n = pread(fd, begin + got, size - got, off_t(got));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail(RMSN_STATUS_IO_ERROR, "cannot read '%s': %s", name,
                    ErrnoText(errno).c_str());
      if (n == 0)
        break;
      got += size_t(n);
    }
    length = got;
    return RMSN_STATUS_OK;
  }
  void *memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED)
    return fail(RMSN_STATUS_IO_ERROR, "cannot map '%s': %s", name,
                ErrnoText(errno).c_str());
  begin = static_cast<unsigned char *>(memory);
  length = mapped = size;
  return RMSN_STATUS_OK;
}

rmsn_status Bytes::copy(const void *data, size_t size) {
  RMSN_TRY(reserve(size));
  if (size)
    std::memcpy(begin, data, size);
  return RMSN_STATUS_OK;
}

void Bytes::borrow(const void *data, size_t size) {
  begin = static_cast<unsigned char *>(const_cast<void *>(data));
  length = size;
  mapped = 0;
}
