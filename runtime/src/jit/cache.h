// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compiled code on disk.
//
// A file per key in a folder that only this user may enter. Files appear by
// rename and carry their own checksums (an entry is an artifact), so a reader
// sees a whole entry or none; a damaged one is a miss and is removed. Whatever
// goes wrong with the folder (read-only, full, not ours), compilation goes on
// without it.

#ifndef RMSNORM_RUNTIME_JIT_CACHE_H
#define RMSNORM_RUNTIME_JIT_CACHE_H

#include "artifact/bytes.h"
#include "core/context.h"

#include <cstdint>
#include <string>

namespace rmsn {

class DiskCache {
public:
  /// `directory` empty: no cache. `limit` in bytes.
  DiskCache(rmsn_context &context, std::string directory, uint64_t limit);

  bool enabled() const { return !directory.empty(); }
  const std::string &path() const { return directory; }

  /// Reads an entry; false if there is none.
  bool read(const std::string &key, Bytes &bytes);

  /// Writes an entry and removes the least recently used ones beyond the limit.
  void write(const std::string &key, const void *data, size_t size);

  void remove(const std::string &key);

private:
  int openDirectory(bool create);
  void trim(int folder);

  rmsn_context &context;
  std::string directory;
  uint64_t limit;
};

/// $XDG_CACHE_HOME/rmsnorm, ~/.cache/rmsnorm, or "" if there is no home.
std::string defaultCacheDirectory();

} // namespace rmsn

#endif // RMSNORM_RUNTIME_JIT_CACHE_H
