/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* rmsnorm.Context: threads, cache and compiler of a group of artifacts. */

#include "native.h"

/* The runtime logs from any thread, and never with the GIL held by a thread
 * that waits for it: calls into it release the GIL. */
static void forward_log(void *user, rmsn_log_level level, const char *message) {
  if (!Py_IsInitialized())
    return;
  PyGILState_STATE state = PyGILState_Ensure();
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyObject *done =
      PyObject_CallFunction((PyObject *)user, "is", (int)level, message);
  if (!done)
    PyErr_WriteUnraisable((PyObject *)user);
  Py_XDECREF(done);
  PyErr_Restore(type, value, trace);
  PyGILState_Release(state);
}

/* In __new__, so that there is no Context without a context. */
static PyObject *context_new(PyTypeObject *type, PyObject *args,
                             PyObject *keywords) {
  static char *names[] = {"num_threads", "cache_directory",
                          "blas_plugin", "compiler_library",
                          "log",         NULL};
  long long num_threads = 0;
  const char *cache = NULL, *blas = NULL, *compiler = NULL;
  PyObject *log = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|L$zzzO:Context", names,
                                   &num_threads, &cache, &blas, &compiler,
                                   &log))
    return NULL;
  if (num_threads < 0 || num_threads > UINT32_MAX) {
    PyErr_Format(PyExc_ValueError,
                 "num_threads: given %lld, expected 0 (one per CPU) or more",
                 num_threads);
    return NULL;
  }
  if (log != Py_None && !PyCallable_Check(log)) {
    PyErr_SetString(PyExc_TypeError,
                    "log: expected a callable (level, message) or None");
    return NULL;
  }
  rmsn_context_options options = {.struct_size = sizeof options,
                                  .num_threads = (uint32_t)num_threads,
                                  .cache_directory = cache,
                                  .blas_plugin = blas,
                                  .compiler_library = compiler};
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  ContextObject *self = (ContextObject *)alloc(type, 0);
  if (!self)
    return NULL;
  if (log != Py_None) {
    self->log = Py_NewRef(log);
    options.log = forward_log;
    options.log_user = log;
  }
  rmsn_status status = rmsn_context_create(&options, &self->context);
  if (status) {
    Py_DECREF((PyObject *)self);
    return raise_status(status);
  }
  return (PyObject *)self;
}

static PyObject *open_artifact(PyObject *object, PyObject *source) {
  ContextObject *self = (ContextObject *)object;
  rmsn_artifact *artifact = NULL;
  rmsn_status status;
  if (PyBytes_Check(source)) {
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(source, &data, &size))
      return NULL;
    status = rmsn_artifact_open_memory(self->context, data, (size_t)size,
                                       RMSN_MEMORY_COPY, &artifact);
  } else {
    PyObject *path = NULL;
    if (!PyUnicode_FSConverter(source, &path))
      return NULL;
    status =
        rmsn_artifact_open(self->context, PyBytes_AsString(path), &artifact);
    Py_DECREF(path);
  }
  if (status)
    return raise_status(status);
  return artifact_from_handle(self, artifact);
}

static PyObject *context_threads(PyObject *object, void *ignored) {
  (void)ignored;
  return PyLong_FromUnsignedLong(
      rmsn_context_num_threads(((ContextObject *)object)->context));
}

static PyObject *context_features(PyObject *object, void *ignored) {
  (void)ignored;
  return PyUnicode_FromString(
      rmsn_context_cpu_features(((ContextObject *)object)->context));
}

/* For libraries that call the runtime themselves. */
static PyObject *context_handle(PyObject *object, void *ignored) {
  (void)ignored;
  return PyLong_FromVoidPtr(((ContextObject *)object)->context);
}

/* info(): what the context uses, by name. */
static PyObject *context_info(PyObject *object, PyObject *ignored) {
  (void)ignored;
  rmsn_context *context = ((ContextObject *)object)->context;
  return Py_BuildValue(
      "{ssssssssss}", "runtime_library",
      rmsn_context_info(context, RMSN_CONTEXT_RUNTIME_LIBRARY),
      "cache_directory",
      rmsn_context_info(context, RMSN_CONTEXT_CACHE_DIRECTORY),
      "compiler_library",
      rmsn_context_info(context, RMSN_CONTEXT_COMPILER_LIBRARY), "compiler_id",
      rmsn_context_info(context, RMSN_CONTEXT_COMPILER_ID), "matmul",
      rmsn_context_info(context, RMSN_CONTEXT_MATMUL));
}

/* cuda_device_name(ordinal): its name, or an exception that says why not. */
static PyObject *cuda_device_name(PyObject *object, PyObject *number) {
  long ordinal = PyLong_AsLong(number);
  if (ordinal == -1 && PyErr_Occurred())
    return NULL;
  char name[256];
  rmsn_status status = rmsn_device_name(((ContextObject *)object)->context,
                                        (DLDevice){kDLCUDA, (int32_t)ordinal},
                                        name, sizeof name);
  return status ? raise_status(status) : PyUnicode_FromString(name);
}

static PyObject *clear_memory(PyObject *object, PyObject *ignored) {
  (void)ignored;
  rmsn_jit_clear_memory(((ContextObject *)object)->context);
  Py_RETURN_NONE;
}

static void context_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  rmsn_context_destroy(((ContextObject *)object)->context);
  Py_XDECREF(((ContextObject *)object)->log);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(object);
  Py_DECREF(type);
}

static PyMethodDef context_methods[] = {
    {"open", open_artifact, METH_O,
     "open(source): an Artifact from a path or from bytes."},
    {"compile_text", (PyCFunction)(void (*)(void))context_compile_text,
     METH_VARARGS | METH_KEYWORDS,
     "compile_text(text, targets=(), options=None, disk_cache=True): an "
     "Artifact from MLIR text, compiled or from the cache."},
    {"compile_norm", (PyCFunction)(void (*)(void))context_compile_norm,
     METH_VARARGS | METH_KEYWORDS,
     "compile_norm(dtype, shape, axes, ...): an Artifact of one norm, compiled "
     "or from the cache."},
    {"norm_text", (PyCFunction)(void (*)(void))context_norm_text,
     METH_VARARGS | METH_KEYWORDS,
     "norm_text(dtype, shape, axes, ...): the MLIR text that compile_norm "
     "compiles."},
    {"jit_stats", context_jit_stats, METH_NOARGS,
     "Counts of the compilation cache."},
    {"info", context_info, METH_NOARGS,
     "info(): paths and names of what this context uses."},
    {"cuda_device_name", cuda_device_name, METH_O,
     "cuda_device_name(ordinal): name and architecture of a GPU."},
    {"clear_memory", clear_memory, METH_NOARGS,
     "Forgets the compiled code that is kept in memory."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef context_properties[] = {
    {"num_threads", context_threads, NULL,
     "Threads that a call may use, the caller's included.", NULL},
    {"cpu_features", context_features, NULL,
     "CPU features of this machine, comma separated, by LLVM's names.", NULL},
    {"handle", context_handle, NULL,
     "Address of the rmsn_context, for libraries that call the runtime "
     "themselves; valid as long as this object.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot context_slots[] = {
    {Py_tp_new, context_new},
    {Py_tp_dealloc, context_dealloc},
    {Py_tp_methods, context_methods},
    {Py_tp_getset, context_properties},
    {Py_tp_doc,
     "Context(num_threads=0, *, cache_directory=None, blas_plugin=None, "
     "compiler_library=None, log=None)\n\nEverything the runtime does hangs "
     "off a "
     "context. num_threads=0 takes one per CPU of the process; "
     "cache_directory=\"\" means no cache on disk; log(level, message) gets "
     "the "
     "runtime's messages, level 0 (debug) to 3 (error)."},
    {0, NULL}};

PyType_Spec context_spec = {.name = "rmsnorm._native.Context",
                            .basicsize = sizeof(ContextObject),
                            .flags = Py_TPFLAGS_DEFAULT,
                            .slots = context_slots};
