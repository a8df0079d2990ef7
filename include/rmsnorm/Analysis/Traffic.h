//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// How many bytes each operation reads from tensors (or buffers) and writes to
/// them: every element that it needs once, whatever caches do. Works before
/// fusion (linalg, rms_norm), after it (row kernels) and on buffers.

#ifndef RMSNORM_ANALYSIS_TRAFFIC_H
#define RMSNORM_ANALYSIS_TRAFFIC_H

#include "rmsnorm/Analysis/SymbolicSize.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

namespace mlir::rmsnorm {

/// One tensor or buffer that an operation reads or writes.
struct TrafficAccess {
  std::string
      value; // argN, opI#R, constant, vN; views are named as their source
  Type type;
  SymbolicSum bytes;
};

/// One operation that moves memory.
struct OperationTraffic {
  Operation *op = nullptr;
  std::string kind; // row_kernel, norm, elementwise, reduction, contraction,
                    // copy, fill, allocation, other
  std::string name; // of a row kernel
  int64_t norms = 0;
  bool inLoop = false; // numbers are for one execution of the surrounding block
  SmallVector<std::string> fused;
  SmallVector<std::string> locations;
  SmallVector<TrafficAccess> reads, writes;

  SymbolicSum getBytesRead() const;
  SymbolicSum getBytesWritten() const;
};

struct FunctionTraffic {
  std::string name;
  std::vector<OperationTraffic> operations;
};

struct TrafficTotal {
  int64_t operations = 0, norms = 0;
  SymbolicSum bytesRead, bytesWritten;
  void add(const OperationTraffic &operation, llvm::StringRef prefix = "");
};

struct TrafficReport {
  std::vector<FunctionTraffic> functions;
  /// Over all functions, by kind, and under `all`; extents are prefixed by
  /// `<function>:`.
  std::map<std::string, TrafficTotal> getTotals() const;
};

/// The traffic of all functions under `root` (or of `root`, a function).
TrafficReport computeTraffic(Operation *root);

/// `{"format": "rmsnorm-traffic", "version": 1, ...}`; docs/traffic.md has the
/// members.
llvm::json::Value toJSON(const TrafficReport &report, llvm::StringRef label);

} // namespace mlir::rmsnorm

#endif // RMSNORM_ANALYSIS_TRAFFIC_H
