/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Interface of matrix multiplication plugins (`librmsnorm_blas.so`). The
 * runtime splits a problem into pieces for its own threads, packs what no BLAS
 * takes, and calls the plugin for each piece. */

#ifndef RMSNORM_RUNTIME_BLAS_PLUGIN_H
#define RMSNORM_RUNTIME_BLAS_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RMSN_BLAS_PLUGIN_VERSION 1u

/* The functions may be called from several threads at once and use only the
 * calling thread. Without it, the library brings threads of its own: the
 * runtime then makes one call for each product and leaves threading to it. */
#define RMSN_BLAS_SINGLE_THREADED 1u

/* c = a * b + beta * c. a is m x k, b is k x n, c is m x n, all row-major with
 * rows ld* elements apart; with trans_a (trans_b) not 0 the memory holds the
 * transpose instead. All numbers fit 31 bits. */
typedef void (*rmsn_sgemm_fn)(int trans_a, int trans_b, int64_t m, int64_t n,
                              int64_t k, const float *a, int64_t lda,
                              const float *b, int64_t ldb, float beta, float *c,
                              int64_t ldc);
typedef void (*rmsn_dgemm_fn)(int trans_a, int trans_b, int64_t m, int64_t n,
                              int64_t k, const double *a, int64_t lda,
                              const double *b, int64_t ldb, double beta,
                              double *c, int64_t ldc);

typedef struct rmsn_blas_api {
  uint32_t struct_size;
  uint32_t version;
  const char *name; /* for logs, "OpenBLAS 0.3.21" */
  uint32_t flags;
  uint32_t reserved;
  rmsn_sgemm_fn sgemm;
  rmsn_dgemm_fn dgemm;
} rmsn_blas_api;

/* Exported by the plugin. Returns null if it does not have that version. */
const rmsn_blas_api *rmsn_blas_plugin(uint32_t version);

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_RUNTIME_BLAS_PLUGIN_H */
