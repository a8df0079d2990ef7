//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Manifest.h"

#include "ExtentClasses.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::rmsnorm;
namespace writer = rmsn::writer;

rmsn_dtype rmsnorm::getDType(Type type) {
  if (type.isF16())
    return RMSN_DTYPE_F16;
  if (type.isBF16())
    return RMSN_DTYPE_BF16;
  if (type.isF32())
    return RMSN_DTYPE_F32;
  if (type.isF64())
    return RMSN_DTYPE_F64;
  if (isa<Float8E4M3FNType>(type))
    return RMSN_DTYPE_F8E4M3FN;
  if (isa<Float8E5M2Type>(type))
    return RMSN_DTYPE_F8E5M2;
  if (type.isIndex())
    return RMSN_DTYPE_I64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return RMSN_DTYPE_INVALID;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return RMSN_DTYPE_BOOL;
  case 8:
    return isUnsigned ? RMSN_DTYPE_U8 : RMSN_DTYPE_I8;
  case 16:
    return isUnsigned ? RMSN_DTYPE_U16 : RMSN_DTYPE_I16;
  case 32:
    return isUnsigned ? RMSN_DTYPE_U32 : RMSN_DTYPE_I32;
  case 64:
    return isUnsigned ? RMSN_DTYPE_U64 : RMSN_DTYPE_I64;
  default:
    return RMSN_DTYPE_INVALID;
  }
}

static uint32_t getElementSize(Type type) {
  return type.isIndex() ? 8 : std::max(1u, type.getIntOrFloatBitWidth() / 8);
}

writer::Value rmsnorm::getManifestValue(Type type, StringRef name,
                                        int64_t layout) {
  writer::Value value;
  value.name = name.str();
  Type element = getElementTypeOrSelf(type);
  value.dtype = getDType(element);
  value.isScalar = !isa<ShapedType>(type);
  if (auto shaped = dyn_cast<ShapedType>(type))
    for (int64_t extent : shaped.getShape())
      value.shape.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
  value.layout = writer::Layout(layout);
  if (value.dtype != RMSN_DTYPE_INVALID)
    value.alignment = getElementSize(element);
  return value;
}

/// How many norms the kernel holds, as the fusion says.
static unsigned countNorms(RowKernelOp kernel) {
  auto norms = kernel->getAttrOfType<IntegerAttr>(mlir::rmsnorm::kNormsAttr);
  return norms ? norms.getInt() : 0;
}

static std::string printLocation(Location loc) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  // Without the folder: where a model lay does not belong into what is made of
  // it. Text that came from no file has no name ("<stdin>").
  if (auto file = loc->findInstanceOf<FileLineColLoc>()) {
    StringRef name = llvm::sys::path::filename(file.getFilename().getValue());
    if (!name.empty() && !name.starts_with("<"))
      stream << name << ":";
    stream << file.getLine() << ":" << file.getColumn();
  }
  return text;
}

std::vector<writer::KernelInfo> rmsnorm::getKernelInfos(ModuleOp fused) {
  std::vector<writer::KernelInfo> infos;
  fused.walk([&](RowKernelOp kernel) {
    writer::KernelInfo info;
    if (auto function = kernel->getParentOfType<func::FuncOp>())
      info.function = function.getName().str();
    info.name = kernel.getKernelName().value_or("row_kernel").str();
    info.norms = countNorms(kernel);
    if (auto description = kernel->getAttrOfType<StringAttr>("description"))
      info.description = description.getValue().str();
    llvm::SmallDenseSet<Value> read;
    for (Value input : kernel.getInputs())
      if (isa<ShapedType>(input.getType()))
        read.insert(input);
    info.tensorsRead = read.size();
    info.tensorsWritten = kernel.getOutputs().size();
    info.location = printLocation(kernel.getLoc());
    infos.push_back(std::move(info));
  });
  return infos;
}

/// A kernel reads all its inputs at a position before it writes an output
/// there, so that an output may be the buffer of an input with the same map.
static void findAliases(func::FuncOp function, FunctionFacts &facts) {
  Operation *ret = function.getBody().front().getTerminator();
  facts.aliases.resize(ret->getNumOperands());
  // Any other reader of an argument could come after the write.
  RowKernelOp kernel;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (auto found = dyn_cast<RowKernelOp>(op)) {
      if (kernel)
        return;
      kernel = found;
    } else if (!isa<tensor::DimOp, tensor::EmptyOp>(op) &&
               !op.hasTrait<OpTrait::ConstantLike>()) {
      return;
    }
  }
  for (auto [index, result] : llvm::enumerate(ret->getOperands())) {
    if (!kernel || result.getDefiningOp() != kernel || !result.hasOneUse())
      continue;
    AffineMap map =
        kernel.getOutputMap(cast<OpResult>(result).getResultNumber());
    if (!map.isPermutation())
      continue;
    for (BlockArgument argument : function.getArguments()) {
      if (argument.getType() != result.getType())
        continue;
      auto isSafe = [&](OpOperand &use) {
        return isa<tensor::DimOp>(use.getOwner()) ||
               (use.getOwner() == kernel &&
                use.getOperandNumber() < kernel.getInputs().size() &&
                kernel.getMap(use.getOperandNumber()) == map);
      };
      if (llvm::all_of(argument.getUses(), isSafe))
        facts.aliases[index].push_back(argument.getArgNumber());
    }
  }
}

ModuleFacts rmsnorm::getFacts(ModuleOp fused) {
  ModuleFacts facts;
  for (auto function : fused.getOps<func::FuncOp>()) {
    if (function.isExternal() || !function.isPublic() ||
        !llvm::hasSingleElement(function.getBody()))
      continue;
    FunctionFacts &ofFunction = facts[function.getName()];
    ExtentClasses extents(function);
    for (BlockArgument argument : function.getArguments())
      ofFunction.argSymbols.push_back(extents.getSymbols(argument));
    for (Value result :
         function.getBody().front().getTerminator()->getOperands())
      ofFunction.resultSymbols.push_back(extents.getSymbols(result));
    findAliases(function, ofFunction);
  }
  return facts;
}

/// The bytes of a constant: of the attribute itself where it has them as
/// memory holds them, else a copy.
static std::optional<writer::Bytes>
getConstantBytes(ElementsAttr attribute, CompiledArtifact &artifact) {
  ShapedType type = attribute.getShapedType();
  uint64_t elementSize = getElementSize(type.getElementType());
  uint64_t size = type.getNumElements() * elementSize;
  ArrayRef<char> data;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return std::nullopt;
    data = blob->getData();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(attribute)) {
    data = dense.getRawData();
    if (dense.isSplat() || type.getElementType().isInteger(1)) {
      SmallVector<char, 0> &copy = artifact.storage.emplace_back();
      copy.reserve(size);
      if (type.getElementType().isInteger(1))
        for (bool bit : dense.getValues<bool>())
          copy.push_back(bit);
      else
        for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
          copy.append(data.begin(), data.begin() + elementSize);
      data = copy;
    }
  } else {
    return std::nullopt;
  }
  if (data.size() != size)
    return std::nullopt;
  return writer::Bytes{data.data(), data.size()};
}

static LogicalResult checkType(Operation *op, const writer::Value &value,
                               Type type) {
  if (value.dtype != RMSN_DTYPE_INVALID)
    return success();
  return op->emitError()
         << "'" << value.name << "' of type " << type
         << " cannot be passed to an artifact: its element "
            "type must be a float of 16, 32 or 64 bits, f8E4M3FN, "
            "f8E5M2, or an integer of 1, 8, 16, 32 or 64 bits";
}

static LogicalResult addFunction(Operation *entry, StringRef symbol,
                                 DictionaryAttr signature,
                                 const ModuleFacts &facts,
                                 CompiledArtifact &artifact) {
  writer::Function function;
  // Without machine code there is neither an entry nor a shape function.
  StringRef name = symbol;
  bool hasCode = name.consume_front("rmsn_entry_");
  function.name = name.str();
  if (!llvm::json::isUTF8(name) || name.contains('\0'))
    return entry->emitError()
           << "a function's name must be UTF-8 without a zero: programs look "
              "it up in the artifact";
  if (hasCode)
    function.entrySymbol = symbol.str();
  auto shape = signature.getAs<StringAttr>("shape_symbol");
  if (hasCode && shape)
    function.shapeSymbol = shape.getValue().str();
  auto addValues = [&](StringRef prefix,
                       std::vector<writer::Value> &values) -> LogicalResult {
    auto types = signature.getAs<ArrayAttr>((prefix + "_types").str());
    auto names = signature.getAs<ArrayAttr>((prefix + "_names").str());
    auto layouts =
        signature.getAs<DenseI64ArrayAttr>((prefix + "_layouts").str());
    for (auto [type, valueName, layout] : llvm::zip_equal(
             types.getAsValueRange<TypeAttr>(),
             names.getAsValueRange<StringAttr>(), layouts.asArrayRef())) {
      values.push_back(getManifestValue(type, valueName, layout));
      if (failed(checkType(entry, values.back(), type)))
        return failure();
    }
    return success();
  };
  if (failed(addValues("arg", function.args)) ||
      failed(addValues("result", function.results)))
    return failure();
  for (int64_t id :
       signature.getAs<DenseI64ArrayAttr>("constants").asArrayRef())
    function.constants.push_back(uint32_t(id));
  auto known = facts.find(name);
  if (known != facts.end()) {
    const FunctionFacts &found = known->second;
    for (auto [value, symbols] :
         llvm::zip_equal(function.args, found.argSymbols))
      value.symbols.assign(symbols.begin(), symbols.end());
    for (auto [value, symbols, aliases] : llvm::zip_equal(
             function.results, found.resultSymbols, found.aliases)) {
      value.symbols.assign(symbols.begin(), symbols.end());
      value.mayAlias.assign(aliases.begin(), aliases.end());
    }
  }
  artifact.description.functions.push_back(std::move(function));
  return success();
}

std::optional<uint32_t> rmsnorm::addConstant(ElementsAttr values,
                                             CompiledArtifact &artifact) {
  auto [known, inserted] = artifact.constants.try_emplace(
      values, artifact.description.constants.size());
  if (!inserted)
    return known->second;
  writer::Constant constant;
  constant.dtype = getDType(values.getElementType());
  std::optional<writer::Bytes> bytes;
  if (constant.dtype != RMSN_DTYPE_INVALID)
    bytes = getConstantBytes(values, artifact);
  if (!bytes) {
    artifact.constants.erase(known);
    return std::nullopt;
  }
  constant.name =
      "constant" + std::to_string(artifact.description.constants.size());
  constant.shape = values.getShapedType().getShape().vec();
  constant.bytes = *bytes;
  artifact.description.constants.push_back(std::move(constant));
  return artifact.description.constants.size() - 1;
}

LogicalResult rmsnorm::addSignatures(ModuleOp lowered, const ModuleFacts &facts,
                                     CompiledArtifact &artifact) {
  // First, so that they have the numbers that signatures refer to.
  if (auto constants = lowered->getAttrOfType<ArrayAttr>("rmsnorm.constants"))
    for (auto values : constants.getAsRange<ElementsAttr>())
      if (!addConstant(values, artifact))
        return emitError(lowered.getLoc())
               << "the values of a constant of type " << values.getType()
               << " are not in the module, or cannot be stored";
  for (Operation &op : *lowered.getBody()) {
    auto signature = op.getAttrOfType<DictionaryAttr>("rmsnorm.signature");
    if (!signature)
      continue;
    if (failed(addFunction(&op, SymbolTable::getSymbolName(&op).getValue(),
                           signature, facts, artifact)))
      return failure();
  }
  if (artifact.description.functions.empty())
    return emitError(lowered.getLoc(), "the module has no public function, so "
                                       "there is nothing to compile");
  return success();
}
