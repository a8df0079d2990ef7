//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Builds a norm through the C++ API of the installed package, decomposes it,
/// and fails unless the result is what it should be.

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"
#include "rmsnorm/Registration.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

int main() {
  DialectRegistry registry;
  rmsnorm::registerDialect(registry);
  registry.insert<func::FuncDialect>();
  MLIRContext context(registry);
  context.loadAllAvailableDialects();

  OpBuilder b(&context);
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(b, loc);
  b.setInsertionPointToEnd(module->getBody());
  auto type = RankedTensorType::get({4, 8}, b.getBF16Type());
  auto function = func::FuncOp::create(b, loc, "norm",
                                       b.getFunctionType({type, type}, {type}));
  Block *body = function.addEntryBlock();
  b.setInsertionPointToEnd(body);
  auto norm = rmsnorm::RMSNormOp::create(
      b, loc, body->getArgument(0), /*scale=*/Value(), /*bias=*/Value(),
      /*epsilon=*/Value(), body->getArgument(1), /*rstd=*/Value(),
      /*axes=*/{1}, /*eps=*/1e-6);
  func::ReturnOp::create(b, loc, norm.getResults());
  if (failed(verify(*module)))
    return 1;

  PassManager passes(&context);
  passes.addPass(rmsnorm::createRMSNormDecompose());
  if (failed(passes.run(*module)))
    return 2;
  int norms = 0, generics = 0;
  module->walk([&](Operation *op) {
    norms += isa<rmsnorm::RMSNormOp>(op);
    generics += isa<linalg::GenericOp>(op);
  });
  llvm::outs() << *module << norms << " norms, " << generics << " generics\n";
  return norms == 0 && generics == 2 ? 0 : 3;
}
