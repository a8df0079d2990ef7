//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// mlir-opt with the rmsnorm dialect: every upstream pass plus ours.

#include "rmsnorm/Registration.h"

#include "rmsnorm_runtime/version.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  llvm::cl::AddExtraVersionPrinter([](llvm::raw_ostream &os) {
    os << "RMSNorm version " RMSN_VERSION_STRING << "\n";
  });
  mlir::DialectRegistry registry;
  mlir::rmsnorm::registerEverything(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "RMSNorm compiler driver\n", registry));
}
