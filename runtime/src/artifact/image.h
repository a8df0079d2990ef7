// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Machine code of an artifact, loaded into the process.

#ifndef RMSNORM_RUNTIME_ARTIFACT_IMAGE_H
#define RMSNORM_RUNTIME_ARTIFACT_IMAGE_H

#include "artifact/model.h"
#include "core/error.h"

namespace rmsn {

class Image {
public:
  Image() = default;
  ~Image();
  Image(const Image &) = delete;
  Image &operator=(const Image &) = delete;

  /// Checks and loads an ELF blob. The bytes are not needed afterwards.
  rmsn_status load(const BlobDef &blob);

  bool loaded() const { return handle != nullptr; }

  /// Null if there is no such symbol in this very image.
  void *symbol(const char *name) const;

private:
  rmsn_status loadFromMemory(const BlobDef &blob, bool &refused);
  rmsn_status loadFromFile(const BlobDef &blob);

  void *handle = nullptr;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_ARTIFACT_IMAGE_H
