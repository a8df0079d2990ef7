//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Which extents of a function's tensors must be equal.

#ifndef RMSNORM_LIB_TARGET_EXTENTCLASSES_H
#define RMSNORM_LIB_TARGET_EXTENTCLASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/EquivalenceClasses.h"

namespace mlir::rmsnorm {

/// Extents of the tensors of a fused function, grouped by what its operations
/// ask for: the operands of an operation that iterates over them agree.
class ExtentClasses {
public:
  explicit ExtentClasses(func::FuncOp function);

  /// A number for each extent of a value, the same for equal extents, -1 where
  /// the extent equals no other one of an argument or result.
  SmallVector<int32_t> getSymbols(Value value) const;

  /// An argument and its dimension with the extent `dim` of `value`.
  std::optional<std::pair<unsigned, unsigned>>
  findInArguments(Value value, unsigned dim) const;

private:
  /// An extent of a tensor, or with `kNumber` the value of an index.
  using Node = std::pair<void *, int64_t>;
  static constexpr int64_t kNumber = -1;
  static Node node(Value value, int64_t dim) {
    return {value.getAsOpaquePointer(), dim};
  }
  void visit(Operation *op);
  void unite(Value a, Value b);
  Node find(Value value, int64_t dim) const;

  MutableArrayRef<BlockArgument> arguments;
  llvm::EquivalenceClasses<Node> classes;
  /// Classes with at least two extents of arguments and results.
  std::map<Node, int32_t> symbols;
};

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_TARGET_EXTENTCLASSES_H
