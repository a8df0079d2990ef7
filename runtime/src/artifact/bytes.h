// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The bytes of an artifact: mapped from a file, copied, or borrowed.

#ifndef RMSNORM_RUNTIME_ARTIFACT_BYTES_H
#define RMSNORM_RUNTIME_ARTIFACT_BYTES_H

#include "core/error.h"

#include <cstddef>
#include <cstdint>

namespace rmsn {

class Bytes {
public:
  Bytes() = default;
  ~Bytes();
  Bytes(Bytes &&other) noexcept;
  Bytes &operator=(Bytes &&other) noexcept;

  /// Small files are read, so that what happens to the file later does not
  /// matter; large ones are mapped, so that constants cost no copy.
  rmsn_status openFile(const char *path);

  /// The same for an open file, which stays open. `name` is for messages.
  rmsn_status openDescriptor(int fd, const char *name);

  rmsn_status copy(const void *data, size_t size);
  void borrow(const void *data, size_t size);

  const unsigned char *data() const { return begin; }
  size_t size() const { return length; }

private:
  rmsn_status reserve(size_t size);

  unsigned char *begin = nullptr;
  size_t length = 0;
  size_t mapped = 0; // bytes to unmap, 0 if borrowed
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_ARTIFACT_BYTES_H
