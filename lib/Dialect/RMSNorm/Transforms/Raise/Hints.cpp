//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Reasons why values that look like norms have nothing that could be one.

#include "Finder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// So many operations are looked at for what a value is made of.
constexpr unsigned maxOperations = 64;

/// Whether `op` multiplies something by itself, or two tensors element by
/// element of a common row.
static bool multiplies(Operation *op) {
  if (isa<linalg::ContractionOpInterface, linalg::ConvolutionOpInterface>(op))
    return true;
  bool found = false;
  op->walk([&](Operation *inner) {
    if (isa<arith::MulFOp>(inner))
      found |= inner->getOperand(0) == inner->getOperand(1);
    found |= isa<math::FPowIOp, math::PowFOp, linalg::SquareOp>(inner);
  });
  auto generic = dyn_cast<linalg::LinalgOp>(op);
  return found || (generic && linalg::isaContractionOpInterface(generic)) ||
         (generic && op->getNumOperands() > 1 &&
          op->getOperand(0) == op->getOperand(1));
}

/// Whether the result of `op` is made of `tensor`, and of products on the way.
static bool isMadeOfProducts(Operation *op, Value tensor) {
  SmallVector<Operation *> stack{op};
  llvm::SmallDenseSet<Operation *> seen{op};
  bool reached = false, products = false;
  while (!stack.empty() && seen.size() < maxOperations) {
    Operation *next = stack.pop_back_val();
    products |= multiplies(next);
    auto read = [&](Value operand) {
      reached |= operand == tensor;
      Operation *definition = operand.getDefiningOp();
      if (definition && operand != tensor && seen.insert(definition).second)
        stack.push_back(definition);
    };
    next->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        read(operand);
    });
  }
  return reached && products;
}

/// A tensor of `leaves` that `expr` reads, or null.
static const Expr *commonLeaf(const Expr *expr, ArrayRef<const Expr *> leaves) {
  const Expr *found = nullptr;
  contains(expr, [&](const Expr *part) {
    if (part->kind == Kind::Leaf && part->source &&
        llvm::any_of(leaves, [&](const Expr *leaf) {
          return leaf->source == part->source;
        }))
      found = part;
    return found != nullptr;
  });
  return found;
}

std::optional<Refusal> rmsnorm::raise::explain(ExprContext &context,
                                               const Expr *value) {
  if (value->kind == Kind::Round)
    value = value->inner();
  if (value->kind != Kind::Mul)
    return std::nullopt;
  for (const Term &divisor : value->terms) {
    bool rooted = divisor.number != std::floor(divisor.number);
    if (divisor.number > 0 && !rooted)
      continue;
    // What is divided; it varies along the row, a sum over the row does not.
    bool variesMore = false;
    SmallVector<const Expr *> leaves;
    for (const Term &factor : value->terms) {
      if (factor == divisor || factor.number < 0)
        continue;
      variesMore |= (factor.expr->free & ~divisor.expr->free) != 0;
      contains(factor.expr, [&](const Expr *part) {
        if (part->kind == Kind::Leaf && part->source)
          leaves.push_back(part);
        return false;
      });
    }
    if (leaves.empty() || divisor.expr->kind == Kind::Leaf)
      continue;
    if (const Expr *sum = divisor.expr->someSum) {
      if (divisor.expr->rootedSum || rooted || !variesMore ||
          !commonLeaf(sum->inner(), leaves))
        continue;
      Product summand = asProduct(sum->inner());
      auto isMagnitude = [](const Term &factor) {
        return factor.expr->kind == Kind::Abs;
      };
      auto isSquare = [](const Term &factor) {
        return std::fmod(factor.number, 2.0) == 0.0;
      };
      if (llvm::all_of(summand.factors, isMagnitude))
        return Refusal{sum,
                       "the sum is one of magnitudes (an L1 norm), not of "
                       "squares",
                       1};
      if (llvm::all_of(summand.factors, isSquare))
        return Refusal{sum, "no root is taken of the sum of squares", 1};
      continue;
    }
    // The divisor is made of the row by something that has no symbolic form.
    std::optional<Refusal> found;
    contains(divisor.expr, [&](const Expr *part) {
      Operation *op = part->kind == Kind::Leaf && part->source
                          ? part->source.getDefiningOp()
                          : nullptr;
      auto reduces = dyn_cast_if_present<linalg::LinalgOp>(op);
      bool isStatistic = part->free != value->free ||
                         isa_and_present<tensor::ExtractOp>(op) ||
                         (reduces && reduces.getNumReductionLoops() != 0);
      if (!op || op->getNumOperands() == 0 || !isStatistic)
        return false;
      for (const Expr *leaf : leaves)
        if (leaf->source != part->source &&
            isMadeOfProducts(op, leaf->source)) {
          found = Refusal{part,
                          "the divisor is made of the result of '" +
                              op->getName().getStringRef().str() +
                              "', which is not known to be a sum of squares",
                          1};
          return true;
        }
      return false;
    });
    if (found)
      return found;
  }
  return std::nullopt;
}
