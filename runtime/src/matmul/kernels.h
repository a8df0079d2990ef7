// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Inner loops of matrix multiplication that no BLAS has: conversions of half
// types, and products of one row with a matrix of half types. Compiled once
// per instruction set; the table is chosen by the CPU's features.

#ifndef RMSNORM_RUNTIME_MATMUL_KERNELS_H
#define RMSNORM_RUNTIME_MATMUL_KERNELS_H

#include "core/cpu.h"
#include "rmsnorm_runtime/blob_abi.h"

#include <cstdint>

namespace rmsn {

struct MatmulKernels {
  /// to[i] = from[i * stride], i < count.
  void (*widen)(rmsn_dtype dtype, const void *from, int64_t stride, float *to,
                int64_t count);
  /// to[i * stride] = rounded from[i]; with `add`, from[i] + the old value.
  void (*narrow)(rmsn_dtype dtype, const float *from, void *to, int64_t stride,
                 int64_t count, bool add);
  /// y[j] = sum over p of a[p] * b[j * stride + p], j < n, p < k.
  void (*dotRows)(rmsn_dtype dtype, const float *a, const void *b,
                  int64_t stride, int64_t n, int64_t k, float *y);
  /// y[j] = sum over p of a[p] * b[p * stride + j]. Adds to y's old values in
  /// order, so long sums can be cut into pieces.
  void (*addRows)(rmsn_dtype dtype, const float *a, const void *b,
                  int64_t stride, int64_t n, int64_t k, float *y);
  /// c (m x n, rows ldc apart) += a (m x k, rows lda apart) * b (k x n, rows
  /// ldb apart).
  void (*sgemm)(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda,
                const float *b, int64_t ldb, float *c, int64_t ldc);
  void (*dgemm)(int64_t m, int64_t n, int64_t k, const double *a, int64_t lda,
                const double *b, int64_t ldb, double *c, int64_t ldc);
};

const MatmulKernels &matmulKernels(const CpuFeatures &cpu);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_MATMUL_KERNELS_H
