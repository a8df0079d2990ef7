// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What this machine's CPU can do, by LLVM's feature names.

#ifndef RMSNORM_RUNTIME_CORE_CPU_H
#define RMSNORM_RUNTIME_CORE_CPU_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace rmsn {

/// "x86-64" or "aarch64", as in the manifest.
const char *hostArch();

/// ELF machine number of this CPU.
uint16_t hostElfMachine();

/// A reading of the CPU's feature bits. (Reading them costs microseconds on a
/// virtual machine, so it is done once per context.)
class CpuFeatures {
public:
  CpuFeatures();

  /// False also for names that are not known, so that code which needs them is
  /// not run. A leading '+' is ignored.
  bool has(const char *name) const;

  /// All features that are there, sorted and comma separated.
  std::string list() const;

private:
  bool hasEntry(size_t index) const;

#if defined(__x86_64__)
  uint32_t leaves[5][4] = {};
  uint64_t savedState = 0;
#else
  unsigned long capabilities[2] = {};
#endif
};

/// CPUs that this process may run on, at least 1.
unsigned usableCpus();

/// Bytes per thread below which output had better stay in cache.
uint64_t nontemporalThreshold();

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CORE_CPU_H
