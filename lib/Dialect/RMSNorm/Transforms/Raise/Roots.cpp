//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Account of the roots of sums: which became norms, and why others did not.

#include "Finder.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::raise;

/// Remembers each root of a sum, so that one that becomes nothing is reported.
void Finder::note(linalg::LinalgOp op, Value value, const Expr *expr) {
  if (expr->kind == Kind::Mul && expr->terms.size() == 1 &&
      expr->terms[0].number < 0 && expr->number == 1)
    if (const Expr *sum = findRootedSum(expr))
      rootValues[keyOf(sum)].push_back({op, value, expr});
  if (!isa<math::RsqrtOp, math::SqrtOp, math::PowFOp>(value.getDefiningOp()))
    return;
  const Expr *sum = expr->someSum;
  if (!sum)
    return;
  Type low = !isIslandType(sum->type)         ? sum->type
             : !isIslandType(value.getType()) ? value.getType()
                                              : Type();
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (low)
    os << (low == sum->type ? "the squares are accumulated in "
                            : "the root is computed in ")
       << low << ", not in f32";
  else
    os << "its root multiplies or divides nothing that equals the value whose "
          "squares are summed";
  roots.insert({keyOf(sum), Root{value.getLoc(), reason, low ? 2 : 0}});
}

/// The roots of all sums in `expr`: it became a norm.
void Finder::markMatched(const Expr *expr) {
  contains(expr, [&](const Expr *part) {
    if (part->kind == Kind::Sum) {
      auto root = roots.find(keyOf(part));
      if (root != roots.end())
        root->second.matched = true;
    }
    return false;
  });
}

/// The step of the proof that failed, by how far the proof got.
static StringRef proofName(int progress) {
  switch (progress) {
  case 1:
    return "denominator"; // What the root is taken of.
  case 2:
    return "types"; // Types, sign of epsilon, NaN.
  case 3:
    return "numerator"; // The same value in the statistic and above.
  case 4:
    return "rounding";
  case 5:
    return "count"; // The sum is divided by the number of elements.
  case 6:
    return "parameters"; // Scale, bias and epsilon are constant along rows.
  case 8:
    return "centring";
  case 9:
    return "operands"; // There are tensors with these elements.
  default:
    return "use"; // Something is divided by the root.
  }
}

void Finder::refuse(const Expr *sum, Location loc, const std::string &reason) {
  auto [root, inserted] = roots.insert({keyOf(sum), Root{loc, reason, 9}});
  root->second = Root{loc, reason, 9, false};
}

SmallVector<Finder::Refused> Finder::refusals() const {
  SmallVector<Refused> result;
  for (const auto &[key, root] : roots)
    if (!root.matched)
      result.push_back({root.loc, root.reason, proofName(root.progress)});
  return result;
}
