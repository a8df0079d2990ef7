//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Extents and byte counts with names for what is known only at run time.

#ifndef RMSNORM_ANALYSIS_SYMBOLICSIZE_H
#define RMSNORM_ANALYSIS_SYMBOLICSIZE_H

#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/Value.h"

#include "llvm/ADT/DenseMap.h"

#include <map>
#include <string>
#include <vector>

namespace mlir::rmsnorm {

/// A product of a number and named extents.
struct SymbolicProduct {
  int64_t factor = 1;
  std::vector<std::string> extents; // ascending

  SymbolicProduct() = default;
  explicit SymbolicProduct(int64_t factor) : factor(factor) {}
  SymbolicProduct &operator*=(const SymbolicProduct &other);
  bool operator==(const SymbolicProduct &other) const {
    return factor == other.factor && extents == other.extents;
  }
};

/// A sum of such products: bytes.
class SymbolicSum {
public:
  SymbolicSum &operator+=(const SymbolicProduct &term);
  SymbolicSum &operator+=(const SymbolicSum &other);

  /// The number, if no extent is unknown.
  std::optional<int64_t> getStatic() const;
  /// `8192*arg0.d0 + 64`; `0` when empty.
  std::string str() const;
  /// The same sum with `prefix` before the name of each extent.
  SymbolicSum withPrefix(llvm::StringRef prefix) const;
  /// Factors by the extents that they are multiplied with.
  const std::map<std::vector<std::string>, int64_t> &getTerms() const {
    return terms;
  }

private:
  std::map<std::vector<std::string>, int64_t> terms;
};

/// Names the extents of one function's tensors and buffers: an extent that is
/// that of an argument has one name wherever it appears.
class ExtentNames {
public:
  /// The extent of dimension `dim` of `shaped`.
  SymbolicProduct get(Value shaped, int64_t dim);
  /// The product of all extents.
  SymbolicProduct getNumElements(Value shaped);

private:
  SymbolicProduct resolve(Value shaped, int64_t dim);
  SymbolicProduct resolveIndex(Value index);
  SymbolicProduct resolve(OpFoldResult size);
  SymbolicProduct unknown(Value value, int64_t dim);

  llvm::DenseMap<std::pair<Value, int64_t>, SymbolicProduct> known;
  unsigned numUnknown = 0;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_ANALYSIS_SYMBOLICSIZE_H
