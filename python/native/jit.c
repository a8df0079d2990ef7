/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Compiling just in time: MLIR text, or the description of a single norm. */

#include "native.h"

#include <string.h>

PyObject *context_compile_text(PyObject *object, PyObject *args,
                               PyObject *keywords) {
  static char *names[] = {"text", "targets", "options", "disk_cache", NULL};
  ContextObject *self = (ContextObject *)object;
  const char *text, *options = NULL;
  Py_ssize_t length;
  PyObject *targets = NULL;
  int disk_cache = 1;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "s#|O!zp:compile_text",
                                   names, &text, &length, &PyTuple_Type,
                                   &targets, &options, &disk_cache))
    return NULL;
  enum { MAX_TARGETS = 32 };
  const char *list[MAX_TARGETS];
  Py_ssize_t count = targets ? PyTuple_Size(targets) : 0;
  if (count > MAX_TARGETS)
    return PyErr_Format(PyExc_ValueError, "targets: given %zd, at most %d",
                        count, MAX_TARGETS);
  for (Py_ssize_t i = 0; i < count; ++i)
    if (!PyUnicode_Check(PyTuple_GetItem(targets, i)))
      return PyErr_Format(PyExc_TypeError,
                          "targets: item %zd is not a string, as 'cpu'", i);
    else if (!(list[i] =
                   PyUnicode_AsUTF8AndSize(PyTuple_GetItem(targets, i), NULL)))
      return NULL;
  rmsn_jit_options jit = {.struct_size = sizeof jit,
                          .flags = disk_cache ? RMSN_JIT_DEFAULT
                                              : RMSN_JIT_NO_DISK_CACHE,
                          .targets = list,
                          .num_targets = (size_t)count,
                          .options = options};
  rmsn_artifact *artifact = NULL;
  rmsn_status status;
  Py_BEGIN_ALLOW_THREADS status = rmsn_jit_compile_text(
      self->context, text, (size_t)length, &jit, &artifact);
  Py_END_ALLOW_THREADS if (status) return raise_status(status);
  return artifact_from_handle(self, artifact);
}

/* A tuple of ints into `values`; the count, or -1 with an exception. */
static int read_ints(PyObject *tuple, const char *what, int64_t *values) {
  if (!PyTuple_Check(tuple) || PyTuple_Size(tuple) > MAX_RANK) {
    PyErr_Format(PyExc_TypeError, "%s: expected a tuple of at most %d ints",
                 what, MAX_RANK);
    return -1;
  }
  int count = (int)PyTuple_Size(tuple);
  for (int i = 0; i < count; ++i) {
    values[i] = PyLong_AsLongLong(PyTuple_GetItem(tuple, i));
    if (values[i] == -1 && PyErr_Occurred())
      return -1;
  }
  return count;
}

static int read_param(PyObject *given, const char *what, rmsn_norm_param *param,
                      int64_t *shape) {
  param->dtype = RMSN_DTYPE_INVALID;
  if (!given || given == Py_None)
    return 0;
  int dtype;
  PyObject *extents;
  if (!PyTuple_Check(given) ||
      !PyArg_ParseTuple(given, "iO", &dtype, &extents)) {
    PyErr_Format(PyExc_TypeError, "%s: expected (dtype, shape) or None", what);
    return -1;
  }
  int rank = read_ints(extents, what, shape);
  if (rank < 0)
    return -1;
  *param = (rmsn_norm_param){(rmsn_dtype)dtype, rank, shape};
  return 0;
}

/* A norm as Python describes it, with the memory that the spec points to. */
typedef struct NormRequest {
  rmsn_norm_spec spec;
  int64_t extents[5][MAX_RANK];
  int32_t axes[MAX_RANK];
  int disk_cache;
} NormRequest;

/* The arguments of compile_norm and norm_text. 0, or -1 with an exception. */
static int read_norm(PyObject *args, PyObject *keywords, const char *format,
                     NormRequest *request) {
  static char *names[] = {"dtype",
                          "shape",
                          "axes",
                          "scale",
                          "bias",
                          "eps_param",
                          "eps",
                          "min_rms",
                          "eps_mode",
                          "residual",
                          "residual_scale",
                          "return_sum",
                          "round_sum",
                          "scale_offset",
                          "cast_before_scale",
                          "return_rstd",
                          "disk_cache",
                          "residual_scale_param",
                          "gate",
                          "gate_before_norm",
                          "backward",
                          "grads",
                          "dsum",
                          "rstd",
                          "input_is_sum",
                          NULL};
  PyObject *shape, *axes, *scale = NULL, *bias = NULL, *eps_param = NULL,
                          *residual_scale_param = NULL;
  int dtype, eps_mode = 0, gate = 0, backward = 0;
  rmsn_norm_spec spec = {.struct_size = sizeof spec,
                         .op = RMSN_OP_RMS_NORM,
                         .residual_scale = 1.0};
  request->disk_cache = 1;
  if (!PyArg_ParseTupleAndKeywords(
          args, keywords, format, names, &dtype, &shape, &axes, &scale, &bias,
          &eps_param, &spec.eps, &spec.min_rms, &eps_mode, &spec.residual,
          &spec.residual_scale, &spec.return_sum, &spec.round_sum,
          &spec.scale_offset, &spec.cast_before_scale, &spec.return_rstd,
          &request->disk_cache, &residual_scale_param, &gate,
          &spec.gate_before_norm, &backward, &spec.grads, &spec.has_dsum,
          &spec.has_rstd, &spec.input_is_sum))
    return -1;
  int64_t wide_axes[MAX_RANK];
  spec.dtype = (rmsn_dtype)dtype;
  spec.eps_mode = (rmsn_eps_mode)eps_mode;
  spec.gate = (rmsn_norm_gate)gate;
  if (backward)
    spec.op = RMSN_OP_RMS_NORM_BACKWARD;
  int64_t (*extents)[MAX_RANK] = request->extents;
  if ((spec.rank = read_ints(shape, "shape", extents[0])) < 0 ||
      (spec.num_axes = read_ints(axes, "axes", wide_axes)) < 0 ||
      read_param(scale, "scale", &spec.scale, extents[1]) ||
      read_param(bias, "bias", &spec.bias, extents[2]) ||
      read_param(eps_param, "eps_param", &spec.eps_param, extents[3]) ||
      read_param(residual_scale_param, "residual_scale_param",
                 &spec.residual_scale_param, extents[4]))
    return -1;
  for (int32_t i = 0; i < spec.num_axes; ++i) {
    request->axes[i] = (int32_t)wide_axes[i];
    if (request->axes[i] != wide_axes[i]) {
      PyErr_Format(PyExc_ValueError,
                   "axes: given %lld, expected one of rank %d",
                   (long long)wide_axes[i], (int)spec.rank);
      return -1;
    }
  }
  spec.shape = extents[0];
  spec.axes = request->axes;
  request->spec = spec;
  return 0;
}

PyObject *context_compile_norm(PyObject *object, PyObject *args,
                               PyObject *keywords) {
  ContextObject *self = (ContextObject *)object;
  NormRequest request;
  if (read_norm(args, keywords, "iOO|$OOOddipdppdpppOippIppp:compile_norm",
                &request))
    return NULL;
  rmsn_jit_options jit = {.struct_size = sizeof jit,
                          .flags = request.disk_cache ? RMSN_JIT_DEFAULT
                                                      : RMSN_JIT_NO_DISK_CACHE};
  rmsn_artifact *artifact = NULL;
  rmsn_status status;
  Py_BEGIN_ALLOW_THREADS status =
      rmsn_jit_compile_spec(self->context, &request.spec, &jit, &artifact);
  Py_END_ALLOW_THREADS if (status) return raise_status(status);
  return artifact_from_handle(self, artifact);
}

PyObject *context_norm_text(PyObject *object, PyObject *args,
                            PyObject *keywords) {
  (void)object;
  NormRequest request;
  if (read_norm(args, keywords, "iOO|$OOOddipdppdpppOippIppp:norm_text",
                &request))
    return NULL;
  size_t length = 0;
  rmsn_status status = rmsn_jit_spec_text(&request.spec, NULL, 0, &length);
  if (status)
    return raise_status(status);
  char *text = PyMem_Malloc(length + 1);
  if (!text)
    return PyErr_NoMemory();
  status = rmsn_jit_spec_text(&request.spec, text, length + 1, &length);
  PyObject *result =
      status ? raise_status(status)
             : PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
  PyMem_Free(text);
  return result;
}

PyObject *context_jit_stats(PyObject *object, PyObject *ignored) {
  (void)ignored;
  rmsn_jit_stats_t stats = {.struct_size = sizeof stats};
  rmsn_status status =
      rmsn_jit_stats(((ContextObject *)object)->context, &stats);
  if (status)
    return raise_status(status);
  return Py_BuildValue("{sOsKsKsKsK}", "compiler_loaded",
                       stats.compiler_loaded ? Py_True : Py_False,
                       "memory_hits", (unsigned long long)stats.memory_hits,
                       "disk_hits", (unsigned long long)stats.disk_hits,
                       "misses", (unsigned long long)stats.misses, "damaged",
                       (unsigned long long)stats.damaged);
}
