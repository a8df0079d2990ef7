//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "DeviceRewrite.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/ValueMapper.h"

using namespace llvm;
using namespace rmsnorm_emulate;

namespace {

//===----------------------------------------------------------------------===//
// On the device module: accesses and intrinsics become calls
//===----------------------------------------------------------------------===//

class Instrumenter {
public:
  Instrumenter(Module &module, std::string &error)
      : module(module), context(module.getContext()), error(error),
        i32(Type::getInt32Ty(context)), i64(Type::getInt64Ty(context)),
        none(Type::getVoidTy(context)) {}

  bool run() {
    for (Function &function : module) {
      std::vector<Instruction *> instructions;
      for (Instruction &instruction : instructions_of(function))
        instructions.push_back(&instruction);
      for (Instruction *instruction : instructions)
        if (!visit(*instruction))
          return false;
    }
    return true;
  }

private:
  static iterator_range<inst_iterator> instructions_of(Function &function) {
    return llvm::instructions(function);
  }

  bool fail(const Instruction &instruction) {
    raw_string_ostream stream(error);
    stream << "the emulator does not know:" << instruction;
    return false;
  }

  FunctionCallee host(const char *name, Type *result, ArrayRef<Type *> types) {
    return module.getOrInsertFunction(
        name, FunctionType::get(result, types, /*isVarArg=*/false));
  }

  void access(Instruction &instruction, Value *pointer, Type *type,
              Align alignment, bool isStore) {
    IRBuilder<> b(&instruction);
    unsigned space = pointer->getType()->getPointerAddressSpace();
    uint64_t size = module.getDataLayout().getTypeStoreSize(type);
    b.CreateCall(host("rmsn_emu_access", none, {i64, i64, i32, i32, i32}),
                 {b.CreatePtrToInt(pointer, i64), b.getInt64(size),
                  b.getInt32(alignment.value()), b.getInt32(space),
                  b.getInt32(isStore)});
  }

  bool visit(Instruction &instruction) {
    if (auto *load = dyn_cast<LoadInst>(&instruction)) {
      access(*load, load->getPointerOperand(), load->getType(),
             load->getAlign(), false);
      return !load->isAtomic() || fail(instruction);
    }
    if (auto *store = dyn_cast<StoreInst>(&instruction)) {
      access(*store, store->getPointerOperand(),
             store->getValueOperand()->getType(), store->getAlign(), true);
      return !store->isAtomic() || fail(instruction);
    }
    if (isa<AtomicRMWInst, AtomicCmpXchgInst, FenceInst>(instruction))
      return fail(instruction);
    if (auto *call = dyn_cast<CallInst>(&instruction))
      return visitCall(*call);
    return true;
  }

  bool visitCall(CallInst &call) {
    Function *callee = call.getCalledFunction();
    if (!callee)
      return fail(call);
    StringRef name = callee->getName();
    if (isa<MemIntrinsic>(call))
      return fail(call);
    if (isa<AssumeInst>(call) || call.isLifetimeStartOrEnd() ||
        isa<DbgInfoIntrinsic>(call)) {
      call.eraseFromParent();
      return true;
    }
    if (!name.consume_front("llvm.nvvm."))
      return callee->isIntrinsic() || !callee->isDeclaration() ||
             name.starts_with("rmsn_emu_") || fail(call);
    IRBuilder<> b(&call);
    Value *result = nullptr;
    if (name.consume_front("read.ptx.sreg.")) {
      int index = StringSwitch<int>(name)
                      .Case("tid.x", 0)
                      .Case("ntid.x", 1)
                      .Case("ctaid.x", 2)
                      .Case("nctaid.x", 3)
                      .Case("laneid", 4)
                      .Default(-1);
      if (index < 0)
        return fail(call);
      result = b.CreateCall(host("rmsn_emu_register", i32, {i32}),
                            {b.getInt32(index)});
    } else if (name == "barrier0" ||
               name.starts_with("barrier.cta.sync.aligned.all")) {
      result = b.CreateCall(host("rmsn_emu_barrier", none, {}));
    } else if (name.consume_front("shfl.sync.")) {
      return visitShuffle(call, name);
    } else if (name == "sqrt.rn.f" || name == "sqrt.rn.d") {
      result = b.CreateUnaryIntrinsic(Intrinsic::sqrt, call.getArgOperand(0));
    } else {
      return fail(call);
    }
    if (!call.getType()->isVoidTy())
      call.replaceAllUsesWith(result);
    call.eraseFromParent();
    return true;
  }

  /// One host function for all kinds: the value and, above it, the predicate.
  bool visitShuffle(CallInst &call, StringRef kindAndType) {
    auto [kindName, type] = kindAndType.split('.');
    int kind = StringSwitch<int>(kindName)
                   .Case("bfly", 0)
                   .Case("idx", 1)
                   .Case("up", 2)
                   .Case("down", 3)
                   .Default(-1);
    if (kind < 0)
      return fail(call);
    IRBuilder<> b(&call);
    Value *value = b.CreateBitCast(call.getArgOperand(1), i32);
    Value *both =
        b.CreateCall(host("rmsn_emu_shuffle", i64, {i32, i32, i32, i32, i32}),
                     {b.getInt32(kind), call.getArgOperand(0), value,
                      call.getArgOperand(2), call.getArgOperand(3)});
    bool withPredicate = type.ends_with("p");
    Type *valueType = withPredicate ? call.getType()->getStructElementType(0)
                                    : call.getType();
    Value *result = b.CreateBitCast(b.CreateTrunc(both, i32), valueType);
    if (withPredicate) {
      Value *predicate = b.CreateTrunc(b.CreateLShr(both, 32), b.getInt1Ty());
      Value *pair = PoisonValue::get(call.getType());
      result = b.CreateInsertValue(b.CreateInsertValue(pair, result, 0),
                                   predicate, 1);
    }
    call.replaceAllUsesWith(result);
    call.eraseFromParent();
    return true;
  }

  Module &module;
  LLVMContext &context;
  std::string &error;
  Type *i32, *i64, *none;
};

//===----------------------------------------------------------------------===//
// Into a new module: no address spaces
//===----------------------------------------------------------------------===//

struct FlattenSpaces : public ValueMapTypeRemapper {
  Type *remapType(Type *type) override {
    if (auto *pointer = dyn_cast<PointerType>(type))
      return PointerType::get(pointer->getContext(), 0);
    if (auto *function = dyn_cast<FunctionType>(type)) {
      SmallVector<Type *> parameters;
      for (Type *parameter : function->params())
        parameters.push_back(remapType(parameter));
      return FunctionType::get(remapType(function->getReturnType()), parameters,
                               function->isVarArg());
    }
    if (auto *array = dyn_cast<ArrayType>(type))
      return ArrayType::get(remapType(array->getElementType()),
                            array->getNumElements());
    return type;
  }
};

void addEntry(Module &module, Function &kernel) {
  LLVMContext &context = module.getContext();
  Type *pointer = PointerType::get(context, 0);
  auto *entry = Function::Create(
      FunctionType::get(Type::getVoidTy(context), {pointer}, false),
      GlobalValue::ExternalLinkage, entrySymbol, module);
  IRBuilder<> b(BasicBlock::Create(context, "", entry));
  SmallVector<Value *> arguments;
  for (auto [index, argument] : enumerate(kernel.args())) {
    Value *slot = b.CreateConstGEP1_64(b.getInt64Ty(), entry->getArg(0), index);
    arguments.push_back(
        b.CreateAlignedLoad(argument.getType(), slot, Align(8)));
  }
  b.CreateCall(&kernel, arguments);
  b.CreateRetVoid();
}

} // namespace

HostModule rmsnorm_emulate::rewriteForHost(Module &device,
                                           const std::string &kernel,
                                           const DataLayout &layout,
                                           const Triple &triple,
                                           std::string &error) {
  HostModule host;
  if (!Instrumenter(device, error).run())
    return host;

  auto module = std::make_unique<Module>("emulated", device.getContext());
  module->setDataLayout(layout);
  module->setTargetTriple(triple);
  FlattenSpaces types;
  ValueToValueMapTy values;
  for (GlobalVariable &variable : device.globals()) {
    Type *type = types.remapType(variable.getValueType());
    auto *copy = new GlobalVariable(
        *module, type, variable.isConstant(), GlobalValue::ExternalLinkage,
        variable.hasInitializer() && variable.isConstant()
            ? variable.getInitializer()
            : Constant::getNullValue(type),
        variable.getName());
    copy->setAlignment(Align(16));
    values[&variable] = copy;
    if (variable.getAddressSpace() == 3)
      host.shared.push_back({variable.getName().str(),
                             layout.getTypeAllocSize(type).getFixedValue()});
  }
  for (Function &function : device) {
    auto *type =
        cast<FunctionType>(types.remapType(function.getFunctionType()));
    auto *copy = Function::Create(type, GlobalValue::ExternalLinkage,
                                  function.getName(), *module);
    if (function.isIntrinsic())
      copy->setAttributes(function.getAttributes());
    values[&function] = copy;
  }
  for (Function &function : device) {
    if (function.isDeclaration())
      continue;
    auto *copy = cast<Function>(values[&function]);
    auto argument = copy->arg_begin();
    for (Argument &old : function.args())
      values[&old] = &*argument++;
    SmallVector<ReturnInst *> returns;
    CloneFunctionInto(copy, &function, values,
                      CloneFunctionChangeType::DifferentModule, returns, "",
                      nullptr, &types);
    copy->setAttributes(AttributeList());
    copy->setCallingConv(CallingConv::C);
    SmallVector<Instruction *> casts;
    for (Instruction &instruction : llvm::instructions(*copy))
      if (isa<AddrSpaceCastInst>(instruction))
        casts.push_back(&instruction);
    for (Instruction *cast : casts) {
      cast->replaceAllUsesWith(cast->getOperand(0));
      cast->eraseFromParent();
    }
  }
  Function *entry = module->getFunction(kernel);
  if (!entry || entry->isDeclaration()) {
    error = "no kernel '" + kernel + "' in the device code";
    return host;
  }
  addEntry(*module, *entry);
  raw_string_ostream stream(error);
  if (verifyModule(*module, &stream))
    return host;
  host.module = std::move(module);
  return host;
}
