// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Hand-made machine code for the runtime's tests: what a compiler would emit,
// written in C. Imports nothing.

#include "rmsnorm_runtime/blob_abi.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT const uint32_t rmsn_blob_abi_version = RMSN_BLOB_ABI_VERSION;

static float *at1(const rmsn_memref *m, int64_t i) {
  return (float *)m->aligned + m->offset + i * m->dims[1];
}
static float *at2(const rmsn_memref *m, int64_t i, int64_t j) {
  return (float *)m->aligned + m->offset + i * m->dims[2] + j * m->dims[3];
}

// Which of several variants this is, for the test of their choice.
#ifndef VARIANT
#define VARIANT 0
#endif
EXPORT int32_t variant(const rmsn_host *host, void *const *args,
                       void *const *results) {
  (void)host, (void)args;
  *at1(results[0], 0) = VARIANT;
  return 0;
}

// y[i][j] = x[i][j] * g[j] / rms(x[i]), in parallel over rows.
struct norm {
  const rmsn_memref *x, *g, *y;
};
static int32_t norm_rows(const rmsn_host *host, void *closure, int64_t begin,
                         int64_t end) {
  (void)host;
  struct norm *n = closure;
  int64_t columns = n->x->dims[1];
  for (int64_t i = begin; i < end; ++i) {
    float sum = 0;
    for (int64_t j = 0; j < columns; ++j)
      sum += *at2(n->x, i, j) * *at2(n->x, i, j);
    float inverse = 1.0f / __builtin_sqrtf(sum / (float)columns + 1e-6f);
    for (int64_t j = 0; j < columns; ++j)
      *at2(n->y, i, j) = *at2(n->x, i, j) * inverse * *at1(n->g, j);
  }
  return 0;
}
EXPORT int32_t norm(const rmsn_host *host, void *const *args,
                    void *const *results) {
  struct norm n = {args[0], args[1], results[0]};
  int64_t rows = n.x->dims[0];
  return host->parallel_for(host, rows, 1, rows * n.x->dims[1], norm_rows, &n);
}

// y = x + constant, over contiguous memory without a look at strides.
EXPORT int32_t add_constant(const rmsn_host *host, void *const *args,
                            void *const *results) {
  (void)host;
  const rmsn_memref *x = args[0], *c = args[1], *y = results[0];
  int64_t count = x->dims[0] * x->dims[1];
  for (int64_t i = 0; i < count; ++i)
    ((float *)y->aligned)[i] =
        ((float *)x->aligned)[i] + ((float *)c->aligned)[i % x->dims[1]];
  return 0;
}

// x += s, in place; y = old x.
EXPORT int32_t mutate(const rmsn_host *host, void *const *args,
                      void *const *results) {
  (void)host;
  const rmsn_memref *x = args[0], *y = results[0];
  float s = *(const float *)args[1];
  for (int64_t i = 0; i < x->dims[0]; ++i) {
    *at1(y, i) = *at1(x, i);
    *at1(x, i) += s;
  }
  return 0;
}

// y = [x0, x1]; its shape has a function of its own.
EXPORT int32_t concat(const rmsn_host *host, void *const *args,
                      void *const *results) {
  (void)host;
  const rmsn_memref *a = args[0], *b = args[1], *y = results[0];
  for (int64_t i = 0; i < a->dims[0]; ++i)
    *at1(y, i) = *at1(a, i);
  for (int64_t i = 0; i < b->dims[0]; ++i)
    *at1(y, a->dims[0] + i) = *at1(b, i);
  return 0;
}
EXPORT void concat_shape(const int64_t *args, int64_t *results) {
  results[0] = args[0] + args[1];
}
EXPORT void impossible_shape(const int64_t *args, int64_t *results) {
  (void)args;
  results[0] = -5;
}

// Callee-allocated: 0, 1, 2, ... up to a scalar; and an alias of it.
EXPORT int32_t range(const rmsn_host *host, void *const *args,
                     void *const *results) {
  int64_t count = *(const int64_t *)args[0];
  float *memory = host->alloc(host, (uint64_t)count * 4, 64);
  if (!memory)
    return RMSN_STATUS_OUT_OF_MEMORY;
  for (int64_t i = 0; i < count; ++i)
    memory[i] = (float)i;
  for (int r = 0; r < 2; ++r) {
    rmsn_memref *y = results[r];
    y->allocated = y->aligned = memory;
    y->offset = r ? count / 2 : 0;
    y->dims[0] = r ? count - count / 2 : count;
    y->dims[1] = 1;
  }
  return 0;
}

// Callee-allocated, but hands the argument through.
EXPORT int32_t identity(const rmsn_host *host, void *const *args,
                        void *const *results) {
  (void)host;
  const rmsn_memref *x = args[0];
  rmsn_memref *y = results[0];
  y->allocated = x->allocated;
  y->aligned = x->aligned;
  y->offset = x->offset;
  y->dims[0] = x->dims[0];
  y->dims[1] = x->dims[1];
  return 0;
}

// Takes memory and fails like cf.assert: nothing is freed here. With x[0] > 0
// only: else it succeeds, and leaves some memory all the same.
EXPORT int32_t leaky(const rmsn_host *host, void *const *args,
                     void *const *results) {
  const rmsn_memref *x = args[0];
  void *kept = 0;
  for (int i = 0; i < 5; ++i)
    kept = host->alloc(host, 1000u << i, 1u << (2 * i));
  host->free(host, kept);
  host->free(host, 0);
  *at1(results[0], 0) = *at1(x, 0);
  if (*at1(x, 0) > 0)
    return host->fail(host, RMSN_STATUS_ASSERTION, "token id 7 of 5", 15);
  return 0;
}

EXPORT int32_t silent_failure(const rmsn_host *host, void *const *args,
                              void *const *results) {
  (void)host, (void)args, (void)results;
  return 77;
}

EXPORT int32_t too_much(const rmsn_host *host, void *const *args,
                        void *const *results) {
  (void)args, (void)results;
  return host->alloc(host, (uint64_t)1 << 62, 64) ? 0
                                                  : RMSN_STATUS_OUT_OF_MEMORY;
}

EXPORT int32_t bad_free(const rmsn_host *host, void *const *args,
                        void *const *results) {
  (void)results;
  const rmsn_memref *x = args[0];
  host->free(host, (char *)x->aligned + 64);
  return 0;
}

// A body that fails for one index; the others may or may not run.
static int32_t fail_at(const rmsn_host *host, void *closure, int64_t begin,
                       int64_t end) {
  int64_t wanted = *(int64_t *)closure;
  if (begin <= wanted && wanted < end)
    return host->fail(host, RMSN_STATUS_ASSERTION, "index", 5);
  return 0;
}
EXPORT int32_t fail_in_loop(const rmsn_host *host, void *const *args,
                            void *const *results) {
  (void)results;
  const rmsn_memref *x = args[0];
  int64_t index = (int64_t)*at1(x, 0);
  return host->parallel_for(host, 1000, 1, 1000000000, fail_at, &index);
}

// Temporaries from several threads at once.
static int32_t allocate_some(const rmsn_host *host, void *closure,
                             int64_t begin, int64_t end) {
  (void)closure;
  for (int64_t i = begin; i < end; ++i) {
    char *p = host->alloc(host, 100 + (uint64_t)i, 16);
    if (!p)
      return RMSN_STATUS_OUT_OF_MEMORY;
    p[0] = 1;
    if (i % 2)
      host->free(host, p);
  }
  return 0;
}
EXPORT int32_t allocate_in_loop(const rmsn_host *host, void *const *args,
                                void *const *results) {
  (void)args, (void)results;
  return host->parallel_for(host, 500, 1, 1000000000, allocate_some, 0);
}

// Flips the sign, which is the same bit in f16 and in bf16.
EXPORT int32_t negate16(const rmsn_host *host, void *const *args,
                        void *const *results) {
  (void)host;
  const rmsn_memref *x = args[0], *y = results[0];
  for (int64_t i = 0; i < x->dims[0]; ++i)
    ((uint16_t *)y->aligned)[y->offset + i * y->dims[1]] =
        ((uint16_t *)x->aligned)[x->offset + i * x->dims[1]] ^ 0x8000;
  return 0;
}

EXPORT int32_t multiply(const rmsn_host *host, void *const *args,
                        void *const *results) {
  const rmsn_memref *a = args[0], *b = args[1], *c = results[0];
  rmsn_matmul_args m;
  m.a = (float *)a->aligned + a->offset;
  m.b = (float *)b->aligned + b->offset;
  m.c = (float *)c->aligned + c->offset;
  m.batch = 1;
  m.m = a->dims[0];
  m.n = b->dims[1];
  m.k = a->dims[1];
  m.a_strides[0] = m.b_strides[0] = m.c_strides[0] = 0;
  m.a_strides[1] = a->dims[2];
  m.a_strides[2] = a->dims[3];
  m.b_strides[1] = b->dims[2];
  m.b_strides[2] = b->dims[3];
  m.c_strides[1] = c->dims[2];
  m.c_strides[2] = c->dims[3];
  m.a_dtype = m.b_dtype = m.c_dtype = RMSN_DTYPE_F32;
  m.accumulate = 0;
  return host->matmul(host, &m);
}
