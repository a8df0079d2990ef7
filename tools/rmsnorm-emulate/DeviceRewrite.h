//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Turns LLVM IR for NVPTX into LLVM IR that runs on the host, one call per
/// thread of a block.

#ifndef RMSNORM_EMULATE_DEVICEREWRITE_H
#define RMSNORM_EMULATE_DEVICEREWRITE_H

#include "llvm/IR/Module.h"

#include <memory>
#include <string>
#include <vector>

namespace rmsnorm_emulate {

/// Symbol of the function that calls the kernel with its parameters taken from
/// an array of 8-byte slots.
inline constexpr const char *entrySymbol = "rmsn_emu_entry";

struct SharedBuffer {
  std::string symbol;
  uint64_t size;
};

struct HostModule {
  std::unique_ptr<llvm::Module> module;
  std::vector<SharedBuffer> shared;
};

/// Rewrites: every load and store is preceded by a call of rmsn_emu_access,
/// NVVM intrinsics become calls of the emulator, address spaces disappear.
/// Null module with `error` set when the device code uses something that the
/// emulator does not know. `device` is changed on the way.
HostModule rewriteForHost(llvm::Module &device, const std::string &kernel,
                          const llvm::DataLayout &layout,
                          const llvm::Triple &triple, std::string &error);

} // namespace rmsnorm_emulate

#endif // RMSNORM_EMULATE_DEVICEREWRITE_H
