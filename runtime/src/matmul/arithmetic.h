// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a matrix multiplication does to elements, in either compute type.

#ifndef RMSNORM_RUNTIME_MATMUL_ARITHMETIC_H
#define RMSNORM_RUNTIME_MATMUL_ARITHMETIC_H

#include "core/dtype.h"

#include <cstdint>

namespace rmsn {

class MatmulBackend;

/// Elements of `dtype`, `stride` of them apart, to the compute type.
void widen(const MatmulBackend &backend, rmsn_dtype dtype, const char *from,
           int64_t stride, float *to, int64_t count);
void widen(const MatmulBackend &backend, rmsn_dtype dtype, const char *from,
           int64_t stride, double *to, int64_t count);

/// To elements of `dtype`, rounded once; `add`: to what is there.
void narrow(const MatmulBackend &backend, rmsn_dtype dtype, const float *from,
            char *to, int64_t stride, int64_t count, bool add);
void narrow(const MatmulBackend &backend, rmsn_dtype dtype, const double *from,
            char *to, int64_t stride, int64_t count, bool add);

/// c = a * b, or c += a * b if `add`; row-major, by the BLAS or the built-in
/// code, which knows no transposition.
void gemm(const MatmulBackend &backend, bool transA, bool transB, int64_t m,
          int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
          int64_t ldb, bool add, float *c, int64_t ldc);
void gemm(const MatmulBackend &backend, bool transA, bool transB, int64_t m,
          int64_t n, int64_t k, const double *a, int64_t lda, const double *b,
          int64_t ldb, bool add, double *c, int64_t ldc);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_MATMUL_ARITHMETIC_H
