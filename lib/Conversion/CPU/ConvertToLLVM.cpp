//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-convert-to-llvm: our operations into LLVM dialect calls. What is
/// not ours is left to the upstream conversions that run after it.

#include "rmsnorm/Conversion/CPU/Passes.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "rmsnorm_runtime/blob_abi.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cstddef>

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMCONVERTTOLLVM
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
class ConvertToLLVMPass
    : public mlir::rmsnorm::impl::RMSNormConvertToLLVMBase<ConvertToLLVMPass> {
  void runOnOperation() override;
  void convert(ParallelCallOp op, const LLVMTypeConverter &types);
  LogicalResult convert(GemmOp op);
  void convert(cf::AssertOp op);

  Type pointer() { return LLVM::LLVMPointerType::get(&getContext()); }
  Type i32() { return IntegerType::get(&getContext(), 32); }
  Type i64() { return IntegerType::get(&getContext(), 64); }
  LLVM::LLVMFuncOp declare(StringRef name, TypeRange arguments);

  unsigned numMessages = 0;
};
} // namespace

static Value constant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  return LLVM::ConstantOp::create(b, type, b.getIntegerAttr(type, value));
}

static Value cast(ImplicitLocOpBuilder &b, Type type, Value value) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(b, type, value).getResult(0);
}

/// Stack space at the entry of the function around `op`, so that a loop does
/// not take more at each iteration.
static Value allocateOnStack(Operation *op, Type type, int64_t count) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  ImplicitLocOpBuilder b(op->getLoc(), function->getContext());
  b.setInsertionPointToStart(&function.getFunctionBody().front());
  return LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                type, constant(b, b.getI64Type(), count),
                                /*alignment=*/16);
}

LLVM::LLVMFuncOp ConvertToLLVMPass::declare(StringRef name,
                                            TypeRange arguments) {
  if (auto known = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder b(getOperation().getBodyRegion());
  return LLVM::LLVMFuncOp::create(
      b, getOperation().getLoc(), name,
      LLVM::LLVMFunctionType::get(i32(), llvm::to_vector(arguments)));
}

/// The operands travel in a struct on the caller's stack, from which the loop
/// body, `int32_t body(host, closure, begin, end)`, takes them again.
void ConvertToLLVMPass::convert(ParallelCallOp op,
                                const LLVMTypeConverter &types) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  SmallVector<Type> fields;
  for (Type type : op.getArguments().getTypes())
    fields.push_back(types.convertType(type));
  auto closureType = LLVM::LLVMStructType::getLiteral(&getContext(), fields);
  Value closure = allocateOnStack(op, closureType, 1);
  auto fieldAddress = [&](ImplicitLocOpBuilder &nb, Value base,
                          unsigned index) {
    return LLVM::GEPOp::create(nb, pointer(), closureType, base,
                               ArrayRef<LLVM::GEPArg>{0, int32_t(index)});
  };
  for (auto [index, argument] : llvm::enumerate(op.getArguments()))
    LLVM::StoreOp::create(b, cast(b, fields[index], argument),
                          fieldAddress(b, closure, index));

  auto callee = getOperation().lookupSymbol<func::FuncOp>(op.getCallee());
  std::string bodyName = (op.getCallee() + "_range").str();
  if (!getOperation().lookupSymbol(bodyName)) {
    ImplicitLocOpBuilder nb(op.getLoc(), callee->getBlock(),
                            std::next(callee->getIterator()));
    auto body = LLVM::LLVMFuncOp::create(
        nb, bodyName,
        LLVM::LLVMFunctionType::get(i32(),
                                    {pointer(), pointer(), i64(), i64()}));
    body->setAttr("rmsnorm.loop_body", nb.getUnitAttr());
    nb.setInsertionPointToStart(body.addEntryBlock(nb));
    SmallVector<Value> operands{
        cast(nb, nb.getIndexType(), body.getArgument(2)),
        cast(nb, nb.getIndexType(), body.getArgument(3))};
    for (auto [index, argument] : llvm::enumerate(op.getArguments())) {
      Value field = LLVM::LoadOp::create(
          nb, fields[index], fieldAddress(nb, body.getArgument(1), index));
      operands.push_back(cast(nb, argument.getType(), field));
    }
    func::CallOp::create(nb, callee, operands);
    LLVM::ReturnOp::create(nb, constant(nb, i32(), 0));
  }
  auto parallelFor =
      declare("rmsn_parallel_for", {i64(), i64(), i64(), pointer(), pointer()});
  Value body = LLVM::AddressOfOp::create(b, pointer(), bodyName);
  LLVM::CallOp::create(b, parallelFor,
                       ValueRange{cast(b, i64(), op.getCount()),
                                  cast(b, i64(), op.getGrain()),
                                  cast(b, i64(), op.getWork()), body, closure});
  op.erase();
}

static std::optional<rmsn_dtype> getMatmulType(Type type) {
  if (type.isF16())
    return RMSN_DTYPE_F16;
  if (type.isBF16())
    return RMSN_DTYPE_BF16;
  if (type.isF32())
    return RMSN_DTYPE_F32;
  if (type.isF64())
    return RMSN_DTYPE_F64;
  return std::nullopt;
}

LogicalResult ConvertToLLVMPass::convert(GemmOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value args = allocateOnStack(op, b.getI8Type(), sizeof(rmsn_matmul_args));
  auto put = [&](int64_t offset, Value value) {
    Value address =
        LLVM::GEPOp::create(b, pointer(), b.getI8Type(), args,
                            ArrayRef<LLVM::GEPArg>{int32_t(offset)});
    LLVM::StoreOp::create(b, value, address);
  };
  struct Operand {
    Value buffer;
    ArrayRef<int64_t> dims;
    int64_t pointerOffset, stridesOffset, typeOffset;
  };
  const Operand operands[] = {
      {op.getA(), op.getADims(), offsetof(rmsn_matmul_args, a),
       offsetof(rmsn_matmul_args, a_strides),
       offsetof(rmsn_matmul_args, a_dtype)},
      {op.getB(), op.getBDims(), offsetof(rmsn_matmul_args, b),
       offsetof(rmsn_matmul_args, b_strides),
       offsetof(rmsn_matmul_args, b_dtype)},
      {op.getC(), op.getCDims(), offsetof(rmsn_matmul_args, c),
       offsetof(rmsn_matmul_args, c_strides),
       offsetof(rmsn_matmul_args, c_dtype)}};
  SmallVector<SmallVector<Value>> sizes;
  for (const Operand &operand : operands) {
    auto type = mlir::cast<MemRefType>(operand.buffer.getType());
    std::optional<rmsn_dtype> dtype = getMatmulType(type.getElementType());
    if (!dtype)
      return op.emitOpError()
             << "has no matrix multiplication for " << type.getElementType();
    auto metadata = memref::ExtractStridedMetadataOp::create(b, operand.buffer);
    Value address =
        memref::ExtractAlignedPointerAsIndexOp::create(b, operand.buffer);
    Value width =
        arith::ConstantIndexOp::create(b, type.getElementTypeBitWidth() / 8);
    Value offset = arith::MulIOp::create(b, metadata.getOffset(), width);
    address = arith::AddIOp::create(b, address, offset);
    Value integer = arith::IndexCastOp::create(b, i64(), address);
    put(operand.pointerOffset, LLVM::IntToPtrOp::create(b, pointer(), integer));
    SmallVector<Value> operandSizes;
    for (auto [position, dim] : llvm::enumerate(operand.dims)) {
      Value stride = dim < 0 ? arith::ConstantIndexOp::create(b, 0).getResult()
                             : metadata.getStrides()[dim];
      put(operand.stridesOffset + 8 * position,
          arith::IndexCastOp::create(b, i64(), stride));
      operandSizes.push_back(dim < 0 ? Value()
                                     : Value(metadata.getSizes()[dim]));
    }
    sizes.push_back(operandSizes);
    put(operand.typeOffset, constant(b, i32(), *dtype));
  }
  // Each extent from any operand that has the dimension.
  auto extent = [&](std::initializer_list<Value> candidates) -> Value {
    for (Value candidate : candidates)
      if (candidate)
        return arith::IndexCastOp::create(b, i64(), candidate);
    return constant(b, i64(), 1);
  };
  put(offsetof(rmsn_matmul_args, batch),
      extent({sizes[2][0], sizes[0][0], sizes[1][0]}));
  put(offsetof(rmsn_matmul_args, m), extent({sizes[2][1], sizes[0][1]}));
  put(offsetof(rmsn_matmul_args, n), extent({sizes[2][2], sizes[1][2]}));
  put(offsetof(rmsn_matmul_args, k), extent({sizes[0][2], sizes[1][1]}));
  put(offsetof(rmsn_matmul_args, accumulate),
      constant(b, i32(), op.getAccumulate()));
  LLVM::CallOp::create(b, declare("rmsn_matmul", {pointer()}),
                       ValueRange{args});
  op.erase();
  return success();
}

void ConvertToLLVMPass::convert(cf::AssertOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  StringRef message = op.getMsg();
  std::string name = "rmsn_message_" + std::to_string(numMessages++);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(getOperation().getBody());
    LLVM::GlobalOp::create(
        b, LLVM::LLVMArrayType::get(b.getI8Type(), message.size()),
        /*isConstant=*/true, LLVM::Linkage::Internal, name,
        b.getStringAttr(message));
  }
  Value address = LLVM::AddressOfOp::create(b, pointer(), name);
  LLVM::CallOp::create(
      b, declare("rmsn_assert", {b.getI1Type(), pointer(), i64()}),
      ValueRange{op.getArg(), address, constant(b, i64(), message.size())});
  op.erase();
}

void ConvertToLLVMPass::runOnOperation() {
  LLVMTypeConverter types(&getContext());
  SmallVector<Operation *> ops;
  getOperation()->walk([&](Operation *op) {
    if (isa<ParallelCallOp, GemmOp, cf::AssertOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto parallel = dyn_cast<ParallelCallOp>(op))
      convert(parallel, types);
    else if (auto assertion = dyn_cast<cf::AssertOp>(op))
      convert(assertion);
    else if (failed(convert(mlir::cast<GemmOp>(op))))
      return signalPassFailure();
  }
}
