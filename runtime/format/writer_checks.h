// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a writer refuses: artifacts that a reader would.

#ifndef RMSNORM_RUNTIME_FORMAT_WRITER_CHECKS_H
#define RMSNORM_RUNTIME_FORMAT_WRITER_CHECKS_H

#include "format/writer.h"

namespace rmsn {
namespace writer {

// False, with what is wrong, for an artifact that is none.
bool check(const Artifact &artifact, std::string &error);

} // namespace writer
} // namespace rmsn

#endif // RMSNORM_RUNTIME_FORMAT_WRITER_CHECKS_H
