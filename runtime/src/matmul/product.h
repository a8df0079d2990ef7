// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One matrix multiplication, split into pieces that a BLAS and several threads
// can work on.

#ifndef RMSNORM_RUNTIME_MATMUL_PRODUCT_H
#define RMSNORM_RUNTIME_MATMUL_PRODUCT_H

#include "core/dtype.h"
#include "rmsnorm_runtime/status.h"

#include <cstdint>

namespace rmsn {

class MatmulBackend;

/// Strides in elements.
struct Matrix {
  const char *data;
  rmsn_dtype dtype;
  int64_t batchStride, rowStride, columnStride;

  const char *at(int64_t batch, int64_t row, int64_t column) const {
    return data +
           (batch * batchStride + row * rowStride + column * columnStride) *
               int64_t(dtypeSize(dtype));
  }
};

struct Product {
  int64_t batch, m, n, k;
  Matrix a, b, c;
  bool accumulate;
};

/// Makes c zero.
void clear(const Product &product);

/// All extents are positive. Results depend on the extents, dtypes and strides
/// alone, not on the number of threads.
rmsn_status multiplyF32(MatmulBackend &backend, const Product &product);
rmsn_status multiplyF64(MatmulBackend &backend, const Product &product);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_MATMUL_PRODUCT_H
