// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The manifest of an artifact, as FlatBuffers write it.

#ifndef RMSNORM_RUNTIME_FORMAT_MANIFEST_BUILDER_H
#define RMSNORM_RUNTIME_FORMAT_MANIFEST_BUILDER_H

#include "format/writer.h"

#include "flatbuffers/flatbuffers.h"

namespace rmsn {
namespace writer {

// Where each blob and constant goes. The manifest comes last, because it holds
// the offsets of the others.
struct Placement {
  std::vector<uint64_t> blobs, constants;
  uint64_t end = 0;
};

// The finished buffer.
flatbuffers::FlatBufferBuilder buildManifest(const Artifact &artifact,
                                             const Placement &placement);

} // namespace writer
} // namespace rmsn

#endif // RMSNORM_RUNTIME_FORMAT_MANIFEST_BUILDER_H
