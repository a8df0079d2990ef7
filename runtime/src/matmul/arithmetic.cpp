// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "matmul/arithmetic.h"

#include "matmul/backend.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace rmsn;

static double loadDouble(const MatmulBackend &backend, rmsn_dtype dtype,
                         const char *p) {
  if (dtype == RMSN_DTYPE_F64) {
    double value;
    std::memcpy(&value, p, sizeof(value));
    return value;
  }
  float value;
  backend.kernels.widen(dtype, p, 1, &value, 1);
  return value;
}

// Rounding to float first must not decide a tie of the second rounding: the
// inexact float is given an odd last bit.
static float roundToOdd(double value) {
  float rounded = float(value);
  if (double(rounded) == value || std::isnan(value) || std::isinf(rounded))
    return rounded;
  if (std::fabs(double(rounded)) > std::fabs(value))
    rounded = std::nextafterf(rounded, 0.0f);
  uint32_t bits;
  std::memcpy(&bits, &rounded, sizeof(bits));
  bits |= 1;
  std::memcpy(&rounded, &bits, sizeof(bits));
  return rounded;
}

void rmsn::widen(const MatmulBackend &backend, rmsn_dtype dtype,
                 const char *from, int64_t stride, float *to, int64_t count) {
  backend.kernels.widen(dtype, from, stride, to, count);
}

void rmsn::widen(const MatmulBackend &backend, rmsn_dtype dtype,
                 const char *from, int64_t stride, double *to, int64_t count) {
  int64_t step = stride * int64_t(dtypeSize(dtype));
  for (int64_t i = 0; i < count; ++i)
    to[i] = loadDouble(backend, dtype, from + i * step);
}

void rmsn::narrow(const MatmulBackend &backend, rmsn_dtype dtype,
                  const float *from, char *to, int64_t stride, int64_t count,
                  bool add) {
  backend.kernels.narrow(dtype, from, to, stride, count, add);
}

void rmsn::narrow(const MatmulBackend &backend, rmsn_dtype dtype,
                  const double *from, char *to, int64_t stride, int64_t count,
                  bool add) {
  int64_t step = stride * int64_t(dtypeSize(dtype));
  for (int64_t i = 0; i < count; ++i) {
    char *p = to + i * step;
    double value = from[i] + (add ? loadDouble(backend, dtype, p) : 0.0);
    if (dtype == RMSN_DTYPE_F64) {
      std::memcpy(p, &value, sizeof(value));
    } else if (dtype == RMSN_DTYPE_F32) {
      float single = float(value);
      std::memcpy(p, &single, sizeof(single));
    } else {
      float single = roundToOdd(value);
      backend.kernels.narrow(dtype, &single, p, 1, 1, false);
    }
  }
}

void rmsn::gemm(const MatmulBackend &backend, bool transA, bool transB,
                int64_t m, int64_t n, int64_t k, const float *a, int64_t lda,
                const float *b, int64_t ldb, bool add, float *c, int64_t ldc) {
  if (backend.blas) {
    backend.blas->sgemm(transA, transB, m, n, k, a, lda, b, ldb, add ? 1 : 0, c,
                        ldc);
    return;
  }
  if (!add)
    for (int64_t i = 0; i < m; ++i)
      std::fill(c + i * ldc, c + i * ldc + n, 0.0f);
  backend.kernels.sgemm(m, n, k, a, lda, b, ldb, c, ldc);
}

void rmsn::gemm(const MatmulBackend &backend, bool transA, bool transB,
                int64_t m, int64_t n, int64_t k, const double *a, int64_t lda,
                const double *b, int64_t ldb, bool add, double *c,
                int64_t ldc) {
  if (backend.blas) {
    backend.blas->dgemm(transA, transB, m, n, k, a, lda, b, ldb, add ? 1 : 0, c,
                        ldc);
    return;
  }
  if (!add)
    for (int64_t i = 0; i < m; ++i)
      std::fill(c + i * ldc, c + i * ldc + n, 0.0);
  backend.kernels.dgemm(m, n, k, a, lda, b, ldb, c, ldc);
}
