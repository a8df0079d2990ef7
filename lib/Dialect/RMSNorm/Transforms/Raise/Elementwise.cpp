//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
/// \file
/// Arithmetic directly on tensors that computes a norm.

#include "Elementwise.h"

#include "ExprBuilder.h"
#include "Matcher.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

static bool isArithmetic(Operation *op) {
  if (op->getNumResults() != 1 || !OpTrait::hasElementwiseMappableTraits(op))
    return false;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  return type && isa<FloatType>(type.getElementType()) &&
         type.getRank() <= maxLoops;
}

void rmsnorm::raise::normsToLinalg(Operation *function, bool strictNaN,
                                   bool assumeF32Accumulation) {
  SmallVector<Operation *> candidates, norms;
  function->walk([&](Operation *op) {
    if (isArithmetic(op))
      candidates.push_back(op);
  });
  if (candidates.empty())
    return;
  ExprContext context(function->getContext());
  ExprBuilder builder(context, function, assumeF32Accumulation);
  Matcher matcher(context, strictNaN);
  for (Operation *op : candidates) {
    Value result = op->getResult(0);
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<AffineExpr> indices;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      indices.push_back(context.variable(dim));
    SmallVector<Refusal> refusals;
    if (matcher.match(builder.element(result, indices), refusals))
      norms.push_back(op);
  }
  if (norms.empty())
    return;
  RewritePatternSet patterns(function->getContext());
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingOps);
  config.enableFolding(false);
  (void)applyOpPatternsGreedily(norms, std::move(patterns), config);
}
