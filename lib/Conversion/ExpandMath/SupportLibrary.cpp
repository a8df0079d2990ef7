//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Conversion/ExpandMath/SupportLibrary.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/SourceMgr.h"

#include <string>

using namespace llvm;

namespace {
// Up to 31 bytes: two moves of a power of two that may overlap. Beyond: 128 and
// 32 bytes at a time, and the last (going backwards: the first) 32 bytes in a
// move of their own, whose load comes before every store. Each step loads all
// it stores first, so that overlapping operands are right in the direction
// chosen. The loops are not recognised as memmove again: "no-builtins".
constexpr const char *source = R"(
define hidden ptr @memcpy(ptr returned noalias writeonly %d, ptr noalias readonly %s, i64 %n) #0 {
  %r = tail call ptr @memmove(ptr %d, ptr %s, i64 %n)
  ret ptr %d
}

define hidden ptr @memmove(ptr returned %d, ptr %s, i64 %n) #0 {
entry:
  %big = icmp uge i64 %n, 32
  br i1 %big, label %large, label %small
large:
  %lastAt = sub i64 %n, 32
  %lastFrom = getelementptr i8, ptr %s, i64 %lastAt
  %lastTo = getelementptr i8, ptr %d, i64 %lastAt
  %last = load <32 x i8>, ptr %lastFrom, align 1
  %first = load <32 x i8>, ptr %s, align 1
  %da = ptrtoint ptr %d to i64
  %sa = ptrtoint ptr %s to i64
  %distance = sub i64 %da, %sa
  %backwards = icmp ult i64 %distance, %n
  br i1 %backwards, label %back.check, label %fore.check

fore.check:
  %i = phi i64 [ 0, %large ], [ %i.next, %fore.body ]
  %left = sub i64 %n, %i
  %four = icmp uge i64 %left, 128
  br i1 %four, label %fore.body, label %fore1.check
fore.body:
  %f0 = getelementptr i8, ptr %s, i64 %i
  %f1 = getelementptr i8, ptr %f0, i64 32
  %f2 = getelementptr i8, ptr %f0, i64 64
  %f3 = getelementptr i8, ptr %f0, i64 96
  %v0 = load <32 x i8>, ptr %f0, align 1
  %v1 = load <32 x i8>, ptr %f1, align 1
  %v2 = load <32 x i8>, ptr %f2, align 1
  %v3 = load <32 x i8>, ptr %f3, align 1
  %t0 = getelementptr i8, ptr %d, i64 %i
  %t1 = getelementptr i8, ptr %t0, i64 32
  %t2 = getelementptr i8, ptr %t0, i64 64
  %t3 = getelementptr i8, ptr %t0, i64 96
  store <32 x i8> %v0, ptr %t0, align 1
  store <32 x i8> %v1, ptr %t1, align 1
  store <32 x i8> %v2, ptr %t2, align 1
  store <32 x i8> %v3, ptr %t3, align 1
  %i.next = add i64 %i, 128
  br label %fore.check
fore1.check:
  %k = phi i64 [ %i, %fore.check ], [ %k.next, %fore1.body ]
  %left1 = sub i64 %n, %k
  %one = icmp uge i64 %left1, 32
  br i1 %one, label %fore1.body, label %fore.done
fore1.body:
  %g = getelementptr i8, ptr %s, i64 %k
  %w = load <32 x i8>, ptr %g, align 1
  %u = getelementptr i8, ptr %d, i64 %k
  store <32 x i8> %w, ptr %u, align 1
  %k.next = add i64 %k, 32
  br label %fore1.check
fore.done:
  store <32 x i8> %last, ptr %lastTo, align 1
  ret ptr %d

back.check:
  %j = phi i64 [ %n, %large ], [ %j.next, %back.body ]
  %bmore = icmp uge i64 %j, 64
  br i1 %bmore, label %back.body, label %back1.check
back.body:
  %j.next = sub i64 %j, 64
  %b0 = getelementptr i8, ptr %s, i64 %j.next
  %b1 = getelementptr i8, ptr %b0, i64 32
  %x0 = load <32 x i8>, ptr %b0, align 1
  %x1 = load <32 x i8>, ptr %b1, align 1
  %c0 = getelementptr i8, ptr %d, i64 %j.next
  %c1 = getelementptr i8, ptr %c0, i64 32
  store <32 x i8> %x0, ptr %c0, align 1
  store <32 x i8> %x1, ptr %c1, align 1
  br label %back.check
back1.check:
  %bone = icmp uge i64 %j, 32
  br i1 %bone, label %back1.body, label %back.done
back1.body:
  %j1 = sub i64 %j, 32
  %h = getelementptr i8, ptr %s, i64 %j1
  %y = load <32 x i8>, ptr %h, align 1
  %hd = getelementptr i8, ptr %d, i64 %j1
  store <32 x i8> %y, ptr %hd, align 1
  br label %back.done
back.done:
  store <32 x i8> %first, ptr %d, align 1
  ret ptr %d

small:
  %ge16 = icmp uge i64 %n, 16
  br i1 %ge16, label %s16, label %lt16
s16:
  %o16 = sub i64 %n, 16
  %p16 = getelementptr i8, ptr %s, i64 %o16
  %q16 = getelementptr i8, ptr %d, i64 %o16
  %a16 = load <16 x i8>, ptr %s, align 1
  %e16 = load <16 x i8>, ptr %p16, align 1
  store <16 x i8> %a16, ptr %d, align 1
  store <16 x i8> %e16, ptr %q16, align 1
  ret ptr %d
lt16:
  %ge8 = icmp uge i64 %n, 8
  br i1 %ge8, label %s8, label %lt8
s8:
  %o8 = sub i64 %n, 8
  %p8 = getelementptr i8, ptr %s, i64 %o8
  %q8 = getelementptr i8, ptr %d, i64 %o8
  %a8 = load i64, ptr %s, align 1
  %e8 = load i64, ptr %p8, align 1
  store i64 %a8, ptr %d, align 1
  store i64 %e8, ptr %q8, align 1
  ret ptr %d
lt8:
  %ge4 = icmp uge i64 %n, 4
  br i1 %ge4, label %s4, label %lt4
s4:
  %o4 = sub i64 %n, 4
  %p4 = getelementptr i8, ptr %s, i64 %o4
  %q4 = getelementptr i8, ptr %d, i64 %o4
  %a4 = load i32, ptr %s, align 1
  %e4 = load i32, ptr %p4, align 1
  store i32 %a4, ptr %d, align 1
  store i32 %e4, ptr %q4, align 1
  ret ptr %d
lt4:
  %ge1 = icmp uge i64 %n, 1
  br i1 %ge1, label %s1, label %done
s1:
  %half = lshr i64 %n, 1
  %o1 = sub i64 %n, 1
  %pm = getelementptr i8, ptr %s, i64 %half
  %pe = getelementptr i8, ptr %s, i64 %o1
  %qm = getelementptr i8, ptr %d, i64 %half
  %qe = getelementptr i8, ptr %d, i64 %o1
  %a1 = load i8, ptr %s, align 1
  %m1 = load i8, ptr %pm, align 1
  %e1 = load i8, ptr %pe, align 1
  store i8 %a1, ptr %d, align 1
  store i8 %m1, ptr %qm, align 1
  store i8 %e1, ptr %qe, align 1
  ret ptr %d
done:
  ret ptr %d
}

define hidden ptr @memset(ptr returned writeonly %d, i32 %c, i64 %n) #0 {
entry:
  %byte = trunc i32 %c to i8
  %one = insertelement <32 x i8> poison, i8 %byte, i64 0
  %v = shufflevector <32 x i8> %one, <32 x i8> poison, <32 x i32> zeroinitializer
  %big = icmp uge i64 %n, 32
  br i1 %big, label %large, label %bytes.check
large:
  %lastAt = sub i64 %n, 32
  %lastTo = getelementptr i8, ptr %d, i64 %lastAt
  br label %check
check:
  %i = phi i64 [ 0, %large ], [ %i.next, %body ]
  %left = sub i64 %n, %i
  %four = icmp uge i64 %left, 128
  br i1 %four, label %body, label %check1
body:
  %t0 = getelementptr i8, ptr %d, i64 %i
  %t1 = getelementptr i8, ptr %t0, i64 32
  %t2 = getelementptr i8, ptr %t0, i64 64
  %t3 = getelementptr i8, ptr %t0, i64 96
  store <32 x i8> %v, ptr %t0, align 1
  store <32 x i8> %v, ptr %t1, align 1
  store <32 x i8> %v, ptr %t2, align 1
  store <32 x i8> %v, ptr %t3, align 1
  %i.next = add i64 %i, 128
  br label %check
check1:
  %k = phi i64 [ %i, %check ], [ %k.next, %body1 ]
  %left1 = sub i64 %n, %k
  %more = icmp uge i64 %left1, 32
  br i1 %more, label %body1, label %done
body1:
  %u = getelementptr i8, ptr %d, i64 %k
  store <32 x i8> %v, ptr %u, align 1
  %k.next = add i64 %k, 32
  br label %check1
done:
  store <32 x i8> %v, ptr %lastTo, align 1
  ret ptr %d
bytes.check:
  %b = phi i64 [ 0, %entry ], [ %b.next, %bytes.body ]
  %bmore = icmp ult i64 %b, %n
  br i1 %bmore, label %bytes.body, label %bytes.done
bytes.body:
  %bt = getelementptr i8, ptr %d, i64 %b
  store i8 %byte, ptr %bt, align 1
  %b.next = add i64 %b, 1
  br label %bytes.check
bytes.done:
  ret ptr %d
}

attributes #0 = { noinline nounwind willreturn "no-builtins" }
)";

void declare(Module &module, StringRef name) {
  LLVMContext &context = module.getContext();
  Type *ptr = PointerType::get(context, 0);
  Type *size = Type::getInt64Ty(context);
  Type *second = name == "memset" ? Type::getInt32Ty(context) : ptr;
  module.getOrInsertFunction(name, ptr, ptr, second, size);
}

/// Declares what the memory intrinsics of the module will call.
void declareForIntrinsics(Module &module) {
  bool copies = false, moves = false, sets = false;
  for (Function &function : module)
    for (BasicBlock &block : function)
      for (Instruction &inst : block) {
        copies |= isa<MemCpyInst>(inst);
        moves |= isa<MemMoveInst>(inst);
        sets |= isa<MemSetInst>(inst);
      }
  if (copies)
    declare(module, "memcpy");
  if (moves)
    declare(module, "memmove");
  if (sets)
    declare(module, "memset");
}
} // namespace

void mlir::rmsnorm::addSupportFunctions(llvm::Module &module) {
  declareForIntrinsics(module);
  const char *names[] = {"memcpy", "memmove", "memset"};
  auto isMissing = [&](StringRef name) {
    Function *function = module.getFunction(name);
    return function && function->isDeclaration();
  };
  if (llvm::none_of(names, isMissing))
    return;
  // Code of the target's own kind: vectors as wide as the kernels'.
  AttrBuilder target(module.getContext());
  for (Function &function : module)
    if (!function.isDeclaration()) {
      for (StringRef kind : {"target-cpu", "target-features", "tune-cpu"})
        if (function.hasFnAttribute(kind))
          target.addAttribute(function.getFnAttribute(kind));
      break;
    }
  SMDiagnostic error;
  std::unique_ptr<Module> library =
      parseAssemblyString(source, error, module.getContext());
  if (!library)
    report_fatal_error(Twine("support library: ") + error.getMessage());
  library->setDataLayout(module.getDataLayout());
  library->setTargetTriple(module.getTargetTriple());
  for (Function &function : *library)
    function.addFnAttrs(target);
  if (Linker::linkModules(module, std::move(library), Linker::LinkOnlyNeeded))
    report_fatal_error("support library: cannot be linked");
}
