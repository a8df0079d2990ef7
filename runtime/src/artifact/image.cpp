// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "artifact/image.h"

#include "artifact/elf_check.h"
#include "core/cpu.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

using namespace rmsn;

namespace {

bool writeAll(int fd, const unsigned char *data, size_t size) {
  while (size) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    data += n;
    size -= size_t(n);
  }
  return true;
}

// The dynamic linker takes a library for loaded when it knows the name, before
// it looks at the file. A number that the process has reused for another file
// must therefore never give the same name again: the counter is written into it
// as "/./" and "//", which mean the same directory.
std::string uniquePath(int fd) {
  static std::atomic<uint32_t> counter{0};
  std::string path = "/proc/self";
  for (uint32_t n = ++counter; n; n >>= 1)
    path += n & 1 ? "/." : "/";
  return path + "/fd/" + std::to_string(fd);
}

} // namespace

Image::~Image() {
  if (handle)
    dlclose(handle);
}

rmsn_status Image::loadFromMemory(const BlobDef &blob, bool &refused) {
  // Newer kernels want to be told that the memory will be executed; older ones
  // do not know the flag.
  int fd =
      memfd_create("rmsn-code", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (fd < 0 && errno == EINVAL)
    fd = memfd_create("rmsn-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || !writeAll(fd, blob.data, blob.size) ||
      fcntl(fd, F_ADD_SEALS,
            F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    if (fd >= 0)
      close(fd);
    refused = true;
    return RMSN_STATUS_OK;
  }
  handle = dlopen(uniquePath(fd).c_str(), RTLD_NOW | RTLD_LOCAL);
  // What is mapped stays. A process may have more kernels than descriptors.
  close(fd);
  if (!handle) {
    refused = true;
    const char *why = dlerror();
    return fail(RMSN_STATUS_IO_ERROR, "cannot load compiled code: %s",
                why ? why : "unknown reason");
  }
  return RMSN_STATUS_OK;
}

rmsn_status Image::loadFromFile(const BlobDef &blob) {
  const char *folders[] = {getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"};
  rmsn_status status =
      fail(RMSN_STATUS_IO_ERROR, "cannot load compiled code: no folder for it");
  for (const char *folder : folders) {
    if (!folder || !*folder)
      continue;
    // A new folder that nobody else may enter, with a name nobody can foresee.
    std::string path = std::string(folder) + "/rmsn-XXXXXX";
    if (!mkdtemp(path.data()))
      continue;
    std::string file = path + "/code.so";
    int out = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (out >= 0) {
      bool written = writeAll(out, blob.data, blob.size);
      close(out);
      if (written)
        handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (!handle) {
        const char *why = written ? dlerror() : nullptr;
        status = fail(RMSN_STATUS_IO_ERROR,
                      "cannot load compiled code through '%s': %s", folder,
                      why ? why : "cannot write there");
      }
      unlink(file.c_str());
    }
    rmdir(path.c_str());
    if (handle)
      return RMSN_STATUS_OK;
  }
  return status;
}

rmsn_status Image::load(const BlobDef &blob) {
  RMSN_TRY(checkElf(blob.data, blob.size, hostElfMachine()));
  bool refused = false;
  (void)loadFromMemory(blob, refused);
  if (refused)
    RMSN_TRY(loadFromFile(blob));
  const auto *version =
      static_cast<const uint32_t *>(symbol("rmsn_blob_abi_version"));
  if (!version)
    return fail(RMSN_STATUS_CORRUPT_ARTIFACT,
                "artifact is damaged: its machine code does not say which "
                "interface it was made for");
  if (*version != RMSN_BLOB_ABI_VERSION)
    return fail(*version > RMSN_BLOB_ABI_VERSION ? RMSN_STATUS_NEWER_ARTIFACT
                                                 : RMSN_STATUS_CORRUPT_ARTIFACT,
                "artifact's machine code was made for interface version %u, "
                "this runtime has %u",
                *version, RMSN_BLOB_ABI_VERSION);
  return RMSN_STATUS_OK;
}

void *Image::symbol(const char *name) const {
  // dlsym also looks into what the library depends on; blobs depend on nothing.
  return dlsym(handle, name);
}
