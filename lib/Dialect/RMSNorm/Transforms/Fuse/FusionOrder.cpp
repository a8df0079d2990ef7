//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "FusionOrder.h"

#include "mlir/IR/Block.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// A layer of a model has about a hundred operations. With the bound, the time
/// that fusion takes grows linearly with the model.
static constexpr size_t kMaxBetween = 512;

FailureOr<SmallVector<Operation *>>
rmsnorm::collectOperationsBetween(Operation *first, Operation *second,
                                  std::string &why) {
  Block *block = second->getBlock();
  llvm::SetVector<Operation *> between;
  SmallVector<Operation *> worklist{first};
  while (!worklist.empty()) {
    for (Operation *user : worklist.pop_back_val()->getUsers()) {
      Operation *ancestor = block->findAncestorOpInBlock(*user);
      if (!ancestor) {
        why = "a result is used outside the block";
        return failure();
      }
      if (ancestor == second || ancestor == first ||
          !ancestor->isBeforeInBlock(second) || !between.insert(ancestor))
        continue;
      if (between.size() > kMaxBetween) {
        why = "too many operations depend on it before the consumer";
        return failure();
      }
      if (!isMemoryEffectFree(ancestor)) {
        why = "an operation with side effects needs a result before the "
              "consumer";
        return failure();
      }
      worklist.push_back(ancestor);
    }
  }
  for (Operation *op : between)
    for (Operation *user : op->getUsers())
      if (block->findAncestorOpInBlock(*user) == second) {
        why = "the consumer also needs what others compute from it: one "
              "kernel of both would wait for itself";
        return failure();
      }
  SmallVector<Operation *> ordered = between.takeVector();
  llvm::sort(ordered, [](Operation *lhs, Operation *rhs) {
    return lhs->isBeforeInBlock(rhs);
  });
  return ordered;
}

void rmsnorm::moveBehind(llvm::ArrayRef<Operation *> operations,
                         Operation *op) {
  for (Operation *moved : operations) {
    moved->moveAfter(op);
    op = moved;
  }
}
