// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "matmul/backend.h"

#include "core/dtype.h"
#include "matmul/product.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <utility>

using namespace rmsn;

std::string rmsn::runtimeLibraryFile() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&runtimeLibraryFile), &info) ||
      !info.dli_fname)
    return "";
  return info.dli_fname;
}

std::string rmsn::runtimeLibraryFolder() {
  std::string path = runtimeLibraryFile();
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

MatmulBackend::MatmulBackend(rmsn_context &context)
    : context(context), kernels(matmulKernels(context.cpu)) {
  loadPlugin();
}

MatmulBackend::~MatmulBackend() {
  if (library)
    dlclose(library);
}

void MatmulBackend::loadPlugin() {
  std::string path;
  const char *environment = getenv("RMSNORM_BLAS_PLUGIN");
  if (context.blasPluginGiven)
    path = context.blasPlugin;
  else if (environment)
    path = environment;
  else
    path = runtimeLibraryFolder() + "librmsnorm_blas.so";
  std::string why = "no plugin is wanted";
  if (!path.empty()) {
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library) {
      using Function = const rmsn_blas_api *(*)(uint32_t);
      auto function =
          reinterpret_cast<Function>(dlsym(library, "rmsn_blas_plugin"));
      const rmsn_blas_api *api =
          function ? function(RMSN_BLAS_PLUGIN_VERSION) : nullptr;
      if (api && api->version == RMSN_BLAS_PLUGIN_VERSION &&
          api->struct_size >= sizeof(rmsn_blas_api)) {
        blas = api;
        description = api->name;
        description.erase(description.find_last_not_of(' ') + 1);
        description += " (" + path + ")";
        context.log(RMSN_LOG_INFO, "matrix multiplication by %s",
                    description.c_str());
        return;
      }
      why = path + " is no plugin of version " +
            std::to_string(RMSN_BLAS_PLUGIN_VERSION);
    } else {
      const char *reason = dlerror();
      why = reason ? reason : "unknown reason";
    }
  }
  description =
      "the built-in code, which is slower than a BLAS library: " + why;
  context.log(RMSN_LOG_WARNING, "matrix multiplication by %s",
              description.c_str());
}

static bool isFloat(int32_t dtype) {
  return dtype == RMSN_DTYPE_F16 || dtype == RMSN_DTYPE_BF16 ||
         dtype == RMSN_DTYPE_F32 || dtype == RMSN_DTYPE_F64;
}

rmsn_status MatmulBackend::run(const rmsn_matmul_args &given) {
  if (!isFloat(given.a_dtype) || !isFloat(given.b_dtype) ||
      !isFloat(given.c_dtype))
    return fail(RMSN_STATUS_WRONG_DTYPE,
                "matmul of %s by %s to %s, expected floating-point types",
                dtypeName(rmsn_dtype(given.a_dtype)),
                dtypeName(rmsn_dtype(given.b_dtype)),
                dtypeName(rmsn_dtype(given.c_dtype)));
  if (given.batch < 0 || given.m < 0 || given.n < 0 || given.k < 0)
    return fail(RMSN_STATUS_WRONG_EXTENT, "matmul with a negative extent");
  if (given.batch == 0 || given.m == 0 || given.n == 0)
    return RMSN_STATUS_OK;

  Product product;
  product.batch = given.batch;
  product.m = given.m;
  product.n = given.n;
  product.k = given.k;
  product.accumulate = given.accumulate != 0;
  product.a = {static_cast<const char *>(given.a), rmsn_dtype(given.a_dtype),
               given.a_strides[0], given.a_strides[1], given.a_strides[2]};
  product.b = {static_cast<const char *>(given.b), rmsn_dtype(given.b_dtype),
               given.b_strides[0], given.b_strides[1], given.b_strides[2]};
  product.c = {static_cast<const char *>(given.c), rmsn_dtype(given.c_dtype),
               given.c_strides[0], given.c_strides[1], given.c_strides[2]};
  // The row-major form is the one that is dealt with: a c with contiguous
  // columns is computed as its transpose.
  bool rowMajor = product.c.columnStride == 1 || product.n == 1;
  bool columnMajor = product.c.rowStride == 1 || product.m == 1;
  if ((!rowMajor && columnMajor) || (product.n == 1 && product.m > 1)) {
    std::swap(product.a, product.b);
    std::swap(product.m, product.n);
    for (Matrix *matrix : {&product.a, &product.b, &product.c})
      std::swap(matrix->rowStride, matrix->columnStride);
  }
  // A batch with the same b throughout is one tall product.
  if (product.batch > 1 && product.b.batchStride == 0 &&
      product.a.batchStride == product.a.rowStride * product.m &&
      product.c.batchStride == product.c.rowStride * product.m) {
    product.m *= product.batch;
    product.batch = 1;
  }
  if (product.k == 0) {
    if (!product.accumulate)
      clear(product);
    return RMSN_STATUS_OK;
  }
  bool wide = product.a.dtype == RMSN_DTYPE_F64 ||
              product.b.dtype == RMSN_DTYPE_F64 ||
              product.c.dtype == RMSN_DTYPE_F64;
  return wide ? multiplyF64(*this, product) : multiplyF32(*this, product);
}
