//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Verifiers and effects of the operations that reach the host runtime.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

LogicalResult
ParallelCallOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  auto callee = symbolTable.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getCalleeAttr());
  if (!callee)
    return emitOpError() << "'" << getCallee() << "' is not a function";
  // After conversion to LLVM the callee has other types; nothing to compare.
  auto function = dyn_cast<func::FuncOp>(callee.getOperation());
  if (!function)
    return success();
  SmallVector<Type> expected(2, IndexType::get(getContext()));
  llvm::append_range(expected, getArguments().getTypes());
  if (!llvm::equal(function.getArgumentTypes(), expected) ||
      function.getNumResults() != 0)
    return emitOpError() << "'" << getCallee() << "' has type "
                         << function.getFunctionType()
                         << ", expected (index, index, arguments...) -> ()";
  return success();
}

LogicalResult GemmOp::verify() {
  std::pair<MemRefType, ArrayRef<int64_t>> operands[] = {
      {getA().getType(), getADims()},
      {getB().getType(), getBDims()},
      {getC().getType(), getCDims()}};
  const char *names[] = {"a_dims", "b_dims", "c_dims"};
  for (auto [index, operand] : llvm::enumerate(operands)) {
    auto [type, dims] = operand;
    if (dims.size() != 3)
      return emitOpError() << "'" << names[index]
                           << "' must have 3 elements, got " << dims.size();
    int64_t used = 0;
    for (int64_t dim : dims) {
      if (dim < -1 || dim >= type.getRank())
        return emitOpError()
               << "'" << names[index] << "' has " << dim
               << ", expected -1 or a dimension below " << type.getRank();
      used += dim >= 0;
    }
    if (used != type.getRank())
      return emitOpError() << "'" << names[index]
                           << "' must use every dimension of " << type;
  }
  return success();
}

void GemmOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto *resource = SideEffects::DefaultResource::get();
  effects.emplace_back(MemoryEffects::Read::get(), &getAMutable(), resource);
  effects.emplace_back(MemoryEffects::Read::get(), &getBMutable(), resource);
  if (getAccumulate())
    effects.emplace_back(MemoryEffects::Read::get(), &getCMutable(), resource);
  effects.emplace_back(MemoryEffects::Write::get(), &getCMutable(), resource);
}
