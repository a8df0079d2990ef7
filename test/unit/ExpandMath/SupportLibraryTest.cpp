//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Conversion/ExpandMath/SupportLibrary.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"

#include "gtest/gtest.h"

#include <cstring>
#include <vector>

using namespace llvm;

namespace {
constexpr const char *callers = R"(
define void @copy(ptr %d, ptr %s, i64 %n) {
  call void @llvm.memcpy.p0.p0.i64(ptr %d, ptr %s, i64 %n, i1 false)
  ret void
}
define void @move(ptr %d, ptr %s, i64 %n) {
  call void @llvm.memmove.p0.p0.i64(ptr %d, ptr %s, i64 %n, i1 false)
  ret void
}
define void @fill(ptr %d, i8 %c, i64 %n) {
  call void @llvm.memset.p0.i64(ptr %d, i8 %c, i64 %n, i1 false)
  ret void
}
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
)";

std::unique_ptr<Module> parse(LLVMContext &context, StringRef text) {
  SMDiagnostic error;
  std::unique_ptr<Module> module = parseAssemblyString(text, error, context);
  EXPECT_NE(module, nullptr) << error.getMessage().str();
  return module;
}

bool defines(Module &module, StringRef name) {
  Function *function = module.getFunction(name);
  return function && !function->isDeclaration();
}

void optimize(Module &module) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3)
      .run(module, modules);
}

/// The callers above compiled; parameter: optimised after the functions were
/// added, which must not turn them into calls of themselves.
class SupportLibraryRun : public testing::TestWithParam<bool> {
protected:
  void SetUp() override {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    // Nothing of this process can be found by name: what is missing fails.
    Expected<std::unique_ptr<orc::LLJIT>> made =
        orc::LLJITBuilder()
            .setLinkProcessSymbolsByDefault(false)
            .setPlatformSetUp(orc::setUpInactivePlatform)
            .create();
    ASSERT_TRUE(static_cast<bool>(made)) << toString(made.takeError());
    jit = std::move(*made);
    auto context = std::make_unique<LLVMContext>();
    std::unique_ptr<Module> module = parse(*context, callers);
    mlir::rmsnorm::addSupportFunctions(*module);
    if (GetParam())
      optimize(*module);
    ASSERT_FALSE(verifyModule(*module, &errs()));
    Error error = jit->addIRModule(
        orc::ThreadSafeModule(std::move(module), std::move(context)));
    ASSERT_FALSE(static_cast<bool>(error)) << toString(std::move(error));
    copy = find<void(void *, const void *, uint64_t)>("copy");
    move = find<void(void *, const void *, uint64_t)>("move");
    fill = find<void(void *, uint8_t, uint64_t)>("fill");
  }

  template <typename Signature>
  Signature *find(StringRef name) {
    Expected<orc::ExecutorAddr> address = jit->lookup(name);
    if (!address) {
      ADD_FAILURE() << toString(address.takeError());
      return nullptr;
    }
    return address->toPtr<Signature *>();
  }

  std::unique_ptr<orc::LLJIT> jit;
  void (*copy)(void *, const void *, uint64_t) = nullptr;
  void (*move)(void *, const void *, uint64_t) = nullptr;
  void (*fill)(void *, uint8_t, uint64_t) = nullptr;
};

std::vector<uint8_t> pattern(size_t size) {
  std::vector<uint8_t> bytes(size);
  uint32_t state = 12345;
  for (uint8_t &byte : bytes)
    byte = (state = state * 1664525 + 1013904223) >> 24;
  return bytes;
}

std::vector<size_t> sizes() {
  std::vector<size_t> all;
  for (size_t n = 0; n <= 300; ++n)
    all.push_back(n);
  for (size_t n : {511, 512, 513, 1000, 4095, 4097, 100003})
    all.push_back(n);
  return all;
}

TEST_P(SupportLibraryRun, Copies) {
  for (size_t n : sizes())
    for (size_t offset : {0, 1, 7}) {
      std::vector<uint8_t> from = pattern(n + 16), to(n + 32, 0xee);
      std::vector<uint8_t> wanted = to;
      std::memcpy(wanted.data() + 3, from.data() + offset, n);
      copy(to.data() + 3, from.data() + offset, n);
      ASSERT_EQ(to, wanted) << n << " bytes from offset " << offset;
    }
}

TEST_P(SupportLibraryRun, MovesOverlapping) {
  for (size_t n : sizes())
    for (int distance : {-200, -129, -64, -33, -32, -31, -8, -1, 0, 1, 8, 31,
                         32, 33, 64, 65, 129, 200}) {
      std::vector<uint8_t> bytes = pattern(n + 512), wanted = bytes;
      std::memmove(wanted.data() + 256 + distance, wanted.data() + 256, n);
      move(bytes.data() + 256 + distance, bytes.data() + 256, n);
      ASSERT_EQ(bytes, wanted) << n << " bytes by " << distance;
    }
}

TEST_P(SupportLibraryRun, Fills) {
  for (size_t n : sizes())
    for (uint8_t value : {0, 0x5a, 0xff}) {
      std::vector<uint8_t> bytes = pattern(n + 32), wanted = bytes;
      std::memset(wanted.data() + 5, value, n);
      fill(bytes.data() + 5, value, n);
      ASSERT_EQ(bytes, wanted) << n << " bytes";
    }
}

INSTANTIATE_TEST_SUITE_P(Optimized, SupportLibraryRun, testing::Bool());

TEST(SupportLibrary, AddsNothingThatIsNotNeeded) {
  LLVMContext context;
  auto none = parse(context, "define void @f() { ret void }");
  mlir::rmsnorm::addSupportFunctions(*none);
  EXPECT_EQ(none->size(), 1u);

  auto sets = parse(context, "declare ptr @memset(ptr, i32, i64)\n"
                             "define void @f(ptr %p) {\n"
                             "  %r = call ptr @memset(ptr %p, i32 0, i64 9)\n"
                             "  ret void\n}");
  mlir::rmsnorm::addSupportFunctions(*sets);
  EXPECT_TRUE(defines(*sets, "memset"));
  EXPECT_EQ(sets->getFunction("memcpy"), nullptr);
  EXPECT_EQ(sets->getFunction("memmove"), nullptr);
}

TEST(SupportLibrary, BringsWhatItsFunctionsCall) {
  LLVMContext context;
  auto module = parse(context, "declare ptr @memcpy(ptr, ptr, i64)");
  mlir::rmsnorm::addSupportFunctions(*module);
  EXPECT_TRUE(defines(*module, "memcpy"));
  EXPECT_TRUE(defines(*module, "memmove"));
  EXPECT_FALSE(verifyModule(*module, &errs()));
}

TEST(SupportLibrary, KeepsADefinitionThatIsThere) {
  LLVMContext context;
  auto module = parse(context, "define ptr @memset(ptr %p, i32 %c, i64 %n) {\n"
                               "  ret ptr %p\n}");
  mlir::rmsnorm::addSupportFunctions(*module);
  EXPECT_EQ(module->size(), 1u);
  EXPECT_EQ(module->getFunction("memset")->getInstructionCount(), 1u);
}

TEST(SupportLibrary, IsHiddenAndOfTheModulesTarget) {
  LLVMContext context;
  auto module = parse(context, "declare ptr @memcpy(ptr, ptr, i64)\n"
                               "define void @f() #0 { ret void }\n"
                               "attributes #0 = { \"target-cpu\"=\"x86-64-v4\" "
                               "\"target-features\"=\"+avx512f\" }");
  mlir::rmsnorm::addSupportFunctions(*module);
  for (StringRef name : {"memcpy", "memmove"}) {
    Function *function = module->getFunction(name);
    ASSERT_NE(function, nullptr);
    EXPECT_TRUE(function->hasHiddenVisibility());
    EXPECT_TRUE(function->hasFnAttribute("no-builtins"));
    EXPECT_EQ(function->getFnAttribute("target-features").getValueAsString(),
              "+avx512f");
    EXPECT_EQ(function->getFnAttribute("target-cpu").getValueAsString(),
              "x86-64-v4");
  }
}
} // namespace
