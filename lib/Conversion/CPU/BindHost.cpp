//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-bind-host: calls out of compiled code go through the host's table.

#include "rmsnorm/Conversion/CPU/Passes.h"

#include "rmsnorm_runtime/blob_abi.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cstddef>

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMBINDHOST
#include "rmsnorm/Conversion/CPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// An external function that is reached through the table.
struct HostFunction {
  StringRef name;
  int64_t offset;
};
const HostFunction kHostFunctions[] = {
    {"aligned_alloc", offsetof(rmsn_host, alloc)},
    {"malloc", offsetof(rmsn_host, alloc)},
    {"free", offsetof(rmsn_host, free)},
    {"rmsn_parallel_for", offsetof(rmsn_host, parallel_for)},
    {"rmsn_matmul", offsetof(rmsn_host, matmul)},
    {"rmsn_assert", offsetof(rmsn_host, fail)},
};

/// Alignment of every buffer: a cache line, and a 512-bit vector.
constexpr int64_t kBufferAlignment = 64;
/// What the runtime reports for a failed cf.assert and a failed allocation.
constexpr int32_t kAssertionStatus = RMSN_STATUS_ASSERTION;
constexpr int32_t kMemoryStatus = RMSN_STATUS_OUT_OF_MEMORY;

class BindHostPass
    : public mlir::rmsnorm::impl::RMSNormBindHostBase<BindHostPass> {
  void runOnOperation() override;
  void bindFunction(LLVM::LLVMFuncOp function);
  LogicalResult bindCall(LLVM::CallOp call, SymbolTable &symbols);
  void makeEntry(LLVM::LLVMFuncOp function);
  void checkStatus(ImplicitLocOpBuilder &b, Operation *after, Value failed,
                   function_ref<Value(ImplicitLocOpBuilder &)> status);
  Value loadHostFunction(ImplicitLocOpBuilder &b, Value host, int64_t offset);

  Type pointer() { return LLVM::LLVMPointerType::get(&getContext()); }
  Type i32() { return IntegerType::get(&getContext(), 32); }
  Type i64() { return IntegerType::get(&getContext(), 64); }

  /// Functions that already have the table as first argument (loop bodies).
  llvm::DenseSet<Operation *> bound;
};
} // namespace

static Value constant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  return LLVM::ConstantOp::create(b, type, b.getIntegerAttr(type, value));
}

static Value byteOffset(ImplicitLocOpBuilder &b, Value base, int64_t offset) {
  return LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{int32_t(offset)});
}

Value BindHostPass::loadHostFunction(ImplicitLocOpBuilder &b, Value host,
                                     int64_t offset) {
  auto load = LLVM::LoadOp::create(b, pointer(), byteOffset(b, host, offset));
  load.setInvariant(true);
  return load;
}

/// Makes `function` take the table and return a status.
void BindHostPass::bindFunction(LLVM::LLVMFuncOp function) {
  LLVM::LLVMFunctionType type = function.getFunctionType();
  if (!bound.contains(function)) {
    SmallVector<Type> arguments{pointer()};
    llvm::append_range(arguments, type.getParams());
    function.setFunctionType(LLVM::LLVMFunctionType::get(i32(), arguments));
    if (ArrayAttr attributes = function.getArgAttrsAttr()) {
      SmallVector<Attribute> shifted{DictionaryAttr::get(&getContext())};
      llvm::append_range(shifted, attributes);
      function.setArgAttrsAttr(ArrayAttr::get(&getContext(), shifted));
    }
    function.getBody().insertArgument(0u, pointer(), function.getLoc());
  }
  function.walk([&](LLVM::ReturnOp op) {
    if (op.getNumOperands() != 0)
      return;
    ImplicitLocOpBuilder b(op.getLoc(), op);
    LLVM::ReturnOp::create(b, constant(b, i32(), 0));
    op.erase();
  });
}

/// Splits the block behind `after`: where `failed` holds, the function returns
/// what `status` builds.
void BindHostPass::checkStatus(
    ImplicitLocOpBuilder &b, Operation *after, Value failed,
    function_ref<Value(ImplicitLocOpBuilder &)> status) {
  Block *block = after->getBlock();
  Block *rest = block->splitBlock(std::next(after->getIterator()));
  Block *failure = new Block;
  block->getParent()->getBlocks().insert(block->getParent()->end(), failure);
  b.setInsertionPointToEnd(block);
  LLVM::CondBrOp::create(b, failed, failure, ValueRange(), rest, ValueRange(),
                         std::make_pair(1u, 2000u));
  b.setInsertionPointToEnd(failure);
  LLVM::ReturnOp::create(b, status(b));
}

LogicalResult BindHostPass::bindCall(LLVM::CallOp call, SymbolTable &symbols) {
  std::optional<StringRef> callee = call.getCallee();
  if (!callee)
    return success();
  auto function = call->getParentOfType<LLVM::LLVMFuncOp>();
  Value host = function.getArgument(0);
  ImplicitLocOpBuilder b(call.getLoc(), call);
  auto target = symbols.lookup<LLVM::LLVMFuncOp>(*callee);
  if (target && !target.isExternal()) {
    // One of ours: pass the table on, and its status.
    SmallVector<Value> operands{host};
    llvm::append_range(operands, call.getArgOperands());
    auto bound = LLVM::CallOp::create(b, target, operands);
    Value failed = LLVM::ICmpOp::create(
        b, LLVM::ICmpPredicate::ne, bound.getResult(), constant(b, i32(), 0));
    checkStatus(b, failed.getDefiningOp(), failed,
                [&](ImplicitLocOpBuilder &) { return bound.getResult(); });
    call.erase();
    return success();
  }
  const HostFunction *entry =
      llvm::find_if(kHostFunctions, [&](const HostFunction &known) {
        return known.name == *callee;
      });
  if (entry == std::end(kHostFunctions)) {
    if (callee->starts_with("llvm."))
      return success();
    return call.emitError()
           << "calls '" << *callee
           << "', which compiled code cannot reach: an artifact imports "
              "nothing";
  }
  OperandRange arguments = call.getArgOperands();
  auto callThrough = [&](TypeRange results, ValueRange operands) {
    SmallVector<Value> all{loadHostFunction(b, host, entry->offset), host};
    llvm::append_range(all, operands);
    SmallVector<Type> types;
    for (Value operand : ValueRange(all).drop_front())
      types.push_back(operand.getType());
    auto type = LLVM::LLVMFunctionType::get(
        results.empty() ? LLVM::LLVMVoidType::get(&getContext())
                        : results.front(),
        types);
    return LLVM::CallOp::create(b, type, all);
  };

  if (*callee == "free") {
    callThrough({}, arguments);
  } else if (*callee == "malloc" || *callee == "aligned_alloc") {
    Value bytes = arguments.back();
    auto allocate =
        callThrough({pointer()}, {bytes, constant(b, i64(), kBufferAlignment)});
    call.getResult().replaceAllUsesWith(allocate.getResult());
    Value null = LLVM::ZeroOp::create(b, pointer());
    Value failed = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq,
                                        allocate.getResult(), null);
    // The host has recorded the failure.
    checkStatus(b, failed.getDefiningOp(), failed,
                [&](ImplicitLocOpBuilder &nested) {
                  return constant(nested, i32(), kMemoryStatus);
                });
  } else if (*callee == "rmsn_assert") {
    Value failed =
        LLVM::XOrOp::create(b, arguments[0], constant(b, b.getI1Type(), 1));
    SmallVector<Value> message(arguments.drop_front());
    checkStatus(
        b, failed.getDefiningOp(), failed, [&](ImplicitLocOpBuilder &nested) {
          b = nested;
          return callThrough({i32()}, {constant(b, i32(), kAssertionStatus),
                                       message[0], message[1]})
              .getResult();
        });
  } else {
    auto status = callThrough({i32()}, arguments);
    Value failed = LLVM::ICmpOp::create(
        b, LLVM::ICmpPredicate::ne, status.getResult(), constant(b, i32(), 0));
    checkStatus(b, failed.getDefiningOp(), failed,
                [&](ImplicitLocOpBuilder &) { return status.getResult(); });
  }
  call.erase();
  return success();
}

/// rmsn_entry_<name>(host, args, results): unpacks descriptors and calls.
void BindHostPass::makeEntry(LLVM::LLVMFuncOp function) {
  auto signature = function->getAttrOfType<DictionaryAttr>("rmsnorm.signature");
  ImplicitLocOpBuilder b(function.getLoc(), function->getBlock(),
                         std::next(function->getIterator()));
  auto type =
      LLVM::LLVMFunctionType::get(i32(), {pointer(), pointer(), pointer()});
  std::string name = ("rmsn_entry_" + function.getName()).str();
  auto entry = LLVM::LLVMFuncOp::create(b, name, type);
  entry->setAttr("rmsnorm.signature", signature);
  b.setInsertionPointToStart(entry.addEntryBlock(b));

  SmallVector<Value> operands{entry.getArgument(0)};
  auto unpack = [&](Value array, ArrayRef<int64_t> ranks) {
    for (auto [index, rank] : llvm::enumerate(ranks)) {
      Value slot =
          LLVM::LoadOp::create(b, pointer(), byteOffset(b, array, index * 8));
      auto field = [&](Type fieldType, int64_t offset) {
        operands.push_back(
            LLVM::LoadOp::create(b, fieldType, byteOffset(b, slot, offset)));
      };
      if (rank < 0) { // A scalar: its type is that of the parameter.
        field(function.getFunctionType().getParamType(operands.size()), 0);
        continue;
      }
      field(pointer(), offsetof(rmsn_memref, allocated));
      field(pointer(), offsetof(rmsn_memref, aligned));
      field(i64(), offsetof(rmsn_memref, offset));
      for (int64_t dim = 0; dim < 2 * rank; ++dim)
        field(i64(), offsetof(rmsn_memref, dims) + 8 * dim);
    }
  };
  auto ranks = [&](StringRef name) {
    return cast<DenseI64ArrayAttr>(signature.get(name)).asArrayRef();
  };
  unpack(entry.getArgument(1), ranks("arg_ranks"));
  unpack(entry.getArgument(2), ranks("result_ranks"));
  auto call = LLVM::CallOp::create(b, function, operands);
  LLVM::ReturnOp::create(b, call.getResult());
  function.setLinkage(LLVM::Linkage::Internal);
  function->removeAttr("rmsnorm.signature");
}

void BindHostPass::runOnOperation() {
  SmallVector<LLVM::LLVMFuncOp> functions;
  for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
    if (function.isExternal() || function->hasAttr("rmsnorm.no_host"))
      continue;
    functions.push_back(function);
    if (function->hasAttr("rmsnorm.loop_body"))
      bound.insert(function);
  }
  for (LLVM::LLVMFuncOp function : functions)
    bindFunction(function);
  SmallVector<LLVM::CallOp> calls;
  for (LLVM::LLVMFuncOp function : functions)
    function.walk([&](LLVM::CallOp call) { calls.push_back(call); });
  // The last one first: what stands behind a call is moved to another block,
  // and then it is not much.
  SymbolTable symbols(getOperation());
  for (LLVM::CallOp call : llvm::reverse(calls))
    if (failed(bindCall(call, symbols)))
      return signalPassFailure();
  for (LLVM::LLVMFuncOp function : functions) {
    if (function->hasAttr("rmsnorm.signature"))
      makeEntry(function);
    else
      function.setLinkage(LLVM::Linkage::Internal);
  }
  // Declarations that nobody calls any more.
  llvm::DenseSet<Attribute> used;
  if (auto uses = SymbolTable::getSymbolUses(&getOperation().getBodyRegion()))
    for (SymbolTable::SymbolUse use : *uses)
      used.insert(use.getSymbolRef().getRootReference());
  for (auto function :
       llvm::make_early_inc_range(getOperation().getOps<LLVM::LLVMFuncOp>()))
    if (function.isExternal() && !used.contains(function.getSymNameAttr()))
      function.erase();
}
