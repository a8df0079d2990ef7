//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The HTML report of a compilation: the module's norms in order, what became
/// of each, and what its kernel reads and writes.

#ifndef RMSNORM_TARGET_REPORT_H
#define RMSNORM_TARGET_REPORT_H

#include "rmsnorm/Target/Compiler.h"

#include <memory>

namespace mlir::rmsnorm {

/// Watches one compilation. Made before it, asked after it.
class CompilationReport {
public:
  /// Looks at the module as given, and takes the remarks of its context until
  /// the report is destroyed. There must be no other remark engine.
  explicit CompilationReport(ModuleOp module);
  ~CompilationReport();

  /// One page of HTML that needs no other file. `fused` is the module as
  /// compileArtifact left it, `model` the name that the page gives it.
  std::string renderHTML(ModuleOp fused, const CompiledArtifact &artifact,
                         StringRef model) const;

private:
  struct State;
  std::shared_ptr<State> state;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_TARGET_REPORT_H
