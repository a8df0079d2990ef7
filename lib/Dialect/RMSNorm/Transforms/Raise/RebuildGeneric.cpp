//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Copies of linalg operations with some values read instead of computed.

#include "Rewriter.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::rmsnorm::raise;

SmallVector<Value>
rmsnorm::raise::rebuildGeneric(OpBuilder &b, linalg::LinalgOp op,
                               const ScalarReplacements &replacements,
                               ArrayRef<bool> drop) {
  Block *block = op.getBlock();
  Operation *yield = block->getTerminator();

  // What the remaining results need.
  llvm::SetVector<Value> needed;
  auto need = [&](Value value) { needed.insert(value); };
  for (auto [number, value] : llvm::enumerate(yield->getOperands()))
    if (!drop[number])
      need(value);
  SmallVector<Operation *> effects;
  for (Operation &inner : block->without_terminator())
    if (!isPure(&inner)) {
      effects.push_back(&inner);
      for (Value operand : inner.getOperands())
        need(operand);
    }
  llvm::SmallDenseSet<Operation *> kept(effects.begin(), effects.end());
  for (unsigned next = 0; next < needed.size(); ++next) {
    Value value = needed[next];
    Operation *definition = value.getDefiningOp();
    if (replacements.count(value) || !definition ||
        definition->getBlock() != block)
      continue;
    if (kept.insert(definition).second || true)
      definition->walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          need(operand);
      });
  }
  SmallVector<Value> results(op->getNumResults());
  if (needed.empty() && effects.empty())
    return results;

  SmallVector<Value> inputs, inits;
  SmallVector<AffineMap> maps, initMaps;
  SmallVector<Value> arguments, initArguments;
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (!needed.contains(argument) || replacements.count(argument))
      continue;
    inputs.push_back(input->get());
    maps.push_back(op.getMatchingIndexingMap(input));
    arguments.push_back(argument);
  }
  unsigned loops = op.getNumLoops();
  for (Value value : needed) {
    auto replacement = replacements.find(value);
    if (replacement == replacements.end())
      continue;
    inputs.push_back(replacement->second.tensor);
    maps.push_back(
        AffineMap::get(loops, 0, replacement->second.indices, b.getContext()));
    arguments.push_back(value);
  }
  SmallVector<unsigned> keptResults;
  for (unsigned number = 0; number < drop.size(); ++number) {
    if (drop[number])
      continue;
    OpOperand *init = op.getDpsInitOperand(number);
    inits.push_back(init->get());
    initMaps.push_back(op.getMatchingIndexingMap(init));
    initArguments.push_back(init->getOperandNumber() < block->getNumArguments()
                                ? Value(op.getMatchingBlockArgument(init))
                                : Value());
    keptResults.push_back(number);
  }
  // Each loop has its extent from some operand.
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    auto isCovered = [&](unsigned loop) {
      auto reads = [&](AffineMap other) {
        return other.isFunctionOfDim(loop) &&
               other.getResultPosition(b.getAffineDimExpr(loop));
      };
      return llvm::any_of(maps, reads) || llvm::any_of(initMaps, reads);
    };
    bool adds = llvm::any_of(map.getResults(), [&](AffineExpr index) {
      auto loop = dyn_cast<AffineDimExpr>(index);
      return loop && !isCovered(loop.getPosition());
    });
    if (!adds || llvm::is_contained(inputs, input->get()))
      continue;
    inputs.push_back(input->get());
    maps.push_back(map);
    arguments.push_back(op.getMatchingBlockArgument(input));
  }
  llvm::append_range(maps, initMaps);
  SmallVector<Type> types;
  for (Value init : inits)
    types.push_back(init.getType());
  auto generic = linalg::GenericOp::create(
      b, op.getLoc(), types, inputs, inits, maps, op.getIteratorTypesArray(),
      [&](OpBuilder &inner, Location loc, ValueRange given) {
        IRMapping mapping;
        for (auto [argument, value] :
             llvm::zip(arguments, given.take_front(arguments.size())))
          mapping.map(argument, value);
        for (auto [argument, value] :
             llvm::zip(initArguments, given.drop_front(arguments.size())))
          if (argument)
            mapping.map(argument, value);
        for (Operation &original : block->without_terminator()) {
          if (!kept.contains(&original))
            continue;
          Operation *copy = inner.clone(original, mapping);
          // A replaced value may sit in an operation with other results.
          for (auto [from, to] :
               llvm::zip(original.getResults(), copy->getResults()))
            if (replacements.count(from))
              mapping.map(from, mapping.lookup(from));
        }
        SmallVector<Value> yields;
        for (unsigned number : keptResults)
          yields.push_back(mapping.lookupOrDefault(yield->getOperand(number)));
        linalg::YieldOp::create(inner, loc, yields);
      });
  for (auto [number, result] : llvm::zip(keptResults, generic.getResults()))
    results[number] = result;
  return results;
}
