// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "format/writer.h"

#include "format/file_header.h"
#include "format/manifest_builder.h"
#include "format/writer_checks.h"
#include "format/xxhash64.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

using namespace rmsn;
using namespace rmsn::writer;

namespace {

uint64_t alignUp(uint64_t value) {
  return (value + kFileAlignment - 1) / kFileAlignment * kFileAlignment;
}

Placement place(const Artifact &artifact) {
  Placement placement;
  uint64_t offset = sizeof(FileHeader);
  auto put = [&](const Bytes &bytes, std::vector<uint64_t> &offsets) {
    offset = alignUp(offset);
    offsets.push_back(offset);
    offset += bytes.size;
  };
  for (const Blob &blob : artifact.blobs)
    put(blob.bytes, placement.blobs);
  for (const writer::Constant &constant : artifact.constants)
    put(constant.bytes, placement.constants);
  placement.end = alignUp(offset);
  return placement;
}

using Sink = std::function<bool(const void *, uint64_t)>;

// Hands the file to the sink piece by piece, so that large constants are never
// copied into one buffer first.
bool emit(const Artifact &artifact, const Sink &sink) {
  Placement placement = place(artifact);
  const flatbuffers::FlatBufferBuilder built =
      buildManifest(artifact, placement);

  FileHeader header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.formatMajor = kFormatMajor;
  header.formatMinor = kFormatMinor;
  header.manifestOffset = placement.end;
  header.manifestSize = built.GetSize();
  header.totalLength = placement.end + built.GetSize();

  auto pieces = [&](const Sink &out) {
    uint64_t position = 0;
    static const char zeros[kFileAlignment] = {};
    auto put = [&](const void *data, uint64_t size) {
      position += size;
      return size == 0 || out(data, size);
    };
    auto pad = [&] { return put(zeros, alignUp(position) - position); };
    if (!put(&header, sizeof(header)))
      return false;
    for (const writer::Blob &blob : artifact.blobs)
      if (!pad() || !put(blob.bytes.data, blob.bytes.size))
        return false;
    for (const writer::Constant &constant : artifact.constants)
      if (!pad() || !put(constant.bytes.data, constant.bytes.size))
        return false;
    return pad() && put(built.GetBufferPointer(), built.GetSize());
  };

  XxHash64 hash;
  pieces([&](const void *data, uint64_t size) {
    hash.update(data, size);
    return true;
  });
  header.checksum = hash.digest();
  return pieces(sink);
}

} // namespace

bool rmsn::writer::writeToMemory(const Artifact &artifact,
                                 std::vector<char> &bytes, std::string &error) {
  if (!check(artifact, error))
    return false;
  bytes.clear();
  return emit(artifact, [&](const void *data, uint64_t size) {
    const char *begin = static_cast<const char *>(data);
    bytes.insert(bytes.end(), begin, begin + size);
    return true;
  });
}

/// Writes all of the artifact; false with errno set.
static bool emitTo(int fd, const writer::Artifact &artifact) {
  return emit(artifact, [fd](const void *data, uint64_t size) {
    const char *p = static_cast<const char *>(data);
    while (size) {
      ssize_t written = ::write(fd, p, size);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return false;
      p += written;
      size -= uint64_t(written);
    }
    return true;
  });
}

/// Devices, pipes and the like, which nothing may take the place of.
static bool writeInPlace(const writer::Artifact &artifact,
                         const std::string &path, std::string &error) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  int failure = fd < 0 || !emitTo(fd, artifact) ? errno : 0;
  if (fd >= 0 && close(fd) != 0 && !failure)
    failure = errno;
  if (failure)
    error = "cannot write '" + path + "': " + strerror(failure);
  return !failure;
}

bool rmsn::writer::writeToFile(const Artifact &artifact,
                               const std::string &given, std::string &error) {
  if (!check(artifact, error))
    return false;
  struct stat status;
  std::string path = given;
  if (stat(given.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
      return writeInPlace(artifact, given, error);
    // A link stays one.
    if (char *resolved = realpath(given.c_str(), nullptr)) {
      path = resolved;
      free(resolved);
    }
  }
  std::string temporary = path + ".XXXXXX";
  int fd = mkstemp(temporary.data());
  if (fd < 0) {
    error = "cannot create a file next to '" + given + "': " + strerror(errno);
    return false;
  }
  bool ok = emitTo(fd, artifact);
  // mkstemp makes private files; an artifact has the usual permissions.
  mode_t mask = umask(0);
  umask(mask);
  ok = ok && fchmod(fd, 0666 & ~mask) == 0;
  int failure = ok ? 0 : errno;
  if (close(fd) != 0 && ok) {
    ok = false;
    failure = errno;
  }
  if (ok && rename(temporary.c_str(), path.c_str()) != 0) {
    ok = false;
    failure = errno;
  }
  if (!ok) {
    unlink(temporary.c_str());
    error = "cannot write '" + given + "': " + strerror(failure);
  }
  return ok;
}
