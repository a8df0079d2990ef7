// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The command line of rmsnorm-run.

#ifndef RMSNORM_TOOLS_RMSNORMRUN_OPTIONS_H
#define RMSNORM_TOOLS_RMSNORMRUN_OPTIONS_H

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <string>
#include <vector>

namespace rmsnorm_run {

struct Options {
  std::string artifact, entry;
  std::vector<std::string> inputs, outputs;
  unsigned threads = 0;
  DLDevice device = {kDLCPU, 0};
  unsigned repeat = 0;
  bool info = false, help = false, version = false, verbose = false;
};

/// Returns false with the reason in `error`.
bool parseOptions(int argc, char **argv, Options &options, std::string &error);

extern const char kHelp[];

} // namespace rmsnorm_run

#endif // RMSNORM_TOOLS_RMSNORMRUN_OPTIONS_H
