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
/// The clauses before `ins` may come in any order; those with their default
/// value are not printed. The same attributes may also be given in a
/// dictionary, before `ins` or at the end. Result types follow from `outs`.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include <charconv>
#include <iterator>

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// Prints the shortest decimal that reads back as the same number, whatever
/// the locale; a literal must have a point.
static void printFloat(OpAsmPrinter &p, double value) {
  char text[64];
  std::to_chars_result end = std::to_chars(
      std::begin(text), std::end(text), value, std::chars_format::scientific);
  StringRef digits(text, end.ptr - text);
  auto [mantissa, exponent] = digits.split('e');
  p << mantissa << (mantissa.contains('.') ? "e" : ".0e") << exponent;
}

void RMSNormOp::print(OpAsmPrinter &p) {
  p << " axes = [";
  llvm::interleaveComma(getAxes(), p);
  p << "]";
  if (!getEpsilon() || !getEps().isZero()) {
    p << " eps = ";
    printFloat(p, getEps().convertToDouble());
  }
  if (getEpsMode() != EpsMode::Inside)
    p << " eps_mode = " << stringifyEpsMode(getEpsMode());
  if (!getMinRms().isZero()) {
    p << " min_rms = ";
    printFloat(p, getMinRms().convertToDouble());
  }
  if (std::optional<Type> type = getComputeType())
    p << " compute_type = " << *type;

  SmallVector<Type> types{getInput().getType()};
  p << " ins(" << getInput();
  std::pair<StringRef, Value> parameters[] = {
      {"scale", getScale()}, {"bias", getBias()}, {"eps", getEpsilon()}};
  for (auto [keyword, value] : parameters) {
    if (!value)
      continue;
    p << ", " << keyword << " " << value;
    types.push_back(value.getType());
  }
  p << " : " << types << ") outs(" << ValueRange(getDpsInits()) << " : "
    << getDpsInits().getTypes() << ")";
  p.printOptionalAttrDict((*this)->getAttrs(),
                          {"axes", "eps", "eps_mode", "min_rms", "compute_type",
                           "operandSegmentSizes"});
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

/// Parses one `name = value` clause into `attributes`.
static OptionalParseResult parseClause(OpAsmParser &parser,
                                       NamedAttrList &attributes) {
  Builder &b = parser.getBuilder();
  auto parseFloat = [&](StringRef name) -> ParseResult {
    double value;
    if (parser.parseEqual() || parser.parseFloat(value))
      return failure();
    attributes.set(name, b.getF64FloatAttr(value));
    return success();
  };
  StringRef keyword;
  if (failed(parser.parseOptionalKeyword(
          &keyword, {"axes", "eps", "eps_mode", "min_rms", "compute_type"})))
    return std::nullopt;
  if (attributes.get(keyword))
    return ParseResult(parser.emitError(parser.getCurrentLocation())
                       << "'" << keyword << "' is given twice");
  if (keyword == "eps" || keyword == "min_rms")
    return parseFloat(keyword);
  if (keyword == "axes") {
    SmallVector<int64_t> axes;
    if (parser.parseEqual() ||
        parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&] {
          return parser.parseInteger(axes.emplace_back());
        }))
      return ParseResult(failure());
    attributes.set("axes", b.getDenseI64ArrayAttr(axes));
    return ParseResult(success());
  }
  if (keyword == "eps_mode") {
    StringRef mode;
    if (parser.parseEqual() || parser.parseKeyword(&mode))
      return ParseResult(failure());
    std::optional<EpsMode> value = symbolizeEpsMode(mode);
    if (!value)
      return ParseResult(parser.emitError(parser.getNameLoc())
                         << "'eps_mode' must be inside, clamp or outside, got "
                         << mode);
    attributes.set("eps_mode", EpsModeAttr::get(b.getContext(), *value));
    return ParseResult(success());
  }
  Type type;
  if (parser.parseEqual() || parser.parseType(type))
    return ParseResult(failure());
  attributes.set("compute_type", TypeAttr::get(type));
  return ParseResult(success());
}

/// In a dictionary `axes` may be a plain array and `eps_mode` a string.
static ParseResult normalizeDictionary(OpAsmParser &parser,
                                       NamedAttrList &attributes) {
  Builder &b = parser.getBuilder();
  if (auto array = dyn_cast_or_null<ArrayAttr>(attributes.get("axes"))) {
    SmallVector<int64_t> axes;
    for (Attribute element : array) {
      auto integer = dyn_cast<IntegerAttr>(element);
      if (!integer)
        return parser.emitError(parser.getNameLoc())
               << "'axes' must hold integers, got " << element;
      axes.push_back(integer.getInt());
    }
    attributes.set("axes", b.getDenseI64ArrayAttr(axes));
  }
  if (auto mode = dyn_cast_or_null<StringAttr>(attributes.get("eps_mode"))) {
    std::optional<EpsMode> value = symbolizeEpsMode(mode.getValue());
    if (!value)
      return parser.emitError(parser.getNameLoc())
             << "'eps_mode' must be inside, clamp or outside, got " << mode;
    attributes.set("eps_mode", EpsModeAttr::get(b.getContext(), *value));
  }
  for (StringRef name : {"eps", "min_rms"})
    if (auto value = dyn_cast_or_null<FloatAttr>(attributes.get(name)))
      attributes.set(name, b.getF64FloatAttr(value.getValueAsDouble()));
  return success();
}

ParseResult RMSNormOp::parse(OpAsmParser &parser, OperationState &result) {
  NamedAttrList &attributes = result.attributes;
  while (true) {
    OptionalParseResult clause = parseClause(parser, attributes);
    if (!clause.has_value())
      break;
    if (failed(*clause))
      return failure();
  }
  if (parser.parseOptionalAttrDict(attributes))
    return failure();

  // ins(x [, scale g] [, bias b] [, eps e] : types)
  OpAsmParser::UnresolvedOperand input;
  OpAsmParser::UnresolvedOperand parameters[3];
  const StringRef keywords[3] = {"scale", "bias", "eps"};
  SmallVector<int> order;
  if (parser.parseKeyword("ins") || parser.parseLParen() ||
      parser.parseOperand(input))
    return failure();
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    const StringRef *found = llvm::find(keywords, keyword);
    if (found == std::end(keywords))
      return parser.emitError(loc)
             << "expected scale, bias or eps, got '" << keyword << "'";
    int index = found - keywords;
    if (llvm::is_contained(order, index))
      return parser.emitError(loc) << "'" << keyword << "' is given twice";
    order.push_back(index);
    if (parser.parseOperand(parameters[index]))
      return failure();
  }
  SmallVector<Type> inTypes;
  SMLoc inLoc = parser.getCurrentLocation();
  if (parser.parseColonTypeList(inTypes) || parser.parseRParen())
    return failure();
  if (inTypes.size() != order.size() + 1)
    return parser.emitError(inLoc) << "expected " << order.size() + 1
                                   << " types in 'ins', got " << inTypes.size();

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
  if (parser.parseOptionalAttrDict(attributes) ||
      normalizeDictionary(parser, attributes) ||
      failed(RMSNormOp::verifyInherentAttrs(result.name, attributes, [&] {
        return parser.emitError(parser.getNameLoc()) << result.name << " ";
      })))
    return failure();
  SmallVector<Type> resultTypes;
  if (succeeded(parser.parseOptionalArrow())) {
    if (parser.parseTypeList(resultTypes))
      return failure();
  } else {
    for (Type type : outTypes)
      if (isa<RankedTensorType>(type))
        resultTypes.push_back(type);
  }

  // Operands in the order of their definition.
  int32_t segments[6] = {1, 0, 0, 0, 1, inits.size() == 2};
  if (parser.resolveOperand(input, inTypes[0], result.operands))
    return failure();
  for (int index = 0; index < 3; ++index) {
    auto found = llvm::find(order, index);
    if (found == order.end())
      continue;
    segments[index + 1] = 1;
    if (parser.resolveOperand(parameters[index],
                              inTypes[found - order.begin() + 1],
                              result.operands))
      return failure();
  }
  if (parser.resolveOperands(inits, outTypes, outLoc, result.operands))
    return failure();
  result.addTypes(resultTypes);
  result.addAttribute("operandSegmentSizes",
                      parser.getBuilder().getDenseI32ArrayAttr(segments));
  return success();
}
