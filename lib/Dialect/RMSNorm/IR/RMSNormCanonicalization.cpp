//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Canonicalisation of rms_norm. Each pattern keeps the result to the last
/// bit, but for the sign of a zero. `tensor.cast` of operands is folded by the
/// tensor dialect's pattern for destination-style operations.

#include "OperandFacts.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using rmsnorm::detail::getExtendedSource;
using rmsnorm::detail::getSplat;
using rmsnorm::detail::isEmpty;

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {
/// x * 1 is x, and x + 0 is x up to the sign of a zero, which the operation
/// leaves open.
struct DropNeutralParameters : OpRewritePattern<RMSNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<APFloat> scale = getSplat(op.getScale());
    std::optional<APFloat> bias = getSplat(op.getBias());
    bool dropScale = scale && scale->isExactlyValue(1.0);
    bool dropBias = bias && bias->isZero();
    if (!dropScale && !dropBias)
      return rewriter.notifyMatchFailure(op, "no neutral scale or bias");
    rewriter.modifyOpInPlace(op, [&] {
      if (dropScale)
        op.getScaleMutable().clear();
      if (dropBias)
        op.getBiasMutable().clear();
    });
    return success();
  }
};

/// The same epsilon for every feature is the attribute.
struct EpsilonToAttribute : OpRewritePattern<RMSNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<APFloat> value = getSplat(op.getEpsilon());
    if (!value)
      return rewriter.notifyMatchFailure(op, "epsilon is not one number");
    // The attribute holds f64, which every legal element type converts to
    // exactly; an epsilon that the attribute refuses stays an operand.
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
struct FoldExtension : OpRewritePattern<RMSNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<std::pair<OpOperand *, Value>> replacements;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (Value source = getExtendedSource(operand->get()))
        replacements.push_back({operand, source});
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
struct DropEmpty : OpRewritePattern<RMSNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormOp op,
                                PatternRewriter &rewriter) const override {
    if (!isEmpty(op.getOutput()) || (op.getRstd() && !isEmpty(op.getRstd())))
      return rewriter.notifyMatchFailure(op, "there is something to write");
    if (op.hasPureTensorSemantics())
      rewriter.replaceOp(op, op.getDpsInits());
    else
      rewriter.eraseOp(op);
    return success();
  }
};

/// A statistic that nobody reads is not computed.
struct DropUnusedRstd : OpRewritePattern<RMSNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getRstd() || op.getNumResults() != 2 ||
        !op.getResult(1).use_empty())
      return rewriter.notifyMatchFailure(op, "no unused rstd");
    SmallVector<Value> operands(op->getOperands().drop_back());
    OperationState state(op.getLoc(), op->getName(), operands,
                         op.getResult(0).getType(), op->getAttrs());
    auto segments = llvm::to_vector(op.getProperties().operandSegmentSizes);
    segments.back() = 0;
    state.attributes.set("operandSegmentSizes",
                         rewriter.getDenseI32ArrayAttr(segments));
    Operation *without = rewriter.create(state);
    rewriter.replaceAllUsesWith(op.getResult(0), without->getResult(0));
    rewriter.eraseOp(op);
    return success();
  }
};

/// A result that is only used through a cast to a more static type has that
/// type.
struct FoldResultCast : OpRewritePattern<tensor::CastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::CastOp cast,
                                PatternRewriter &rewriter) const override {
    auto op = cast.getSource().getDefiningOp<RMSNormOp>();
    if (!op || !tensor::canFoldIntoProducerOp(cast))
      return rewriter.notifyMatchFailure(cast, "nothing to fold into");
    auto result = mlir::cast<OpResult>(cast.getSource());
    if (!result.hasOneUse())
      return rewriter.notifyMatchFailure(cast, "used elsewhere, too");
    OpOperand *init = op.getTiedOpOperand(result);
    rewriter.setInsertionPoint(op);
    Value source = tensor::CastOp::create(rewriter, op.getLoc(), cast.getType(),
                                          init->get());
    rewriter.modifyOpInPlace(op, [&] {
      init->set(source);
      result.setType(cast.getType());
    });
    rewriter.replaceOp(cast, result);
    return success();
  }
};

/// One spelling for one meaning: ascending axes, no compute type where it is
/// the default, no mode where there is no epsilon.
struct NormalForm : OpRewritePattern<RMSNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RMSNormOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> axes(op.getAxes());
    llvm::sort(axes);
    bool sorts = !llvm::equal(axes, op.getAxes());
    bool dropsType = op.getComputeType() == op.getDefaultComputeType();
    bool dropsMode = !op.getEpsilon() && op.getEps().isZero() &&
                     op.getEpsMode() != EpsMode::Inside;
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

void RMSNormOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<DropNeutralParameters, EpsilonToAttribute, FoldExtension,
               DropEmpty, DropUnusedRstd, FoldResultCast, NormalForm>(context);
}
