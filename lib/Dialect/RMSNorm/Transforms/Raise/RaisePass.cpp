//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-raise: linalg that computes an RMS norm becomes rmsnorm.rms_norm.

#include "Finder.h"
#include "Rewriter.h"

#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/Format.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMRAISE
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// What the norm is, in a few words.
static std::string describe(RMSNormOp norm) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "rms_norm over axes [";
  llvm::interleaveComma(norm.getAxes(), os);
  os << "] of " << norm.getInputType();
  if (norm.getEpsilon())
    os << ", eps given as a tensor";
  else
    os << ", eps = "
       << llvm::format("%g", norm.getEps().convertToDouble());
  if (norm.getEpsMode() != EpsMode::Inside)
    os << " (" << stringifyEpsMode(norm.getEpsMode()) << ")";
  double minRms = norm.getMinRms().convertToDouble();
  if (minRms != 0)
    os << ", min_rms = " << llvm::format("%g", minRms);
  if (norm.getScale())
    os << ", scale inside";
  if (norm.getBias())
    os << ", bias inside";
  os << ", rounded to " << norm.getOutputType().getElementType();
  return text;
}

/// Erases what nothing uses any more; later operations first.
static void eraseDead(Operation *root) {
  root->walk<WalkOrder::PostOrder, mlir::ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

namespace {
struct RaisePass : public mlir::rmsnorm::impl::RMSNormRaiseBase<RaisePass> {
  using RMSNormRaiseBase::RMSNormRaiseBase;

  void report(Location loc, StringRef function, bool raised,
              const std::string &text) {
    auto opts = remark::RemarkOpts::name(raised ? "NormRaised" : "NormRefused")
                    .category("rmsnorm-raise")
                    .function(function);
    if (raised)
      remark::passed(loc, opts) << text;
    else
      remark::missed(loc, opts) << text;
    if (emitRemarks)
      emitRemark(loc) << text;
  }

  void runOnOperation() override {
    SmallVector<FunctionOpInterface> functions;
    getOperation()->walk(
        [&](FunctionOpInterface op) { functions.push_back(op); });
    for (FunctionOpInterface function : functions)
      raiseIn(function);
  }

  void raiseIn(FunctionOpInterface root) {
    StringRef function = root.getName();

    ExprContext context(&getContext());
    ExprBuilder builder(context);
    Finder finder(builder, strictNaN);
    finder.run(root);
    finder.eraseProvenAssertions();
    Rewriter rewriter(builder, root);
    for (auto &[op, group] : finder.groups()) {
      SmallVector<Match *> made;
      for (Match *match : group) {
        std::string reason;
        if (failed(rewriter.makeNorm(*match, reason))) {
          finder.refuse(match->form.denominator.sum, match->value.getLoc(),
                        reason);
          continue;
        }
        made.push_back(match);
        ++numRaised;
        report(match->value.getLoc(), function, true,
               "found " + describe(match->norm));
      }
      if (!made.empty())
        rewriter.rewrite(op, made);
    }
    for (const auto &refusal : finder.refusals()) {
      ++numRefused;
      report(refusal.loc, function, false,
             "not an rms_norm: " + refusal.reason);
    }
    eraseDead(root);
  }
};
} // namespace
