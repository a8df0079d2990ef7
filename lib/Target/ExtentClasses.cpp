//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "ExtentClasses.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;

ExtentClasses::ExtentClasses(func::FuncOp function)
    : arguments(function.getArguments()) {
  // Only what is always executed says something about the arguments.
  for (Operation &op : function.getBody().front())
    visit(&op);
  std::map<Node, unsigned> counts;
  auto count = [&](Value value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        ++counts[find(value, dim)];
  };
  Operation *ret = function.getBody().front().getTerminator();
  llvm::for_each(function.getArguments(), count);
  llvm::for_each(ret->getOperands(), count);
  // Numbered in order of appearance, so that they do not depend on addresses.
  int32_t next = 0;
  auto number = [&](Value value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      for (int64_t dim = 0; dim < type.getRank(); ++dim) {
        Node leader = find(value, dim);
        if (counts[leader] > 1 && symbols.try_emplace(leader, next).second)
          ++next;
      }
  };
  llvm::for_each(function.getArguments(), number);
  llvm::for_each(ret->getOperands(), number);
}

ExtentClasses::Node ExtentClasses::find(Value value, int64_t dim) const {
  auto member = classes.findLeader(node(value, dim));
  return member == classes.member_end() ? node(value, dim) : *member;
}

void ExtentClasses::unite(Value a, Value b) {
  auto type = dyn_cast<RankedTensorType>(a.getType());
  auto other = dyn_cast<RankedTensorType>(b.getType());
  if (!type || !other || type.getRank() != other.getRank())
    return;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    classes.unionSets(node(a, dim), node(b, dim));
}

void ExtentClasses::visit(Operation *op) {
  // The operands of an iteration agree on each loop that they share.
  SmallVector<std::pair<Value, AffineMap>> accesses;
  if (auto kernel = dyn_cast<RowKernelOp>(op)) {
    for (auto [index, operand] : llvm::enumerate(op->getOperands()))
      accesses.push_back({operand, kernel.getMap(index)});
  } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    for (auto [operand, map] :
         llvm::zip_equal(op->getOperands(), linalgOp.getIndexingMapsArray()))
      accesses.push_back({operand, map});
  }
  SmallVector<std::optional<Node>> loops;
  for (auto [value, map] : accesses) {
    if (!isa<RankedTensorType>(value.getType()))
      continue;
    loops.resize(map.getNumDims());
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop)
        continue;
      std::optional<Node> &first = loops[loop.getPosition()];
      if (!first)
        first = node(value, dim);
      classes.unionSets(*first, node(value, dim));
    }
  }
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    for (OpResult result : op->getResults())
      unite(result, destination.getTiedOpOperand(result)->get());

  // Extents that travel as numbers.
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    if (std::optional<int64_t> index = dim.getConstantIndex())
      classes.unionSets(node(dim.getResult(), kNumber),
                        node(dim.getSource(), *index));
  } else if (auto empty = dyn_cast<tensor::EmptyOp>(op)) {
    unsigned next = 0;
    RankedTensorType type = empty.getType();
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim))
        classes.unionSets(node(empty.getResult(), dim),
                          node(empty.getDynamicSizes()[next++], kNumber));
  } else if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    unite(cast.getResult(), cast.getSource());
  }
}

SmallVector<int32_t> ExtentClasses::getSymbols(Value value) const {
  SmallVector<int32_t> result;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return result;
  bool any = false;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    auto symbol = symbols.find(find(value, dim));
    result.push_back(symbol == symbols.end() ? -1 : symbol->second);
    any |= result.back() >= 0;
  }
  if (!any)
    result.clear();
  return result;
}

std::optional<std::pair<unsigned, unsigned>>
ExtentClasses::findInArguments(Value value, unsigned dim) const {
  Node leader = find(value, dim);
  for (BlockArgument argument : arguments)
    if (auto type = dyn_cast<RankedTensorType>(argument.getType()))
      for (int64_t d = 0; d < type.getRank(); ++d)
        if (find(argument, d) == leader)
          return std::make_pair(argument.getArgNumber(), unsigned(d));
  return std::nullopt;
}
