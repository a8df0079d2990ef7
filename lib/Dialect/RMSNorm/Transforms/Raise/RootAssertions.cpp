//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Assertions in bodies that the root of a norm is not zero.

#include "Finder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// torch-mlir guards each reciprocal by an assertion in the body that its
/// operand is not zero.
void Finder::visitAssertions(linalg::LinalgOp op) {
  for (Operation &inner : op.getBlock()->without_terminator()) {
    auto assertion = dyn_cast<cf::AssertOp>(inner);
    const Expr *condition =
        assertion ? valueOf(op, assertion.getArg()) : nullptr;
    if (!condition || condition->kind != Kind::Call)
      continue;
    auto compare = dyn_cast<arith::CmpFOp>(condition->exemplar);
    if (!compare || (compare.getPredicate() != arith::CmpFPredicate::ONE &&
                     compare.getPredicate() != arith::CmpFPredicate::UNE))
      continue;
    const Expr *value = condition->terms[0].expr;
    const Expr *sum = findRootedSum(value);
    if (condition->terms[1].expr->isConstant(0) && sum && isNeverZero(value))
      assertions.push_back({&inner, keyOf(sum)});
  }
}

void Finder::eraseProvenAssertions() {
  for (auto [assertion, key] : assertions) {
    auto root = roots.find(key);
    if (root != roots.end() && root->second.matched)
      assertion->erase();
  }
}
