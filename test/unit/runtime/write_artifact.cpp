// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Writes the tests' artifact to a file, for tests of programs.

#include "test_support.h"

#include <cstdio>

int main(int argc, char **argv) {
  std::string error;
  if (argc != 2)
    return 1;
  if (!rmsn::writer::writeToFile(rmsn_test::basicArtifact(), argv[1], error)) {
    fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  return 0;
}
