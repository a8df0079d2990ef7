//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Assembly of rmsnorm.rms_norm:
///
///   rmsnorm.rms_norm axes = [1] eps = 1.0e-06 eps_mode = clamp
///     min_rms = 1.0e-12 compute_type = f64
///     ins(%x, scale %g, bias %b, eps %e : types)
///     outs(%y, %rstd : types) {attributes} -> types
///
/// and of rmsnorm.rms_norm_backward:
///
///   rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-06
///     ins(%dy, %x, scale %g, eps %e, rstd %r : types)
///     outs(%dx, dscale %dg, dbias %db, deps %de : types)
///
/// Result types follow from `outs`.

#include "NormOpAssembly.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

void RMSNormOp::print(OpAsmPrinter &p) {
  detail::printClauses(p, *this);
  detail::printOperands(
      p, "ins", getInput(),
      {{"scale", getScale()}, {"bias", getBias()}, {"eps", getEpsilon()}});
  detail::printOperands(p, "outs", getDpsInits(), {});
  detail::printAttributes(p, *this);
}

ParseResult RMSNormOp::parse(OpAsmParser &parser, OperationState &result) {
  detail::ParsedOperands ins;
  if (detail::parseClauses(parser, result.attributes) ||
      detail::parseOperands(parser, "ins", 1, {"scale", "bias", "eps"}, ins))
    return failure();

  // outs(y [, rstd] : types)
  SmallVector<OpAsmParser::UnresolvedOperand> inits;
  SmallVector<Type> outTypes;
  SMLoc outLoc = parser.getCurrentLocation();
  if (parser.parseKeyword("outs") || parser.parseLParen() ||
      parser.parseOperandList(inits) || parser.parseColonTypeList(outTypes) ||
      parser.parseRParen())
    return failure();
  if (inits.empty() || inits.size() > 2)
    return parser.emitError(outLoc)
           << "expected the output and at most 'rstd' in 'outs', got "
           << inits.size() << " operands";
  SmallVector<int32_t> segments;
  if (parser.parseOptionalAttrDict(result.attributes) ||
      detail::normalizeDictionary(parser, result) ||
      detail::parseResultTypes(parser, outTypes, result) ||
      detail::resolveOperands(parser, ins, result, segments) ||
      parser.resolveOperands(inits, outTypes, outLoc, result.operands))
    return failure();
  segments.push_back(1);
  segments.push_back(inits.size() == 2);
  result.addAttribute("operandSegmentSizes",
                      parser.getBuilder().getDenseI32ArrayAttr(segments));
  return success();
}

//===----------------------------------------------------------------------===//
// rms_norm_backward
//===----------------------------------------------------------------------===//

void RMSNormBackwardOp::print(OpAsmPrinter &p) {
  detail::printClauses(p, *this);
  detail::printOperands(
      p, "ins", {getGrad(), getInput()},
      {{"scale", getScale()}, {"eps", getEpsilon()}, {"rstd", getRstd()}});
  detail::printOperands(p, "outs", getDinput(),
                        {{"dscale", getDscale()},
                         {"dbias", getDbias()},
                         {"deps", getDepsilon()}});
  detail::printAttributes(p, *this);
}

ParseResult RMSNormBackwardOp::parse(OpAsmParser &parser,
                                     OperationState &result) {
  detail::ParsedOperands ins, outs;
  SmallVector<int32_t> segments;
  if (detail::parseClauses(parser, result.attributes) ||
      detail::parseOperands(parser, "ins", 2, {"scale", "eps", "rstd"}, ins) ||
      detail::parseOperands(parser, "outs", 1, {"dscale", "dbias", "deps"},
                            outs) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      detail::normalizeDictionary(parser, result) ||
      detail::parseResultTypes(parser, outs.types, result) ||
      detail::resolveOperands(parser, ins, result, segments) ||
      detail::resolveOperands(parser, outs, result, segments))
    return failure();
  result.addAttribute("operandSegmentSizes",
                      parser.getBuilder().getDenseI32ArrayAttr(segments));
  return success();
}
