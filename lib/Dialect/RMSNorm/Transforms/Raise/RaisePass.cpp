//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-raise: linalg that computes an RMS norm becomes rmsnorm.rms_norm.

#include "Elementwise.h"
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
    os << ", eps = " << llvm::format("%g", norm.getEps().convertToDouble());
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

/// A concatenation of all the parts of a tensor is that tensor.
static void foldJoinedParts(Operation *root) {
  root->walk([](tensor::ConcatOp concat) {
    Value whole;
    int64_t next = 0, dim = static_cast<int64_t>(concat.getDim());
    for (Value input : concat.getInputs()) {
      auto part = input.getDefiningOp<tensor::ExtractSliceOp>();
      if (!part || (whole && part.getSource() != whole) ||
          part.getType().getRank() != concat.getResultType().getRank() ||
          part.getSourceType() != concat.getResultType() ||
          !part.hasUnitStride() || part.getType().isDynamicDim(dim) ||
          concat.getResultType().isDynamicDim(dim))
        return;
      whole = part.getSource();
      for (auto [axis, offset] : llvm::enumerate(part.getStaticOffsets()))
        if (offset != (static_cast<int64_t>(axis) == dim ? next : 0))
          return;
      next += part.getType().getDimSize(dim);
      // Whole in all other dimensions.
      for (auto [axis, size] : llvm::enumerate(part.getMixedSizes())) {
        auto value = dyn_cast<Value>(size);
        if (!value && static_cast<int64_t>(axis) != dim &&
            getConstantIntValue(size) != part.getSourceType().getDimSize(axis))
          return;
        auto extent = value ? value.getDefiningOp<tensor::DimOp>() : nullptr;
        if (value && (!extent || extent.getSource() != whole ||
                      getConstantIntValue(extent.getIndex()) !=
                          static_cast<int64_t>(axis)))
          return;
      }
    }
    if (whole && next == concat.getResultType().getDimSize(dim)) {
      concat.replaceAllUsesWith(whole);
      concat.erase();
    }
  });
}

/// Erases what nothing uses any more; later operations first.
static void eraseDead(Operation *root) {
  root->walk<WalkOrder::PostOrder, mlir::ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

/// The element of the rstd of `match` that belongs to `row`, an element of the
/// sum of squares as read in `op`; `own` is that of the match.
static std::optional<Element> rowElement(const Match &match, const Element &own,
                                         const Element &row,
                                         linalg::LinalgOp op,
                                         Rewriter &rewriter) {
  RMSNormOp norm = match.norm;
  if (norm->getNumResults() != 2 || norm->getBlock() != op->getBlock() ||
      !rewriter.isAvailable(norm.getResult(1), op))
    return std::nullopt;
  Element element{norm.getResult(1), {}};
  for (int64_t dim : norm.getRowDims()) {
    AffineExpr index = match.indices[dim];
    if (!isa<AffineConstantExpr>(index)) {
      auto found = llvm::find(own.indices, index);
      if (found == own.indices.end())
        return std::nullopt;
      index = row.indices[found - own.indices.begin()];
    }
    if (!isa<AffineDimExpr, AffineConstantExpr>(index))
      return std::nullopt;
    element.indices.push_back(index);
  }
  return element;
}

/// The norm without its second result, where nothing reads that.
static void dropUnusedRstd(RMSNormOp norm) {
  if (norm->getNumResults() != 2 || !norm.getResult(1).use_empty())
    return;
  OpBuilder b(norm);
  Value init = norm.getRstd();
  auto plain = RMSNormOp::create(
      b, norm.getLoc(), norm.getInput(), norm.getScale(), norm.getBias(),
      norm.getEpsilon(), norm.getOutput(), Value(), norm.getAxes(),
      norm.getEps().convertToDouble(), norm.getEpsMode(),
      norm.getMinRms().convertToDouble(),
      norm.getComputeType().value_or(Type()));
  norm.getResult(0).replaceAllUsesWith(plain.getResult(0));
  norm.erase();
  if (Operation *empty = init.getDefiningOp(); isOpTriviallyDead(empty))
    empty->erase();
}

namespace {
struct RaisePass : public mlir::rmsnorm::impl::RMSNormRaiseBase<RaisePass> {
  using RMSNormRaiseBase::RMSNormRaiseBase;

  static remark::RemarkOpts optionsOf(StringRef name, StringRef function) {
    return remark::RemarkOpts::name(name)
        .category("rmsnorm-raise")
        .function(function);
  }

  void reportRaised(const Match &match, StringRef function) {
    RMSNormOp norm = match.norm;
    Location loc = match.value.getLoc();
    std::string text = "found " + describe(norm);
    auto printed = [](auto value) {
      std::string result;
      llvm::raw_string_ostream(result) << value;
      return result;
    };
    std::string axes;
    llvm::raw_string_ostream os(axes);
    os << "[";
    llvm::interleaveComma(norm.getAxes(), os);
    os << "]";
    auto number = [&](double value) {
      return printed(llvm::format("%.17g", value));
    };
    using Arg = remark::detail::Remark::Arg;
    remark::passed(loc, optionsOf("NormRaised", function))
        << text << Arg("Axes", axes)
        << Arg("Input", printed(norm.getInputType()))
        << Arg("Output", printed(norm.getOutputType()))
        << Arg("ComputeType", printed(norm.getComputeFloatType()))
        << Arg("Eps", number(norm.getEps().convertToDouble()))
        << Arg("EpsMode", stringifyEpsMode(norm.getEpsMode()))
        << Arg("MinRms", number(norm.getMinRms().convertToDouble()))
        << Arg("Scale", bool(norm.getScale()))
        << Arg("Bias", bool(norm.getBias()))
        << Arg("EpsOperand", bool(norm.getEpsilon()))
        << Arg("Rstd", bool(norm.getRstd()));
    if (emitRemarks)
      emitRemark(loc) << text;
  }

  void reportRefused(const Finder::Refused &refusal, StringRef function) {
    std::string text = "not an rms_norm: " + refusal.reason;
    using Arg = remark::detail::Remark::Arg;
    remark::missed(refusal.loc, optionsOf("NormRefused", function))
        << text << Arg("Proof", refusal.proof) << Arg("Reason", refusal.reason);
    if (emitRemarks)
      emitRemark(refusal.loc) << text;
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

    normsToLinalg(root, strictNaN, assumeF32Accumulation);
    ExprContext context(&getContext());
    ExprBuilder builder(context, root, assumeF32Accumulation);
    Finder finder(builder, strictNaN);
    finder.run(root);
    finder.eraseProvenAssertions();
    Rewriter rewriter(builder, root);
    llvm::DenseMap<Operation *, ScalarReplacements> replacements;
    SmallVector<Match *> made;
    llvm::DenseMap<const Expr *, Match *> wholes;
    for (Match *match : finder.found()) {
      // The same value, computed again by another operation.
      if (Match *same = match->same;
          same && same->norm &&
          same->norm->getBlock() == match->op->getBlock() &&
          rewriter.isAvailable(same->result, match->op)) {
        replacements[match->op][match->value] = {same->result, same->indices};
        continue;
      }
      // Another part of a norm of which there is all.
      const std::optional<NormForm::Part> &part = match->form.part;
      if (Match *other = part ? wholes.lookup(part->whole) : nullptr;
          other && other->norm->getBlock() == match->op->getBlock() &&
          rewriter.isAvailable(other->whole, match->op) &&
          succeeded(rewriter.takePart(*match, *other))) {
        replacements[match->op][match->value] = {match->result, match->indices};
        continue;
      }
      SmallVector<Finder::Rstd> rstds = finder.rstdsOf(*match);
      std::optional<Element> sum = finder.sumOf(*match);
      Operation *early = sum ? sum->tensor.getDefiningOp() : nullptr;
      std::string reason;
      if (failed(rewriter.makeNorm(*match, early, !rstds.empty(), reason))) {
        finder.refuse(match->form.sumBeforeSplits, match->value.getLoc(),
                      reason);
        continue;
      }
      made.push_back(match);
      if (part)
        wholes.insert({part->whole, match});
      ++numRaised;
      reportRaised(*match, function);
      replacements[match->op][match->value] = {match->result, match->indices};
      for (const Finder::Rstd &rstd : rstds)
        if (std::optional<Element> element =
                rowElement(*match, *sum, rstd.row, rstd.op, rewriter))
          replacements[rstd.op].insert({rstd.value, *element});
    }
    for (linalg::LinalgOp op : finder.operations()) {
      auto found = replacements.find(op);
      if (found != replacements.end())
        rewriter.rewrite(op, found->second);
    }
    for (const Finder::Refused &refusal : finder.refusals()) {
      ++numRefused;
      reportRefused(refusal, function);
    }
    if (!wholes.empty())
      foldJoinedParts(root);
    eraseDead(root);
    for (Match *match : made)
      dropUnusedRstd(match->norm);
  }
};
} // namespace
