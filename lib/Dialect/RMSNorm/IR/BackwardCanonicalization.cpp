//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Canonicalisation of rms_norm_backward. Each pattern keeps the results to the
/// last bit. `tensor.cast` of operands is folded by the tensor dialect's
/// pattern for destination-style operations.

#include "OperandFacts.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using rmsnorm::detail::getExtendedSource;
using rmsnorm::detail::getSplat;
using rmsnorm::detail::isEmpty;

namespace {
struct DropUnitScale : OpRewritePattern<RMSNormBackwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormBackwardOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<APFloat> scale = getSplat(op.getScale());
    if (!scale || !scale->isExactlyValue(1.0))
      return rewriter.notifyMatchFailure(op, "no scale of one");
    rewriter.modifyOpInPlace(op, [&] { op.getScaleMutable().clear(); });
    return success();
  }
};

/// The same epsilon for every feature is the attribute.
struct EpsilonToAttribute : OpRewritePattern<RMSNormBackwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormBackwardOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<APFloat> value = getSplat(op.getEpsilon());
    if (!value)
      return rewriter.notifyMatchFailure(op, "epsilon is not one number");
    bool inexact;
    APFloat rounded = *value;
    rounded.convert(op.getComputeFloatType().getFloatSemantics(),
                    APFloat::rmNearestTiesToEven, &inexact);
    if (!rounded.isFinite() || (rounded.isNegative() && !rounded.isZero()))
      return rewriter.notifyMatchFailure(op, "not a legal eps attribute");
    value->convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                   &inexact);
    rewriter.modifyOpInPlace(op, [&] {
      op.setEps(*value);
      op.getEpsilonMutable().clear();
    });
    return success();
  }
};

/// Inputs are extended exactly by the operation itself. The compute type stays
/// what it was.
struct FoldExtension : OpRewritePattern<RMSNormBackwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormBackwardOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<std::pair<OpOperand *, Value>> replacements;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (operand->get() == op.getRstd())
        continue; // Must have the compute type.
      if (Value source = getExtendedSource(operand->get()))
        replacements.push_back({operand, source});
    }
    if (replacements.empty())
      return rewriter.notifyMatchFailure(op, "no input is an extension");
    Type compute = op.getComputeFloatType();
    rewriter.modifyOpInPlace(op, [&] {
      for (auto [operand, source] : replacements)
        operand->set(source);
      op.setComputeType(compute);
    });
    return success();
  }
};

/// Nothing is written where there is nothing to write.
struct DropEmpty : OpRewritePattern<RMSNormBackwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormBackwardOp op,
                                PatternRewriter &rewriter) const override {
    if (!llvm::all_of(op.getDpsInits(), isEmpty))
      return rewriter.notifyMatchFailure(op, "there is something to write");
    if (op.hasPureTensorSemantics())
      rewriter.replaceOp(op, op.getDpsInits());
    else
      rewriter.eraseOp(op);
    return success();
  }
};

/// A parameter's gradient that nobody reads is not computed.
struct DropUnusedGradients : OpRewritePattern<RMSNormBackwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormBackwardOp op,
                                PatternRewriter &rewriter) const override {
    auto segments = llvm::to_vector(op.getProperties().operandSegmentSizes);
    SmallVector<Value> operands(op.getDpsInputs());
    operands.push_back(op.getDinput());
    SmallVector<Value> kept;
    if (op.hasPureTensorSemantics())
      kept.push_back(op.getResult(0));
    bool drops = false;
    for (auto [index, gradient, result] : llvm::enumerate(
             op.getParameterGradients(), op.getParameterGradientResults())) {
      if (!gradient)
        continue;
      if (!result || result.use_empty()) {
        segments[segments.size() - 3 + index] = 0;
        drops = true;
        continue;
      }
      operands.push_back(gradient);
      kept.push_back(result);
    }
    if (!drops || !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "every gradient is used");
    OperationState state(op.getLoc(), op->getName(), operands,
                         ValueRange(kept).getTypes(), op->getAttrs());
    state.attributes.set("operandSegmentSizes",
                         rewriter.getDenseI32ArrayAttr(segments));
    Operation *without = rewriter.create(state);
    for (auto [from, to] : llvm::zip_equal(kept, without->getResults()))
      rewriter.replaceAllUsesWith(from, to);
    rewriter.eraseOp(op);
    return success();
  }
};

/// One spelling for one meaning: ascending axes, no compute type where it is
/// the default, no mode where there is no epsilon (and no gradient of it).
struct NormalForm : OpRewritePattern<RMSNormBackwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormBackwardOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> axes(op.getAxes());
    llvm::sort(axes);
    bool sorts = !llvm::equal(axes, op.getAxes());
    bool dropsType = op.getComputeType() == op.getDefaultComputeType();
    bool dropsMode = !op.getEpsilon() && !op.getDepsilon() &&
                     op.getEps().isZero() && op.getEpsMode() != EpsMode::Inside;
    if (!sorts && !dropsType && !dropsMode)
      return rewriter.notifyMatchFailure(op, "already in normal form");
    rewriter.modifyOpInPlace(op, [&] {
      op.setAxes(axes);
      if (dropsType)
        op.removeComputeTypeAttr();
      if (dropsMode)
        op.setEpsMode(EpsMode::Inside);
    });
    return success();
  }
};
} // namespace

void RMSNormBackwardOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                    MLIRContext *context) {
  patterns.add<DropUnitScale, EpsilonToAttribute, FoldExtension, DropEmpty,
               DropUnusedGradients, NormalForm>(context);
}
