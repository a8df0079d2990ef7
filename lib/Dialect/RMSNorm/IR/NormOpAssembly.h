//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The assembly that rms_norm and rms_norm_backward have in common:
///
///   axes = [1] eps = 1.0e-06 eps_mode = clamp min_rms = 1.0e-12
///     compute_type = f64 {attributes}
///     ins(%x, scale %g, eps %e : types)
///
/// The clauses before `ins` may come in any order; those with their default
/// value are not printed. The same attributes may also be given in a
/// dictionary, before `ins` or at the end.

#ifndef RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMOPASSEMBLY_H
#define RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMOPASSEMBLY_H

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

namespace mlir::rmsnorm::detail {

/// Prints the shortest decimal that reads back as the same number, whatever
/// the locale; a literal must have a point.
void printFloat(OpAsmPrinter &p, double value);

/// The clauses that both operations have.
template <typename OpTy>
void printClauses(OpAsmPrinter &p, OpTy op) {
  p << " axes = [";
  llvm::interleaveComma(op.getAxes(), p);
  p << "]";
  if (!op.getEpsilon() || !op.getEps().isZero()) {
    p << " eps = ";
    printFloat(p, op.getEps().convertToDouble());
  }
  if (op.getEpsMode() != EpsMode::Inside)
    p << " eps_mode = " << stringifyEpsMode(op.getEpsMode());
  if (!op.getMinRms().isZero()) {
    p << " min_rms = ";
    printFloat(p, op.getMinRms().convertToDouble());
  }
  if (std::optional<Type> type = op.getComputeType())
    p << " compute_type = " << *type;
}

/// An operand with the keyword before it; absent if null.
using KeywordOperand = std::pair<StringRef, Value>;

/// Prints `name(%first, %second, keyword %third : types)`.
void printOperands(OpAsmPrinter &p, StringRef name, ValueRange plain,
                   ArrayRef<KeywordOperand> keywords);

void printAttributes(OpAsmPrinter &p, Operation *op);

/// Parses the clauses and an optional dictionary into `attributes`.
ParseResult parseClauses(OpAsmParser &parser, NamedAttrList &attributes);

/// In a dictionary `axes` may be a plain array and `eps_mode` a string: makes
/// them what they must be, and checks the inherent attributes of an operation.
ParseResult normalizeDictionary(OpAsmParser &parser, OperationState &result);

/// What a parenthesis with operands holds: `numPlain` operands, then those of
/// the keywords, absent ones without a name.
struct ParsedOperands {
  SmallVector<std::optional<OpAsmParser::UnresolvedOperand>> operands;
  SmallVector<Type> types; // null where absent
  SMLoc loc;
};

/// Parses `name(%first, %second, keyword %third : types)`.
ParseResult parseOperands(OpAsmParser &parser, StringRef name,
                          unsigned numPlain, ArrayRef<StringRef> keywords,
                          ParsedOperands &parsed);

/// Resolves the operands that are there, and appends 1 or 0 for each to
/// `segments`.
ParseResult resolveOperands(OpAsmParser &parser, const ParsedOperands &parsed,
                            OperationState &result,
                            SmallVectorImpl<int32_t> &segments);

/// Parses `-> types`; without it the results are the tensors of `outs`.
ParseResult parseResultTypes(OpAsmParser &parser, ArrayRef<Type> outs,
                             OperationState &result);

} // namespace mlir::rmsnorm::detail

#endif // RMSNORM_LIB_DIALECT_RMSNORM_IR_NORMOPASSEMBLY_H
