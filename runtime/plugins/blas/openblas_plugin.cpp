// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Matrix multiplication by OpenBLAS.
//
// Linked statically where the static library is there: the plugin then has an
// OpenBLAS of its own, with its own number of threads (one; the runtime brings
// the threads), and a host program that uses OpenBLAS too keeps its settings.
// Linked dynamically, the library may be the host program's, whose settings are
// not ours to change: it then keeps its own threads.

#include "rmsnorm_runtime/blas_plugin.h"

#include <cblas.h>
#include <openblas_config.h>

namespace {

CBLAS_TRANSPOSE transposition(int trans) {
  return trans ? CblasTrans : CblasNoTrans;
}

void sgemm(int transA, int transB, int64_t m, int64_t n, int64_t k,
           const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
           float *c, int64_t ldc) {
  cblas_sgemm(CblasRowMajor, transposition(transA), transposition(transB),
              blasint(m), blasint(n), blasint(k), 1.0f, a, blasint(lda), b,
              blasint(ldb), beta, c, blasint(ldc));
}

void dgemm(int transA, int transB, int64_t m, int64_t n, int64_t k,
           const double *a, int64_t lda, const double *b, int64_t ldb,
           double beta, double *c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, transposition(transA), transposition(transB),
              blasint(m), blasint(n), blasint(k), 1.0, a, blasint(lda), b,
              blasint(ldb), beta, c, blasint(ldc));
}

const rmsn_blas_api kApi = {
    sizeof(rmsn_blas_api),
    RMSN_BLAS_PLUGIN_VERSION,
    OPENBLAS_VERSION,
#ifdef RMSN_OPENBLAS_PRIVATE
    RMSN_BLAS_SINGLE_THREADED,
#else
    0,
#endif
    0,
    sgemm,
    dgemm,
};

} // namespace

extern "C" __attribute__((visibility("default"))) const rmsn_blas_api *
rmsn_blas_plugin(uint32_t version) {
  if (version != RMSN_BLAS_PLUGIN_VERSION)
    return nullptr;
#ifdef RMSN_OPENBLAS_PRIVATE
  openblas_set_num_threads(1);
#endif
  return &kApi;
}
