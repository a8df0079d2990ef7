//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Assembly, verifier and queries of rmsnorm.row_kernel.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"

using namespace mlir;
using namespace mlir::rmsnorm;

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> collectDims(RowKernelOp op, bool reduction) {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0, end = op.getNumLoops(); dim < end; ++dim)
    if (op.isReductionDim(dim) == reduction)
      dims.push_back(dim);
  return dims;
}

SmallVector<utils::IteratorType> RowKernelOp::getLoopIteratorTypes() {
  return llvm::map_to_vector(
      llvm::seq<int64_t>(0, getNumLoops()), [&](int64_t dim) {
        return isReductionDim(dim) ? utils::IteratorType::reduction
                                   : utils::IteratorType::parallel;
      });
}

SmallVector<int64_t> RowKernelOp::getRowDims() {
  return collectDims(*this, /*reduction=*/false);
}

SmallVector<int64_t> RowKernelOp::getReductionDims() {
  return collectDims(*this, /*reduction=*/true);
}

std::pair<unsigned, int64_t> RowKernelOp::getExtentSource(int64_t dim) {
  // A static extent is the better source; any will do.
  std::optional<std::pair<unsigned, int64_t>> found;
  for (auto [index, operand] : llvm::enumerate(getOperands())) {
    auto type = dyn_cast<ShapedType>(operand.getType());
    if (!type)
      continue;
    for (auto [position, expr] : llvm::enumerate(getMap(index).getResults())) {
      auto dimExpr = dyn_cast<AffineDimExpr>(expr);
      if (!dimExpr || dimExpr.getPosition() != dim)
        continue;
      if (!found)
        found = {unsigned(index), int64_t(position)};
      if (!type.isDynamicDim(position))
        return {unsigned(index), int64_t(position)};
    }
  }
  assert(found && "verified: every dimension is that of an operand");
  return *found;
}

SmallVector<int64_t> RowKernelOp::getStaticLoopExtents() {
  SmallVector<int64_t> extents;
  for (int64_t dim = 0, end = getNumLoops(); dim < end; ++dim) {
    auto [operand, position] = getExtentSource(dim);
    extents.push_back(
        cast<ShapedType>(getOperand(operand).getType()).getDimSize(position));
  }
  return extents;
}

static constexpr size_t kGatherParts = 3;

std::optional<unsigned> RowKernelOp::getGatherIndex(unsigned input,
                                                    int64_t dim) {
  ArrayRef<int64_t> gathers = getGathers().value_or(ArrayRef<int64_t>());
  for (; gathers.size() >= kGatherParts;
       gathers = gathers.drop_front(kGatherParts))
    if (gathers[0] == input && gathers[1] == dim)
      return gathers[2];
  return std::nullopt;
}

bool RowKernelOp::isGathered(unsigned input) {
  ArrayRef<int64_t> gathers = getGathers().value_or(ArrayRef<int64_t>());
  for (size_t i = 0; i < gathers.size(); i += kGatherParts)
    if (gathers[i] == input)
      return true;
  return false;
}

bool RowKernelOp::isGatherIndex(unsigned input) {
  ArrayRef<int64_t> gathers = getGathers().value_or(ArrayRef<int64_t>());
  for (size_t i = 2; i < gathers.size(); i += kGatherParts)
    if (gathers[i] == input)
      return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

void RowKernelOp::print(OpAsmPrinter &p) {
  if (std::optional<StringRef> name = getKernelName()) {
    p << " ";
    p.printAttributeWithoutType(getKernelNameAttr());
  }
  p << " iterators = ";
  p.printAttributeWithoutType(getIteratorTypes());
  p << " maps = ";
  p.printAttributeWithoutType(getIndexingMaps());
  p << " ins(";
  if (!getInputs().empty())
    p << getInputs() << " : " << getInputs().getTypes();
  p << ") outs(" << getOutputs() << " : " << getOutputs().getTypes() << ")";
  p.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                     {"indexing_maps", "iterator_types",
                                      "kernel_name", "operandSegmentSizes"});
  p << " ";
  p.printRegion(getBody());
}

ParseResult RowKernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  OptionalParseResult parsedName = parser.parseOptionalAttribute(name);
  if (parsedName.has_value()) {
    if (failed(*parsedName))
      return failure();
    result.addAttribute("kernel_name", name);
  }
  ArrayAttr iterators, maps;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs, outputs;
  SmallVector<Type> inputTypes, outputTypes;
  if (parser.parseKeyword("iterators") || parser.parseEqual() ||
      parser.parseAttribute(iterators) || parser.parseKeyword("maps") ||
      parser.parseEqual() || parser.parseAttribute(maps) ||
      parser.parseKeyword("ins") || parser.parseLParen())
    return failure();
  SMLoc inLoc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalRParen()) &&
      (parser.parseOperandList(inputs) ||
       parser.parseColonTypeList(inputTypes) || parser.parseRParen()))
    return failure();
  SMLoc outLoc = parser.getCurrentLocation();
  if (parser.parseKeyword("outs") || parser.parseLParen() ||
      parser.parseOperandList(outputs) ||
      parser.parseColonTypeList(outputTypes) || parser.parseRParen() ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      failed(RowKernelOp::verifyInherentAttrs(
          result.name, result.attributes,
          [&] {
            return parser.emitError(parser.getNameLoc()) << result.name << " ";
          })) ||
      parser.resolveOperands(inputs, inputTypes, inLoc, result.operands) ||
      parser.resolveOperands(outputs, outputTypes, outLoc, result.operands) ||
      parser.parseRegion(*result.addRegion()))
    return failure();
  Builder &b = parser.getBuilder();
  result.addAttribute("iterator_types", iterators);
  result.addAttribute("indexing_maps", maps);
  result.addAttribute(
      "operandSegmentSizes",
      b.getDenseI32ArrayAttr({static_cast<int32_t>(inputs.size()),
                              static_cast<int32_t>(outputs.size())}));
  for (Type type : outputTypes)
    if (isa<RankedTensorType>(type))
      result.addTypes(type);
  return success();
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

/// Whether each result is a dimension of its own, or 0. Unlike with
/// AffineMap::isProjectedPermutation, there may be more zeros than dimensions.
static bool isProjection(AffineMap map) {
  llvm::SmallBitVector seen(map.getNumDims());
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (seen.test(dim.getPosition()))
        return false;
      seen.set(dim.getPosition());
      continue;
    }
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    if (!constant || constant.getValue() != 0)
      return false;
  }
  return true;
}

static LogicalResult verifyMap(RowKernelOp op, unsigned index,
                               ArrayRef<int64_t> extents) {
  AffineMap map = op.getMap(index);
  Type operandType = op.getOperand(index).getType();
  if (map.getNumDims() != op.getNumLoops() || map.getNumSymbols() != 0)
    return op.emitOpError() << "map " << index << " must have "
                            << op.getNumLoops() << " dimensions and no symbols";
  auto type = dyn_cast<ShapedType>(operandType);
  if (!type) {
    if (map.getNumResults() != 0)
      return op.emitOpError()
             << "map " << index << " of a scalar operand must have no results";
    return success();
  }
  if (!type.hasRank() || map.getNumResults() != type.getRank())
    return op.emitOpError() << "map " << index << " has " << map.getNumResults()
                            << " results, but its operand is " << type;
  if (!isProjection(map))
    return op.emitOpError() << "map " << index
                            << " must be a projected permutation, or have "
                               "constant 0 results";
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || type.isDynamicDim(position) ||
        ShapedType::isDynamic(extents[dim.getPosition()]))
      continue;
    if (type.getDimSize(position) != extents[dim.getPosition()])
      return op.emitOpError()
             << "dimension " << position << " of operand " << index
             << " has extent " << type.getDimSize(position) << ", expected "
             << extents[dim.getPosition()];
  }
  return success();
}

static LogicalResult verifyGathers(RowKernelOp op) {
  ArrayRef<int64_t> gathers = op.getGathers().value_or(ArrayRef<int64_t>());
  if (gathers.size() % kGatherParts != 0)
    return op.emitOpError("gathers must be triples (input, dimension, input "
                          "with the index), got ")
           << gathers.size() << " numbers";
  int64_t numInputs = op.getInputs().size();
  for (size_t i = 0; i < gathers.size(); i += kGatherParts) {
    int64_t input = gathers[i], dim = gathers[i + 1], index = gathers[i + 2];
    if (input < 0 || input >= numInputs || index < 0 || index >= numInputs)
      return op.emitOpError("gathers names input ")
             << (input < 0 || input >= numInputs ? input : index)
             << ", but there are " << numInputs;
    AffineMap map = op.getMap(input);
    if (dim < 0 || dim >= int64_t(map.getNumResults()) ||
        !isa<AffineConstantExpr>(map.getResult(dim)))
      return op.emitOpError("gathered dimension ")
             << dim << " of input " << input
             << " must exist and have the constant 0 in its map";
    if (!getElementTypeOrSelf(op.getInputs()[index]).isIntOrIndex())
      return op.emitOpError("input ")
             << index << " is an index and must be of integers, got "
             << op.getInputs()[index].getType();
    if (op.isGathered(index))
      return op.emitOpError("input ")
             << index << " is an index and must not be gathered itself";
  }
  return success();
}

LogicalResult RowKernelOp::verify() {
  for (Attribute iterator : getIteratorTypes()) {
    StringRef name = cast<StringAttr>(iterator).getValue();
    if (name != "parallel" && name != "reduction")
      return emitOpError() << "iterator must be parallel or reduction, got "
                           << iterator;
  }
  if (getIndexingMaps().size() != getNumOperands())
    return emitOpError() << "expected " << getNumOperands() << " maps, got "
                         << getIndexingMaps().size();
  if (getOutputs().empty())
    return emitOpError("must have an output");
  llvm::SmallBitVector covered(getNumLoops());
  for (unsigned index = 0; index < getNumOperands(); ++index)
    for (AffineExpr expr : getMap(index).getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        if (dim.getPosition() < covered.size())
          covered.set(dim.getPosition());
  if (!covered.all())
    return emitOpError("every dimension must be that of an operand");
  SmallVector<int64_t> extents = getStaticLoopExtents();
  for (unsigned index = 0; index < getNumOperands(); ++index)
    if (failed(verifyMap(*this, index, extents)))
      return failure();
  for (unsigned index = 0; index < getOutputs().size(); ++index) {
    AffineMap map = getOutputMap(index);
    if (!map.isProjectedPermutation())
      return emitOpError() << "the map of output " << index
                           << " must be a projected permutation";
    for (int64_t dim : getRowDims())
      if (!map.isFunctionOfDim(dim))
        return emitOpError()
               << "output " << index << " must use every parallel dimension";
    bool any = llvm::any_of(getReductionDims(), [&](int64_t dim) {
      return map.isFunctionOfDim(dim);
    });
    bool all = llvm::all_of(getReductionDims(), [&](int64_t dim) {
      return map.isFunctionOfDim(dim);
    });
    if (any && !all)
      return emitOpError() << "output " << index
                           << " must use all reduction dimensions or none";
  }

  if (failed(verifyGathers(*this)))
    return failure();

  Block &block = getBody().front();
  if (block.getNumArguments() != getInputs().size())
    return emitOpError() << "expected " << getInputs().size()
                         << " block arguments, one per input, got "
                         << block.getNumArguments();
  for (auto [index, input] : llvm::enumerate(getInputs()))
    if (block.getArgument(index).getType() !=
        getElementTypeOrSelf(input.getType()))
      return emitOpError() << "block argument " << index << " must have type "
                           << getElementTypeOrSelf(input.getType());
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValues().size() != getOutputs().size())
    return emitOpError("must yield one value per output");
  for (auto [index, output] : llvm::enumerate(getOutputs()))
    if (yield.getValues()[index].getType() !=
        getElementTypeOrSelf(output.getType()))
      return emitOpError() << "yielded value " << index << " must have type "
                           << getElementTypeOrSelf(output.getType());
  unsigned expected = llvm::count_if(getOutputs(), [](Value output) {
    return isa<RankedTensorType>(output.getType());
  });
  if (expected != getNumResults())
    return emitOpError() << "expected " << expected << " results, got "
                         << getNumResults();
  if (getNumLoops() == 0)
    return success();
  return cast<IndexingMapOpInterface>(getOperation()).verifyImpl();
}
