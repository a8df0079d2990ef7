//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// What a location says to a person: the line of the source, and the submodule
/// that it ran for.

#ifndef RMSNORM_LIB_TARGET_REPORT_SOURCELOCATION_H
#define RMSNORM_LIB_TARGET_REPORT_SOURCELOCATION_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace mlir::rmsnorm {

/// `source`: "modeling_llama.py:66"; `submodule`: "model.layers.1.mlp", or the
/// name of an ONNX node. Empty where the location does not say.
struct SourceLocation {
  std::string source, submodule;
  bool operator==(const SourceLocation &other) const {
    return source == other.source && submodule == other.submodule;
  }
};

SourceLocation getSourceLocation(Location loc);

/// The locations that a fused location is made of, each once, in order.
SmallVector<Location> getParts(Location loc);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_TARGET_REPORT_SOURCELOCATION_H
