/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* The contract between compiled code (a blob inside a `.rmsn` artifact) and
 * the runtime that calls it. Both sides include this header; the compiler
 * checks its own offsets against it with static assertions.
 *
 * A CPU blob is an ELF shared object with no imports, no constructors and no
 * writable globals. Everything it needs from outside it reaches through the
 * table `rmsn_host`, which is the first argument of every function in it. */

#ifndef RMSNORM_RUNTIME_BLOB_ABI_H
#define RMSNORM_RUNTIME_BLOB_ABI_H

#include "rmsnorm_runtime/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Incremented on every incompatible change of anything in this file. A blob
 * exports `const uint32_t rmsn_blob_abi_version`. */
#define RMSN_BLOB_ABI_VERSION 1u

/* Element types, the same numbers in the manifest and in descriptors. */
typedef enum rmsn_dtype {
  RMSN_DTYPE_INVALID = 0,
  RMSN_DTYPE_F16 = 1,
  RMSN_DTYPE_BF16 = 2,
  RMSN_DTYPE_F32 = 3,
  RMSN_DTYPE_F64 = 4,
  RMSN_DTYPE_BOOL = 5, /* one byte, 0 or 1 */
  RMSN_DTYPE_I8 = 6,
  RMSN_DTYPE_I16 = 7,
  RMSN_DTYPE_I32 = 8,
  RMSN_DTYPE_I64 = 9,
  RMSN_DTYPE_U8 = 10,
  RMSN_DTYPE_U16 = 11,
  RMSN_DTYPE_U32 = 12,
  RMSN_DTYPE_U64 = 13,
  RMSN_DTYPE_F8E4M3FN = 14,
  RMSN_DTYPE_F8E5M2 = 15
} rmsn_dtype;

/* C++ compilers know flexible arrays, but their standard does not. */
#ifdef __cplusplus
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wc99-extensions"
#else
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#endif
/* Strided buffer, MLIR's memref descriptor: `allocated` is what was returned
 * by the allocator, `aligned + offset` (offset in elements) is element 0, and
 * `dims` holds `rank` extents followed by `rank` strides in elements. */
typedef struct rmsn_memref {
  void *allocated;
  void *aligned;
  int64_t offset;
  int64_t dims[];
} rmsn_memref;
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

/* One matrix multiplication, or `batch` of them:
 *   c[b,i,j] = sum_p a[b,i,p] * b[b,p,j]  (+ c[b,i,j] when `accumulate`)
 * Products and sums are f32 for f16, bf16 and f32 operands and f64 for f64.
 * Pointers are to element 0; strides are in elements of their own operand and
 * may be any value, zero included (a broadcast batch). `c_dtype` may be wider
 * than `ab_dtype`. With accumulate and a narrow c, c is read once, widened,
 * added in the wide type and rounded once. k == 0 gives zeros (or keeps c). */
typedef struct rmsn_matmul_args {
  const void *a;
  const void *b;
  void *c;
  int64_t batch, m, n, k;
  int64_t a_strides[3]; /* batch, m, k */
  int64_t b_strides[3]; /* batch, k, n */
  int64_t c_strides[3]; /* batch, m, n */
  int32_t a_dtype;      /* rmsn_dtype: f16, bf16, f32 or f64 */
  int32_t b_dtype;
  int32_t c_dtype;
  int32_t accumulate; /* 0 or 1 */
} rmsn_matmul_args;

typedef struct rmsn_host rmsn_host;

/* Body of a parallel loop: does the iterations [begin, end). Returns 0, or the
 * status that it reported through `fail`. */
typedef int32_t (*rmsn_parallel_body)(const rmsn_host *host, void *closure,
                                      int64_t begin, int64_t end);

/* Functions that the runtime offers to compiled code. One table per call in
 * flight (it carries that call's state), valid until the call returns. */
struct rmsn_host {
  uint32_t struct_size; /* sizeof(rmsn_host) of the runtime */
  uint32_t abi_version; /* RMSN_BLOB_ABI_VERSION of the runtime */
  /* Returns `bytes` (may be 0) aligned to `alignment` (a power of two, at
   * least 1), or null after having recorded the failure. Thread safe. */
  void *(*alloc)(const rmsn_host *host, uint64_t bytes, uint64_t alignment);
  /* Frees what alloc gave in the same call; null is ignored. What a failing
   * call leaves unfreed the runtime frees when the call ends. */
  void (*free)(const rmsn_host *host, void *pointer);
  /* Runs body over [0, count) in ranges whose bounds are multiples of `grain`
   * (>= 1, except for the end), on any number of threads, each index once.
   * `work` estimates the nanoseconds of the whole loop, so that small loops run
   * inline on the caller. Returns 0 or the first non-zero status of a body. */
  int32_t (*parallel_for)(const rmsn_host *host, int64_t count, int64_t grain,
                          int64_t work, rmsn_parallel_body body, void *closure);
  int32_t (*matmul)(const rmsn_host *host, const rmsn_matmul_args *args);
  /* Records a status (an rmsn_status value) and a message of `length` bytes
   * (copied) for this call; the first one wins. Returns the status, never 0. */
  int32_t (*fail)(const rmsn_host *host, int32_t status, const char *message,
                  uint64_t length);
  /* Bytes per thread of cache that a streaming kernel may count on; outputs
   * whose loop touches more than this are better written with nontemporal
   * stores. */
  uint64_t nontemporal_threshold;
  void *state; /* the runtime's own */
};

/* Entry of a compiled function.
 * args[i]: for a tensor a pointer to a descriptor of its static rank, for a
 * scalar a pointer to its value; the user's arguments first, then the
 * function's constants in manifest order.
 * results[i]: a descriptor. Destination results are filled in by the caller
 * and written through; callee-allocated ones are filled in by the callee with
 * memory from host->alloc which from then on belongs to the caller.
 * Returns 0 or a status recorded through host->fail. */
typedef int32_t (*rmsn_entry)(const rmsn_host *host, void *const *args,
                              void *const *results);

/* Shapes of the destination results from the shapes of the arguments.
 * arg_dims: extents of all tensor arguments, concatenated in order (scalars
 * and constants contribute none); result_dims likewise, written (callee-
 * allocated results get -1 where unknown). */
typedef void (*rmsn_shape_entry)(const int64_t *arg_dims, int64_t *result_dims);

/* A GPU kernel (PTX or cubin) has these parameters, in order:
 *   for each operand (inputs, then outputs): a tensor as a 64-bit pointer to
 *   element 0 followed by `rank` i64 strides in elements; a scalar by value;
 *   then the i64 extents of the kernel's iteration space (`rows` dims first,
 *   in the manifest's order).
 * Launch: grid.x = ceil(product of row extents / rows_per_block) blocks of
 * block_x threads (times cluster_x), `shared_bytes` dynamic shared memory.
 * Grids beyond 2^31-1 blocks are refused by the runtime. */

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_RUNTIME_BLOB_ABI_H */
