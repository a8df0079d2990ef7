/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* C interface of the RMSNorm runtime: opens `.rmsn` artifacts, picks the code
 * for this machine and calls it. No LLVM, no exceptions, nothing global:
 * everything hangs off a context, and two contexts know nothing of each other.
 *
 * Rules for all functions
 * - They return a status; RMSN_STATUS_OK is 0. After a failure,
 *   rmsn_last_error() gives the message of this thread's last failure.
 * - Every struct that the caller fills in starts with `struct_size`, to be set
 *   to its sizeof; the rest set to zero means the default everywhere. Structs
 *   that a function fills in want `struct_size` set too. So programs built
 *   against an older header keep working.
 * - A context, an artifact and a function may be used from several threads at
 *   once. A plan may not.
 * - Objects must outlive what was made from them: a context its artifacts, an
 *   artifact its functions and plans. Results returned by rmsn_call own their
 *   memory and may outlive all of them (given that a caller-supplied allocator
 *   does).
 *
 * A call in short (see examples/c for all of it)
 *   rmsn_context_create(NULL, &context);
 *   rmsn_artifact_open(context, "norm.rmsn", &artifact);
 *   rmsn_function_lookup(artifact, "main", &function);
 *   rmsn_call(function, args, 2, results, 1, NULL, NULL);
 */

#ifndef RMSNORM_RUNTIME_H
#define RMSNORM_RUNTIME_H

#include "rmsnorm_runtime/blob_abi.h"
#include "rmsnorm_runtime/status.h"
#include "rmsnorm_runtime/third_party/dlpack.h"
#include "rmsnorm_runtime/version.h"

#include <stddef.h>
#include <stdint.h>

#if defined(RMSN_STATIC)
#define RMSN_API
#else
#define RMSN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status, version --------------------------------------------------- */

/* The version of the runtime that is loaded, major * 10000 + minor * 100 +
 * patch; RMSN_VERSION_* in version.h is that of the header. */
RMSN_API uint32_t rmsn_version(void);

/* "WRONG_DTYPE" for RMSN_STATUS_WRONG_DTYPE and so on; never null. */
RMSN_API const char *rmsn_status_name(rmsn_status status);

/* Message of the last failure on this thread, "" if there was none. Valid
 * until the next failing call on this thread. */
RMSN_API const char *rmsn_last_error(void);

/* "bf16" for RMSN_DTYPE_BF16 and so on; never null. */
RMSN_API const char *rmsn_dtype_name(rmsn_dtype dtype);

/* Bytes of one element, 0 for an invalid dtype. */
RMSN_API size_t rmsn_dtype_size(rmsn_dtype dtype);

/* The DLPack type of a dtype and back (RMSN_DTYPE_INVALID where there is
 * none). */
RMSN_API DLDataType rmsn_dtype_to_dlpack(rmsn_dtype dtype);
RMSN_API rmsn_dtype rmsn_dtype_from_dlpack(DLDataType type);

/* ---- Threads ----------------------------------------------------------- */

typedef struct rmsn_thread_pool rmsn_thread_pool;

/* A pool that several contexts may share. `num_threads` counts the calling
 * thread: 1 makes no threads, 0 takes one per CPU that this process may use. */
RMSN_API rmsn_status rmsn_thread_pool_create(uint32_t num_threads,
                                             rmsn_thread_pool **pool);
RMSN_API void rmsn_thread_pool_destroy(rmsn_thread_pool *pool);
RMSN_API uint32_t rmsn_thread_pool_size(const rmsn_thread_pool *pool);

/* Part of a parallel loop, [begin, end). Returns 0 or a status. */
typedef int32_t (*rmsn_range_fn)(void *closure, int64_t begin, int64_t end);

/* Runs `body` over [0, count) on the pool, in ranges whose bounds are multiples
 * of `grain` (but for the last end). Returns 0 or the first status other than 0
 * that a body gave. Called from within a loop's body it runs inline. */
RMSN_API int32_t rmsn_thread_pool_for(rmsn_thread_pool *pool, int64_t count,
                                      int64_t grain, rmsn_range_fn body,
                                      void *closure);

/* ---- Context ----------------------------------------------------------- */

typedef struct rmsn_context rmsn_context;

/* All functions must be thread safe. `free` gets the size and alignment that
 * `alloc` was given. `alloc` returns null when there is no memory. */
typedef struct rmsn_allocator {
  uint32_t struct_size;
  void *user;
  void *(*alloc)(void *user, size_t bytes, size_t alignment);
  void (*free)(void *user, void *pointer, size_t bytes, size_t alignment);
} rmsn_allocator;

typedef enum rmsn_log_level {
  RMSN_LOG_DEBUG = 0,
  RMSN_LOG_INFO = 1,
  RMSN_LOG_WARNING = 2,
  RMSN_LOG_ERROR = 3
} rmsn_log_level;

typedef void (*rmsn_log_fn)(void *user, rmsn_log_level level,
                            const char *message);

/* The application's own way to run a loop in parallel: calls `body(closure,
 * begin, end)` for ranges that together cover [0, count) once, with bounds that
 * are multiples of `grain`, and returns when all are done. Returns 0 or the
 * first status other than 0 that a body gave. */
typedef int32_t (*rmsn_parallel_for_fn)(void *user, int64_t count,
                                        int64_t grain, rmsn_range_fn body,
                                        void *closure);

typedef struct rmsn_context_options {
  uint32_t struct_size;
  /* Threads of the context's own pool, as in rmsn_thread_pool_create. Made at
   * first use. Ignored when `thread_pool` or `parallel_for` is given. */
  uint32_t num_threads;
  /* A pool to use instead; must outlive the context. */
  rmsn_thread_pool *thread_pool;
  /* Or the application's own loop, with `max_parallelism` threads at most. */
  rmsn_parallel_for_fn parallel_for;
  void *parallel_for_user;
  uint32_t max_parallelism;
  /* Null: aligned memory from the C library, with freed blocks kept for the
   * next call up to a bound. Copied. */
  const rmsn_allocator *allocator;
  /* Folder of compiled code; null: $XDG_CACHE_HOME/rmsnorm or ~/.cache/rmsnorm;
   * "": no cache on disk. */
  const char *cache_directory;
  /* Bytes that the cache may take before the oldest entries go; 0: 256 MiB. */
  uint64_t cache_limit;
  /* Null: warnings and errors go nowhere; statuses tell what matters. */
  rmsn_log_fn log;
  void *log_user;
  /* Paths of the matrix multiplication plugin and of the compiler library;
   * null: $RMSNORM_BLAS_PLUGIN or $RMSNORM_COMPILER_LIBRARY, else next to the
   * runtime library. "": none. */
  const char *blas_plugin;
  const char *compiler_library;
} rmsn_context_options;

/* `options` may be null. */
RMSN_API rmsn_status rmsn_context_create(const rmsn_context_options *options,
                                         rmsn_context **context);
RMSN_API void rmsn_context_destroy(rmsn_context *context);

/* Number of threads that a parallel loop may use, the caller's included. */
RMSN_API uint32_t rmsn_context_num_threads(rmsn_context *context);

/* Does this machine have the CPU feature of LLVM's name `feature`
 * ("avx512bf16")? 0 or 1; 0 for names that the runtime does not know. */
RMSN_API int rmsn_cpu_has_feature(const char *feature);

/* All CPU features of this machine that the runtime knows, comma separated, by
 * LLVM's names. */
RMSN_API const char *rmsn_context_cpu_features(rmsn_context *context);

typedef enum rmsn_context_item {
  RMSN_CONTEXT_RUNTIME_LIBRARY = 0,  /* path of this library */
  RMSN_CONTEXT_CACHE_DIRECTORY = 1,  /* "": no cache on disk */
  RMSN_CONTEXT_COMPILER_LIBRARY = 2, /* path, there or not; "": none wanted */
  RMSN_CONTEXT_COMPILER_ID = 3,      /* identity of its build; "": not there */
  RMSN_CONTEXT_MATMUL = 4 /* BLAS library and path, or why there is none */
} rmsn_context_item;

/* What a context uses, as text that is valid as long as the context; "" for an
 * unknown item. The compiler library is not loaded for it. */
RMSN_API const char *rmsn_context_info(rmsn_context *context,
                                       rmsn_context_item item);

/* ---- Artifacts --------------------------------------------------------- */

typedef struct rmsn_artifact rmsn_artifact;
typedef struct rmsn_function rmsn_function;

/* Opens and checks a file completely: header, checksum, and every index and
 * offset in it. Code is loaded when a function is first called or planned.
 * Loading code is trusting it: open only artifacts whose origin you trust. */
RMSN_API rmsn_status rmsn_artifact_open(rmsn_context *context, const char *path,
                                        rmsn_artifact **artifact);

typedef enum rmsn_memory_flags {
  RMSN_MEMORY_COPY = 0,
  /* The bytes stay valid and unchanged until the artifact is closed, and start
   * at a multiple of 64. */
  RMSN_MEMORY_BORROW = 1
} rmsn_memory_flags;

RMSN_API rmsn_status rmsn_artifact_open_memory(rmsn_context *context,
                                               const void *data, size_t size,
                                               uint32_t flags,
                                               rmsn_artifact **artifact);
RMSN_API void rmsn_artifact_close(rmsn_artifact *artifact);

typedef struct rmsn_artifact_info_t {
  uint32_t struct_size;
  uint32_t format_version;
  const char *producer;
  size_t num_functions;
  size_t num_constants;
  size_t num_variants;
  size_t num_gpu_kernels;
  size_t num_kernel_infos;
  uint64_t file_size;
  /* The variant that the CPU uses, or -1 if none fits this machine. */
  int64_t cpu_variant;
} rmsn_artifact_info_t;

RMSN_API rmsn_status rmsn_artifact_info(const rmsn_artifact *artifact,
                                        rmsn_artifact_info_t *info);

typedef enum rmsn_layout {
  RMSN_LAYOUT_CONTIGUOUS = 0,       /* row-major without gaps */
  RMSN_LAYOUT_INNER_CONTIGUOUS = 1, /* any outer strides, inner stride 1 */
  RMSN_LAYOUT_ANY = 2
} rmsn_layout;

/* One argument or result. Extent -1 in `shape` is dynamic; extents with equal
 * non-negative `symbols` must be equal in a call (symbols is null if there are
 * none). Pointers stay valid as long as the artifact. */
typedef struct rmsn_value_info {
  uint32_t struct_size;
  rmsn_dtype dtype;
  const char *name;
  int32_t is_scalar; /* passed as a tensor of rank 0 on the CPU */
  int32_t rank;
  const int64_t *shape;
  const int32_t *symbols;
  rmsn_layout layout;       /* what compiled code takes; the rest gets packed */
  uint32_t alignment;       /* likewise, bytes */
  int32_t is_mutable;       /* an argument that the function writes */
  int32_t callee_allocated; /* a result whose shape only running tells */
  size_t num_may_alias;     /* a result: arguments with which it may coincide */
  const int32_t *may_alias;
} rmsn_value_info;

typedef struct rmsn_constant_info {
  uint32_t struct_size;
  rmsn_dtype dtype;
  const char *name;
  int32_t rank;
  const int64_t *shape;
  const void *data;
  uint64_t size;
} rmsn_constant_info;

RMSN_API rmsn_status rmsn_artifact_constant(const rmsn_artifact *artifact,
                                            size_t index,
                                            rmsn_constant_info *info);

typedef enum rmsn_variant_kind {
  RMSN_VARIANT_ELF = 0,
  RMSN_VARIANT_PTX = 1,
  RMSN_VARIANT_CUBIN = 2
} rmsn_variant_kind;

typedef struct rmsn_variant_info {
  uint32_t struct_size;
  rmsn_variant_kind kind;
  const char *target;
  const char *arch;
  const char *features; /* comma separated */
  uint32_t priority;
  uint32_t abi_version;
  uint64_t size;
  const void *data;
  int32_t usable; /* 1: runs on this CPU; for GPU code, on device 0 */
} rmsn_variant_info;

RMSN_API rmsn_status rmsn_artifact_variant(const rmsn_artifact *artifact,
                                           size_t index,
                                           rmsn_variant_info *info);

typedef struct rmsn_gpu_kernel_info {
  uint32_t struct_size;
  uint32_t num_operands;
  const char *name;
  const char *symbol;
  uint32_t num_inputs; /* the other operands are results */
  uint32_t num_row_dims;
  uint32_t rows_per_block;
  uint32_t block_x;
  uint32_t cluster_x;
  uint32_t shared_bytes;
  const char *description;
} rmsn_gpu_kernel_info;

/* The kernel is also found by rmsn_function_lookup, under its name. */
RMSN_API rmsn_status rmsn_artifact_gpu_kernel(const rmsn_artifact *artifact,
                                              size_t index,
                                              rmsn_gpu_kernel_info *info);

/* What the compiler made of a norm. */
typedef struct rmsn_kernel_info {
  uint32_t struct_size;
  uint32_t norms;
  const char *function;
  const char *name;
  const char *description;
  const char *location;
  uint32_t tensors_read;
  uint32_t tensors_written;
} rmsn_kernel_info;

RMSN_API rmsn_status rmsn_artifact_kernel_info(const rmsn_artifact *artifact,
                                               size_t index,
                                               rmsn_kernel_info *info);

/* ---- Functions --------------------------------------------------------- */

/* Finds a function or a GPU kernel by name. Null or "" finds the only function,
 * or the one called "main". Functions belong to the artifact. */
RMSN_API rmsn_status rmsn_function_lookup(rmsn_artifact *artifact,
                                          const char *name,
                                          rmsn_function **function);
RMSN_API rmsn_status rmsn_artifact_function(rmsn_artifact *artifact,
                                            size_t index,
                                            rmsn_function **function);

RMSN_API const char *rmsn_function_name(const rmsn_function *function);
RMSN_API size_t rmsn_function_num_args(const rmsn_function *function);
RMSN_API size_t rmsn_function_num_results(const rmsn_function *function);
RMSN_API rmsn_status rmsn_function_arg(const rmsn_function *function,
                                       size_t index, rmsn_value_info *info);
RMSN_API rmsn_status rmsn_function_result(const rmsn_function *function,
                                          size_t index, rmsn_value_info *info);

/* Null if the function can run on the GPU, else the name of the first operation
 * in it that has no GPU code (or "gpu" if there is no GPU code at all). */
RMSN_API const char *
rmsn_function_gpu_unsupported(const rmsn_function *function);

/* Extents of all results, concatenated, from the arguments' shapes (data
 * pointers are not looked at). `capacity` is the number of int64 that
 * `result_dims` has room for; what a callee-allocated result cannot know is -1.
 */
RMSN_API rmsn_status rmsn_function_infer_shapes(const rmsn_function *function,
                                                const DLTensor *const *args,
                                                size_t num_args,
                                                int64_t *result_dims,
                                                size_t capacity);

/* ---- Calls ------------------------------------------------------------- */

typedef struct rmsn_call_options {
  uint32_t struct_size;
  uint32_t reserved;
  /* CUDA stream (a CUstream or cudaStream_t) to launch on; null: the default
   * stream. The call returns when the work is enqueued. */
  void *stream;
  /* One byte per argument or result; not 0: it may not be written. Null: all
   * may. */
  const uint8_t *arg_read_only;
  const uint8_t *result_read_only;
} rmsn_call_options;

/* Checks everything (number, null, device, dtype, rank, extents, strides,
 * alignment, read-only, overlap) and runs the function. All tensors on one
 * device: CPU or CUDA; scalars on the CPU, as tensors of rank 0.
 *
 * results[i] is written through. Where it is null (or `results` is), the result
 * is allocated and owned[i] set to it, to be freed through its deleter; `owned`
 * needs room for all results then. owned[i] is null for the others. On failure
 * nothing is owned, and what the given results hold is unspecified.
 *
 * Overlap: a result may coincide exactly with an argument if the function says
 * so (rmsn_value_info::may_alias); other overlaps of anything written are
 * refused. */
RMSN_API rmsn_status rmsn_call(rmsn_function *function,
                               const DLTensor *const *args, size_t num_args,
                               const DLTensor *const *results,
                               size_t num_results, DLManagedTensor **owned,
                               const rmsn_call_options *options);

/* Turns an owned result into the versioned form of DLPack 1.x; `tensor` is
 * consumed unless this fails. */
RMSN_API rmsn_status rmsn_tensor_to_versioned(DLManagedTensor *tensor,
                                              DLManagedTensorVersioned **out);

typedef struct rmsn_plan rmsn_plan;

/* Checks a call once so that repeating it costs next to nothing. Takes what
 * rmsn_call takes, except that every result must be given. The memory of the
 * tensors (not the DLTensor structs) must stay valid while the plan is used. */
RMSN_API rmsn_status rmsn_plan_create(
    rmsn_function *function, const DLTensor *const *args, size_t num_args,
    const DLTensor *const *results, size_t num_results,
    const rmsn_call_options *options, rmsn_plan **plan);

/* Runs it. */
RMSN_API rmsn_status rmsn_plan_run(rmsn_plan *plan);

/* Replaces the pointer to element 0 of argument (or result) `index`. Only its
 * alignment is checked; overlap with others is the caller's to avoid. Refused
 * for tensors that have to be packed. */
RMSN_API rmsn_status rmsn_plan_set_arg(rmsn_plan *plan, size_t index,
                                       void *data);
RMSN_API rmsn_status rmsn_plan_set_result(rmsn_plan *plan, size_t index,
                                          void *data);
RMSN_API void rmsn_plan_destroy(rmsn_plan *plan);

/* ---- Just-in-time compilation ------------------------------------------ */

typedef struct rmsn_jit_options {
  uint32_t struct_size;
  uint32_t flags; /* rmsn_jit_flags */
  /* As for rmsnorm-compile --target; none: "cpu". */
  const char *const *targets;
  size_t num_targets;
  /* Further options of the compiler, handed on as they are; may be null. */
  const char *options;
} rmsn_jit_options;

typedef enum rmsn_jit_flags {
  RMSN_JIT_DEFAULT = 0,
  RMSN_JIT_NO_DISK_CACHE = 1,
  RMSN_JIT_NO_MEMORY_CACHE = 2
} rmsn_jit_flags;

/* Compiles MLIR text, or takes what was compiled before: from memory, then from
 * disk. The compiler library is loaded only when neither has it. `options` may
 * be null. Close the artifact as any other. */
RMSN_API rmsn_status rmsn_jit_compile_text(rmsn_context *context,
                                           const char *mlir, size_t length,
                                           const rmsn_jit_options *options,
                                           rmsn_artifact **artifact);

typedef enum rmsn_norm_op {
  RMSN_OP_RMS_NORM = 0,
  RMSN_OP_RMS_NORM_BACKWARD = 1
} rmsn_norm_op;

typedef enum rmsn_norm_gate {
  RMSN_GATE_NONE = 0,
  RMSN_GATE_SILU = 1,   /* z / (1 + exp(-z)) */
  RMSN_GATE_SIGMOID = 2 /* 1 / (1 + exp(-z)) */
} rmsn_norm_gate;

/* Results of a backward, a bit each. */
typedef enum rmsn_norm_grad {
  RMSN_GRAD_X = 1,
  RMSN_GRAD_RESIDUAL = 2,
  RMSN_GRAD_SCALE = 4,
  RMSN_GRAD_BIAS = 8,
  RMSN_GRAD_EPS = 16,
  RMSN_GRAD_RESIDUAL_SCALE = 32,
  RMSN_GRAD_GATE = 64
} rmsn_norm_grad;

typedef enum rmsn_eps_mode {
  RMSN_EPS_INSIDE = 0, /* sqrt(ms + eps) */
  RMSN_EPS_CLAMP = 1,  /* sqrt(max(ms, eps)) */
  RMSN_EPS_OUTSIDE = 2 /* sqrt(ms) + eps */
} rmsn_eps_mode;

/* A parameter that broadcasts to x from the right; rank 0 with dtype
 * RMSN_DTYPE_INVALID: absent. */
typedef struct rmsn_norm_param {
  rmsn_dtype dtype;
  int32_t rank;
  const int64_t *shape;
} rmsn_norm_param;

/* A single norm, or its backward. The compiled function is called "main".
 *
 * Forward: arguments x, [residual], [scale], [bias], [eps], [residual_scale],
 * [gate]; results y, [sum], [rstd]. rstd is 1/d of each slice, in f32 (f64 for
 * f64), shaped like x without the axes.
 *
 * Backward: arguments dy, [dsum], x, [residual], [scale], [bias], [eps],
 * [residual_scale], [gate], [rstd]; results those of `grads`, in the order of
 * the bits: dx, dresidual, dscale, dbias, deps, dresidual_scale, dgate, each
 * with the dtype and the shape of what it is the gradient of. `residual` is an
 * argument unless x is the sum and its scale's gradient is not asked for;
 * `bias` only where a gate after the norm needs it for its own gradient.
 * Roundings between (round_sum, cast_before_scale) count as the identity; the
 * gradient of a scale after a cast is the sum of dy * round(x/d). Sums over
 * rows are taken in the compute type, in an order that depends on extents
 * alone. return_sum and return_rstd have no meaning there. */
typedef struct rmsn_norm_spec {
  uint32_t struct_size;
  rmsn_norm_op op;
  rmsn_dtype dtype; /* of x, y, residual and sum */
  int32_t rank;
  const int64_t *shape; /* -1: dynamic */
  int32_t num_axes;
  const int32_t *axes; /* negative ones count from the end */
  rmsn_norm_param scale;
  rmsn_norm_param bias;
  rmsn_norm_param eps_param; /* per-feature eps instead of `eps` */
  double eps;
  double min_rms;
  rmsn_eps_mode eps_mode;
  int32_t residual;          /* 1: y = norm(x + residual_scale * residual) */
  double residual_scale;     /* used only with residual */
  int32_t return_sum;        /* also the sum, rounded to dtype */
  int32_t round_sum;         /* round the sum before normalising it */
  double scale_offset;       /* scale by (scale_offset + scale) */
  int32_t cast_before_scale; /* round to dtype, then scale in dtype */
  int32_t return_rstd;
  /* A tensor in place of the number residual_scale; needs `residual`. */
  rmsn_norm_param residual_scale_param;
  /* A further argument of x's dtype and shape, which the result is multiplied
   * by after `gate`: after scale and bias, or what is normalised, before. */
  rmsn_norm_gate gate;
  int32_t gate_before_norm;
  /* Only for the backward. */
  uint32_t grads;       /* rmsn_norm_grad */
  int32_t has_dsum;     /* argument dsum: the gradient of the returned sum */
  int32_t has_rstd;     /* argument rstd: what the forward returned */
  int32_t input_is_sum; /* x is the rounded sum that the forward returned */
} rmsn_norm_spec;

/* The MLIR text of a spec, for reading and for tests. Writes at most `capacity`
 * bytes, the final 0 included; *length is the whole length without it. */
RMSN_API rmsn_status rmsn_jit_spec_text(const rmsn_norm_spec *spec,
                                        char *buffer, size_t capacity,
                                        size_t *length);

RMSN_API rmsn_status rmsn_jit_compile_spec(rmsn_context *context,
                                           const rmsn_norm_spec *spec,
                                           const rmsn_jit_options *options,
                                           rmsn_artifact **artifact);

typedef struct rmsn_jit_stats_t {
  uint32_t struct_size;
  uint32_t compiler_loaded; /* 1 once the compiler library has been loaded */
  uint64_t memory_hits;
  uint64_t disk_hits;
  uint64_t misses;
  uint64_t damaged; /* entries on disk that were found damaged */
} rmsn_jit_stats_t;

RMSN_API rmsn_status rmsn_jit_stats(rmsn_context *context,
                                    rmsn_jit_stats_t *stats);

/* Forgets what the context keeps in memory; artifacts in use stay valid. */
RMSN_API void rmsn_jit_clear_memory(rmsn_context *context);

/* Compiler diagnostics (warnings, remarks) of this context's last compilation
 * on this thread, "" if there were none. */
RMSN_API const char *rmsn_jit_diagnostics(rmsn_context *context);

/* ---- Devices, for programs without a CUDA library of their own ---------- */

/* OK if the device can be used. The CPU always can. */
RMSN_API rmsn_status rmsn_device_check(rmsn_context *context, DLDevice device);
/* A readable name ("NVIDIA H100, sm_90") into `buffer`. */
RMSN_API rmsn_status rmsn_device_name(rmsn_context *context, DLDevice device,
                                      char *buffer, size_t capacity);
RMSN_API rmsn_status rmsn_device_alloc(rmsn_context *context, DLDevice device,
                                       size_t bytes, void **pointer);
RMSN_API rmsn_status rmsn_device_free(rmsn_context *context, DLDevice device,
                                      void *pointer);
/* Copies between any two devices, in stream order, and waits for it. */
RMSN_API rmsn_status rmsn_device_copy(rmsn_context *context, void *to,
                                      DLDevice to_device, const void *from,
                                      DLDevice from_device, size_t bytes,
                                      void *stream);
RMSN_API rmsn_status rmsn_device_synchronize(rmsn_context *context,
                                             DLDevice device, void *stream);

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_RUNTIME_H */
