//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "NormOpAssembly.h"

#include <charconv>
#include <iterator>

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

void rmsnorm::detail::printFloat(OpAsmPrinter &p, double value) {
  char text[64];
  std::to_chars_result end = std::to_chars(
      std::begin(text), std::end(text), value, std::chars_format::scientific);
  StringRef digits(text, end.ptr - text);
  auto [mantissa, exponent] = digits.split('e');
  p << mantissa << (mantissa.contains('.') ? "e" : ".0e") << exponent;
}

void rmsnorm::detail::printOperands(OpAsmPrinter &p, StringRef name,
                                    ValueRange plain,
                                    ArrayRef<KeywordOperand> keywords) {
  SmallVector<Type> types(plain.getTypes());
  p << " " << name << "(" << plain;
  for (auto [keyword, value] : keywords) {
    if (!value)
      continue;
    p << ", " << keyword << " " << value;
    types.push_back(value.getType());
  }
  p << " : " << types << ")";
}

void rmsnorm::detail::printAttributes(OpAsmPrinter &p, Operation *op) {
  p.printOptionalAttrDict(op->getAttrs(),
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

ParseResult rmsnorm::detail::parseClauses(OpAsmParser &parser,
                                          NamedAttrList &attributes) {
  while (true) {
    OptionalParseResult clause = parseClause(parser, attributes);
    if (!clause.has_value())
      return parser.parseOptionalAttrDict(attributes);
    if (failed(*clause))
      return failure();
  }
}

ParseResult rmsnorm::detail::normalizeDictionary(OpAsmParser &parser,
                                                 OperationState &result) {
  NamedAttrList &attributes = result.attributes;
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
  return RMSNormOp::verifyInherentAttrs(result.name, attributes, [&] {
    return parser.emitError(parser.getNameLoc()) << result.name << " ";
  });
}

ParseResult rmsnorm::detail::parseOperands(OpAsmParser &parser, StringRef name,
                                           unsigned numPlain,
                                           ArrayRef<StringRef> keywords,
                                           ParsedOperands &parsed) {
  parsed.operands.resize(numPlain + keywords.size());
  parsed.types.resize(numPlain + keywords.size());
  SmallVector<unsigned> order;
  if (parser.parseKeyword(name) || parser.parseLParen())
    return failure();
  parsed.loc = parser.getCurrentLocation();
  for (unsigned index = 0; index < numPlain; ++index) {
    if ((index && parser.parseComma()) ||
        parser.parseOperand(parsed.operands[index].emplace()))
      return failure();
    order.push_back(index);
  }
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (failed(parser.parseOptionalKeyword(&keyword)))
      return parser.emitError(loc) << "expected " << llvm::join(keywords, ", ")
                                   << " in '" << name << "'";
    const StringRef *found = llvm::find(keywords, keyword);
    if (found == keywords.end())
      return parser.emitError(loc) << "expected " << llvm::join(keywords, ", ")
                                   << ", got '" << keyword << "'";
    unsigned index = numPlain + (found - keywords.begin());
    if (parsed.operands[index])
      return parser.emitError(loc) << "'" << keyword << "' is given twice";
    if (parser.parseOperand(parsed.operands[index].emplace()))
      return failure();
    order.push_back(index);
  }
  SmallVector<Type> types;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseColonTypeList(types) || parser.parseRParen())
    return failure();
  if (types.size() != order.size())
    return parser.emitError(loc) << "expected " << order.size() << " types in '"
                                 << name << "', got " << types.size();
  for (auto [index, type] : llvm::zip_equal(order, types))
    parsed.types[index] = type;
  return success();
}

ParseResult rmsnorm::detail::resolveOperands(
    OpAsmParser &parser, const ParsedOperands &parsed, OperationState &result,
    SmallVectorImpl<int32_t> &segments) {
  for (auto [operand, type] : llvm::zip_equal(parsed.operands, parsed.types)) {
    segments.push_back(operand.has_value());
    if (operand && parser.resolveOperand(*operand, type, result.operands))
      return failure();
  }
  return success();
}

ParseResult rmsnorm::detail::parseResultTypes(OpAsmParser &parser,
                                              ArrayRef<Type> outs,
                                              OperationState &result) {
  SmallVector<Type> types;
  if (succeeded(parser.parseOptionalArrow())) {
    if (parser.parseTypeList(types))
      return failure();
  } else {
    for (Type type : outs)
      if (isa_and_present<RankedTensorType>(type))
        types.push_back(type);
  }
  result.addTypes(types);
  return success();
}
