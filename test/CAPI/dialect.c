//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/* Parses a norm through the C API, decomposes it, and prints what is left. */

#include "rmsnorm-c/Dialects.h"

#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Pass.h"

#include <stdio.h>
#include <string.h>

static const char *source =
    "func.func @norm(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {\n"
    "  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6\n"
    "    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>)\n"
    "  return %0 : tensor<4x8xf32>\n"
    "}\n";

struct text {
  char data[8192];
  size_t length;
};

static void append(MlirStringRef part, void *user) {
  struct text *text = user;
  if (text->length + part.length < sizeof(text->data)) {
    memcpy(text->data + text->length, part.data, part.length);
    text->length += part.length;
    text->data[text->length] = '\0';
  }
}

static int check(int condition, const char *what) {
  if (!condition)
    fprintf(stderr, "FAILED: %s\n", what);
  return condition ? 0 : 1;
}

int main(void) {
  int failures = 0;
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  rmsnormRegisterEverything(registry);
  MlirContext context =
      mlirContextCreateWithRegistry(registry, /*threadingEnabled=*/0);
  mlirDialectRegistryDestroy(registry);

  MlirDialect dialect =
      mlirDialectHandleLoadDialect(mlirGetDialectHandle__rmsnorm__(), context);
  failures += check(!mlirDialectIsNull(dialect), "the dialect loads");
  failures +=
      check(mlirStringRefEqual(mlirDialectGetNamespace(dialect),
                               mlirStringRefCreateFromCString("rmsnorm")),
            "its namespace is rmsnorm");

  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(source));
  failures += check(!mlirModuleIsNull(module), "the module parses");

  MlirPassManager passes = mlirPassManagerCreate(context);
  struct text error = {{0}, 0};
  MlirLogicalResult parsed = mlirOpPassManagerAddPipeline(
      mlirPassManagerGetAsOpPassManager(passes),
      mlirStringRefCreateFromCString("rmsnorm-decompose"), append, &error);
  failures += check(mlirLogicalResultIsSuccess(parsed), "the pass is known");
  failures += check(mlirLogicalResultIsSuccess(mlirPassManagerRunOnOp(
                        passes, mlirModuleGetOperation(module))),
                    "the pass runs");

  struct text printed = {{0}, 0};
  mlirOperationPrint(mlirModuleGetOperation(module), append, &printed);
  failures += check(strstr(printed.data, "linalg.generic") != NULL,
                    "the norm became linalg.generic");
  failures += check(strstr(printed.data, "rmsnorm.rms_norm") == NULL,
                    "no norm is left");

  mlirPassManagerDestroy(passes);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  return failures;
}
