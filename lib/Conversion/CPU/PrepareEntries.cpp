//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-prepare-entries: public functions get the shape of an entry.

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "ShapeFunction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMPREPAREENTRIES
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
class PrepareEntriesPass
    : public mlir::rmsnorm::impl::RMSNormPrepareEntriesBase<
          PrepareEntriesPass> {
public:
  using RMSNormPrepareEntriesBase::RMSNormPrepareEntriesBase;

private:
  void runOnOperation() override;
  LogicalResult prepare(func::FuncOp function);
  void hoistConstants(func::FuncOp function, SmallVectorImpl<int64_t> &ids);

  /// Values of all functions' constants, each once.
  llvm::MapVector<Attribute, int64_t> constants;
};
} // namespace

/// Buffer type of an entry's tensor: contiguous, or with any outer strides.
static MemRefType getBufferType(RankedTensorType type, bool anyOuterStrides) {
  if (!anyOuterStrides || type.getRank() < 2)
    return MemRefType::get(type.getShape(), type.getElementType());
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  strides.back() = 1;
  return MemRefType::get(
      type.getShape(), type.getElementType(),
      StridedLayoutAttr::get(type.getContext(), /*offset=*/0, strides));
}

/// The type that a caller sees: MLIR's arithmetic is on integers without a
/// sign, so what the sign was is said by an attribute.
static TypeAttr getInterfaceType(Type type, DictionaryAttr attributes) {
  auto element = dyn_cast<IntegerType>(getElementTypeOrSelf(type));
  if (!attributes || !attributes.contains("rmsnorm.unsigned") || !element ||
      element.getWidth() == 1)
    return TypeAttr::get(type);
  Type wanted = IntegerType::get(type.getContext(), element.getWidth(),
                                 IntegerType::Unsigned);
  if (auto shaped = dyn_cast<ShapedType>(type))
    wanted = shaped.clone(wanted);
  return TypeAttr::get(wanted);
}

/// Whether only row kernels read the value's elements.
static bool isOnlyReadByKernels(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUses(), [](OpOperand &use) {
           if (isa<tensor::DimOp>(use.getOwner()))
             return true;
           auto kernel = dyn_cast<RowKernelOp>(use.getOwner());
           return kernel && use.getOperandNumber() < kernel.getInputs().size();
         });
}

void PrepareEntriesPass::hoistConstants(func::FuncOp function,
                                        SmallVectorImpl<int64_t> &ids) {
  Block &entry = function.getBody().front();
  llvm::DenseMap<Attribute, Value> arguments;
  SmallVector<arith::ConstantOp> ops;
  function.walk([&](arith::ConstantOp op) {
    auto value = dyn_cast<ElementsAttr>(op.getValue());
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!value || !type || !type.getElementType().isIntOrFloat() ||
        value.isSplat())
      return;
    int64_t bits =
        type.getNumElements() * std::max(8u, type.getElementTypeBitWidth());
    if (bits / 8 >= constantThreshold)
      ops.push_back(op);
  });
  for (arith::ConstantOp op : ops) {
    Value &argument = arguments[op.getValue()];
    if (!argument) {
      argument = entry.addArgument(op.getType(), op.getLoc());
      auto [entryOf, inserted] =
          constants.insert({op.getValue(), int64_t(constants.size())});
      ids.push_back(entryOf->second);
    }
    op.replaceAllUsesWith(argument);
    op.erase();
  }
}

LogicalResult PrepareEntriesPass::prepare(func::FuncOp function) {
  Block &entry = function.getBody().front();
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("an entry must have a single block");
  auto ret = cast<func::ReturnOp>(entry.getTerminator());
  OpBuilder b(ret);
  Location loc = function.getLoc();
  int64_t numArgs = function.getNumArguments();

  // Numbers are returned as tensors of rank 0.
  SmallVector<Value> results;
  for (Value value : ret.getOperands()) {
    if (value.getType().isIndex())
      value = arith::IndexCastOp::create(b, loc, b.getI64Type(), value);
    if (!isa<TensorType>(value.getType()))
      value = tensor::FromElementsOp::create(
          b, loc, RankedTensorType::get({}, value.getType()), value);
    if (!isa<RankedTensorType>(value.getType()))
      return function.emitError("results must be ranked tensors or numbers");
    results.push_back(value);
  }
  // From here on the terminator keeps track of them, as others replace them.
  ret.getOperandsMutable().assign(results);
  FailureOr<std::string> shapeSymbol = emitShapeFunction(function, results);
  if (failed(shapeSymbol))
    return failure();

  SmallVector<int64_t> constantIds;
  hoistConstants(function, constantIds);

  // Arguments become buffers.
  SmallVector<Attribute> argTypes, argNames, resultTypes, resultNames;
  SmallVector<int64_t> argRanks, argLayouts, resultRanks, resultLayouts;
  b.setInsertionPointToStart(&entry);
  for (BlockArgument argument : entry.getArguments()) {
    bool isConstant = argument.getArgNumber() >= numArgs;
    if (!isConstant) {
      argTypes.push_back(
          getInterfaceType(argument.getType(),
                           function.getArgAttrDict(argument.getArgNumber())));
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                        "rmsnorm.name");
      argNames.push_back(
          name ? name
               : b.getStringAttr("arg" + Twine(argument.getArgNumber())));
    }
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type) {
      if (isa<ShapedType>(argument.getType()))
        return function.emitError()
               << "argument " << argument.getArgNumber() << " of type "
               << argument.getType() << " must be a ranked tensor or a number";
      argRanks.push_back(-1);
      argLayouts.push_back(0);
      continue;
    }
    bool anyOuter = !isConstant && isOnlyReadByKernels(argument);
    argRanks.push_back(type.getRank());
    if (!isConstant)
      argLayouts.push_back(anyOuter && type.getRank() >= 2);
    argument.setType(getBufferType(type, anyOuter));
    auto toTensor = bufferization::ToTensorOp::create(
        b, loc, type, argument, /*restrict=*/true, /*writable=*/false);
    argument.replaceAllUsesExcept(toTensor, toTensor);
  }

  // Results go to buffers of the caller.
  b.setInsertionPoint(ret);
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    // Used by the terminator, too.
    bool anyOuter = value.hasOneUse() && value.getDefiningOp<RowKernelOp>();
    BlockArgument destination =
        entry.addArgument(getBufferType(type, anyOuter), loc);
    auto store = bufferization::MaterializeInDestinationOp::create(
        b, loc, TypeRange(), value, destination);
    store.setRestrict(true);
    store.setWritable(true);
    resultTypes.push_back(
        getInterfaceType(type, function.getResultAttrDict(index)));
    auto name = function.getResultAttrOfType<StringAttr>(index, "rmsnorm.name");
    resultNames.push_back(name ? name
                               : b.getStringAttr("result" + Twine(index)));
    resultRanks.push_back(type.getRank());
    resultLayouts.push_back(anyOuter && type.getRank() >= 2);
  }
  func::ReturnOp::create(b, ret.getLoc());
  ret.erase();
  function.setType(
      FunctionType::get(&getContext(), entry.getArgumentTypes(), TypeRange()));
  function.setAllArgAttrs(
      SmallVector<DictionaryAttr>(entry.getNumArguments(), DictionaryAttr()));
  function.setAllResultAttrs(ArrayRef<DictionaryAttr>());

  NamedAttrList signature;
  signature.set("arg_names", b.getArrayAttr(argNames));
  signature.set("arg_types", b.getArrayAttr(argTypes));
  signature.set("arg_ranks", b.getDenseI64ArrayAttr(argRanks));
  signature.set("arg_layouts", b.getDenseI64ArrayAttr(argLayouts));
  signature.set("constants", b.getDenseI64ArrayAttr(constantIds));
  signature.set("result_names", b.getArrayAttr(resultNames));
  signature.set("result_types", b.getArrayAttr(resultTypes));
  signature.set("result_ranks", b.getDenseI64ArrayAttr(resultRanks));
  signature.set("result_layouts", b.getDenseI64ArrayAttr(resultLayouts));
  if (!shapeSymbol->empty())
    signature.set("shape_symbol", b.getStringAttr(*shapeSymbol));
  function->setAttr("rmsnorm.signature",
                    signature.getDictionary(&getContext()));
  return success();
}

/// After inlining, calls on tensors are left only where that is impossible.
static LogicalResult checkCalls(ModuleOp module) {
  WalkResult result = module.walk([&](func::CallOp call) {
    auto isTensor = [](Type type) { return isa<TensorType>(type); };
    if (llvm::none_of(call.getOperandTypes(), isTensor) &&
        llvm::none_of(call.getResultTypes(), isTensor))
      return WalkResult::advance();
    auto callee = module.lookupSymbol<func::FuncOp>(call.getCallee());
    StringRef why = !callee || callee.isExternal()
                        ? "has no body in this module"
                        : "cannot be inlined (it calls itself, or has "
                          "branches between blocks)";
    call.emitError() << "calls '" << call.getCallee() << "', which " << why;
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

void PrepareEntriesPass::runOnOperation() {
  constants.clear();
  if (failed(checkCalls(getOperation())))
    return signalPassFailure();
  for (auto function :
       llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
    if (function.isExternal() || !function.isPublic())
      continue;
    if (failed(prepare(function)))
      return signalPassFailure();
  }
  SmallVector<Attribute> values;
  for (auto &[value, id] : constants)
    values.push_back(value);
  if (!values.empty())
    getOperation()->setAttr("rmsnorm.constants",
                            ArrayAttr::get(&getContext(), values));
}
