//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "ShapeFunction.h"

#include "ControlFlowExtents.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

/// An i64 at position `index` of an array.
static Value elementAddress(ImplicitLocOpBuilder &b, Value array,
                            int64_t index) {
  return LLVM::GEPOp::create(b, array.getType(), b.getI64Type(), array,
                             ArrayRef<LLVM::GEPArg>{int32_t(index)});
}

/// Moves extents of arguments out of nested regions.
static void hoistDimsOfArguments(func::FuncOp function) {
  Block &body = function.getBody().front();
  SmallVector<tensor::DimOp> dims;
  function.walk([&](tensor::DimOp op) {
    if (op->getBlock() != &body &&
        llvm::is_contained(body.getArguments(), op.getSource()) &&
        op.getConstantIndex())
      dims.push_back(op);
  });
  OpBuilder b(function.getContext());
  b.setInsertionPointToStart(&body);
  for (tensor::DimOp op : dims) {
    op.replaceAllUsesWith(tensor::DimOp::create(b, op.getLoc(), op.getSource(),
                                                *op.getConstantIndex())
                              .getResult());
    op.erase();
  }
}

/// A division by zero must not end the process: what comes of it is an extent
/// of no meaning, about which the function itself has to complain.
static void guardDivisor(ImplicitLocOpBuilder &b, Operation &op) {
  if (!isa<arith::DivSIOp, arith::DivUIOp, arith::CeilDivSIOp,
           arith::CeilDivUIOp, arith::FloorDivSIOp, arith::RemSIOp,
           arith::RemUIOp>(op))
    return;
  Value divisor = op.getOperand(1);
  std::optional<int64_t> known = getConstantIntValue(divisor);
  if (known && *known != 0)
    return;
  b.setInsertionPoint(&op);
  Type type = divisor.getType();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value one = arith::ConstantOp::create(b, b.getIntegerAttr(type, 1));
  Value isZero =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, divisor, zero);
  op.setOperand(1, arith::SelectOp::create(b, isZero, one, divisor));
}

FailureOr<std::string> rmsnorm::emitShapeFunction(func::FuncOp function,
                                                  ValueRange results) {
  bool dynamic = llvm::any_of(results.getTypes(), [](Type type) {
    return !cast<RankedTensorType>(type).hasStaticShape();
  });
  if (!dynamic)
    return std::string();

  // A copy of the function in which only the extents of the results are used.
  MLIRContext *context = function.getContext();
  ImplicitLocOpBuilder b(function.getLoc(), context);
  IRMapping mapping;
  auto copy = cast<func::FuncOp>(function->clone(mapping));
  std::string name = ("rmsn_shape_" + function.getName()).str();
  copy.setName(name);
  auto module = function->getParentOfType<ModuleOp>();
  module.insert(std::next(function->getIterator()), copy);
  Block &body = copy.getBody().front();
  Operation *ret = body.getTerminator();
  b.setInsertionPoint(ret);
  SmallVector<Value> extents;
  SmallVector<std::pair<unsigned, unsigned>> origins;
  for (auto [index, result] : llvm::enumerate(results)) {
    auto type = cast<RankedTensorType>(result.getType());
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      origins.emplace_back(index, dim);
      extents.push_back(tensor::DimOp::create(b, mapping.lookup(result), dim));
    }
  }
  func::ReturnOp::create(b, extents);
  ret->erase();
  copy.setType(
      FunctionType::get(context, body.getArgumentTypes(),
                        SmallVector<Type>(extents.size(), b.getIndexType())));
  copy.setAllResultAttrs(ArrayRef<DictionaryAttr>());
  copy.setAllArgAttrs(
      SmallVector<DictionaryAttr>(copy.getNumArguments(), DictionaryAttr()));

  // An extent does not depend on whether an assertion holds.
  copy.walk([](Operation *op) {
    if (op->getName().getStringRef() == "cf.assert")
      op->erase();
  });
  RewritePatternSet patterns(context);
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  memref::populateResolveShapedTypeResultDimsPatterns(patterns);
  for (Dialect *dialect : context->getLoadedDialects())
    dialect->getCanonicalizationPatterns(patterns);
  for (RegisteredOperationName op : context->getRegisteredOperations())
    op.getCanonicalizationPatterns(patterns, context);
  scf::populateSCFForLoopCanonicalizationPatterns(patterns);
  populateControlFlowExtentPatterns(patterns);
  FrozenRewritePatternSet frozen(std::move(patterns));
  (void)applyPatternsGreedily(copy, frozen);
  // Both branches of a condition may come to the same extent.
  hoistDimsOfArguments(copy);
  IRRewriter rewriter(context);
  DominanceInfo dominance(copy);
  eliminateCommonSubExpressions(rewriter, dominance, copy);
  (void)applyPatternsGreedily(copy, frozen);

  // What is left must be arithmetic on extents of arguments.
  SmallVector<int64_t> firstDim;
  int64_t numDims = 0;
  for (Type type : body.getArgumentTypes()) {
    firstDim.push_back(numDims);
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      numDims += tensor.getRank();
  }
  auto pointer = LLVM::LLVMPointerType::get(context);
  unsigned numArgs = body.getNumArguments();
  Value argDims = body.addArgument(pointer, copy.getLoc());
  Value resultDims = body.addArgument(pointer, copy.getLoc());
  for (Operation &op : llvm::make_early_inc_range(body)) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      continue;
    auto dim = dyn_cast<tensor::DimOp>(op);
    auto argument =
        dim ? dyn_cast<BlockArgument>(dim.getSource()) : BlockArgument();
    std::optional<int64_t> position =
        dim ? dim.getConstantIndex() : std::nullopt;
    if (argument && position) {
      b.setInsertionPoint(dim);
      Value extent = LLVM::LoadOp::create(
          b, b.getI64Type(),
          elementAddress(b, argDims,
                         firstDim[argument.getArgNumber()] + *position));
      dim.replaceAllUsesWith(
          arith::IndexCastOp::create(b, b.getIndexType(), extent).getResult());
      dim.erase();
      continue;
    }
    bool indexOnly =
        llvm::all_of(op.getOperandTypes(),
                     [](Type type) { return type.isIntOrIndex(); }) &&
        llvm::all_of(op.getResultTypes(),
                     [](Type type) { return type.isIntOrIndex(); });
    bool usesScalarArgument = llvm::any_of(op.getOperands(), [](Value operand) {
      return isa<BlockArgument>(operand);
    });
    if (op.getNumRegions() == 0 && isMemoryEffectFree(&op) && indexOnly &&
        !usesScalarArgument) {
      guardDivisor(b, op);
      continue;
    }
    function.emitError() << "the extents of the results must follow from the "
                            "extents of the arguments, but depend on '"
                         << op.getName() << "'";
    copy.erase();
    return failure();
  }
  ret = body.getTerminator();
  b.setInsertionPoint(ret);
  for (auto [index, extent] : llvm::enumerate(ret->getOperands())) {
    Value integer = arith::IndexCastOp::create(b, b.getI64Type(), extent);
    LLVM::StoreOp::create(b, integer, elementAddress(b, resultDims, index));
  }
  func::ReturnOp::create(b);
  ret->erase();
  body.eraseArguments(0, numArgs);
  copy.setAllArgAttrs(SmallVector<DictionaryAttr>(2, DictionaryAttr()));
  copy.setType(FunctionType::get(context, {pointer, pointer}, {}));
  copy->setAttr("rmsnorm.no_host", b.getUnitAttr());
  return name;
}
