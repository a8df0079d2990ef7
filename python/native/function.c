/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* rmsnorm.Function: a compiled function as a Python callable. */

#include "native.h"

typedef struct FunctionObject {
  PyObject_HEAD ArtifactObject *owner;
  rmsn_function *function;
  size_t num_args, num_results;
  rmsn_value_info *args; /* both in one block */
  rmsn_value_info *results;
  size_t num_result_dims;
  bool static_results; /* every result's extents are known without running */
} FunctionObject;

enum { INLINE_VALUES = 8 };

/* What one call needs; small calls live on the stack. */
typedef struct Call {
  TensorView inline_views[INLINE_VALUES];
  ResultTensor inline_results[INLINE_VALUES];
  const DLTensor *inline_pointers[2 * INLINE_VALUES];
  DLManagedTensor *inline_owned[INLINE_VALUES];
  uint8_t inline_flags[2 * INLINE_VALUES];
  TensorView *views;     /* arguments */
  ResultTensor *results; /* given or made */
  const DLTensor **arg_tensors;
  const DLTensor **result_tensors;
  DLManagedTensor **owned;
  uint8_t *arg_read_only;
  uint8_t *result_read_only;
  void *heap;
  size_t num_views, num_results;
} Call;

static int call_begin(Call *call, size_t num_args, size_t num_results) {
  call->num_views = 0;
  call->num_results = 0;
  call->heap = NULL;
  if (num_args <= INLINE_VALUES && num_results <= INLINE_VALUES) {
    call->views = call->inline_views;
    call->results = call->inline_results;
    call->arg_tensors = call->inline_pointers;
    call->result_tensors = call->inline_pointers + INLINE_VALUES;
    call->owned = call->inline_owned;
    call->arg_read_only = call->inline_flags;
    call->result_read_only = call->inline_flags + INLINE_VALUES;
    return 0;
  }
  size_t values = num_args + num_results;
  size_t bytes = num_args * sizeof(TensorView) +
                 num_results * sizeof(ResultTensor) + values * sizeof(void *) +
                 num_results * sizeof(void *) + values;
  char *next = call->heap = PyMem_Malloc(bytes);
  if (!next) {
    PyErr_NoMemory();
    return -1;
  }
  call->views = (TensorView *)next;
  next += num_args * sizeof(TensorView);
  call->results = (ResultTensor *)next;
  next += num_results * sizeof(ResultTensor);
  call->arg_tensors = (const DLTensor **)next;
  next += num_args * sizeof(void *);
  call->result_tensors = (const DLTensor **)next;
  next += num_results * sizeof(void *);
  call->owned = (DLManagedTensor **)next;
  next += num_results * sizeof(void *);
  call->arg_read_only = (uint8_t *)next;
  call->result_read_only = call->arg_read_only + num_args;
  return 0;
}

static void call_end(Call *call) {
  for (size_t i = 0; i < call->num_views; ++i)
    release_view(&call->views[i]);
  for (size_t i = 0; i < call->num_results; ++i)
    drop_result(&call->results[i]);
  PyMem_Free(call->heap);
}

/* Results written to by the caller's wish: one tensor, or a sequence of them.
 */
static int view_out(FunctionObject *self, PyObject *out, Call *call) {
  bool many = PyTuple_Check(out) || PyList_Check(out);
  Py_ssize_t given = many ? PySequence_Size(out) : 1;
  if (given < 0 || (size_t)given != self->num_results) {
    PyErr_Format(PyExc_ValueError,
                 "out: given %zd tensors, expected %zu (one per result)", given,
                 self->num_results);
    return -1;
  }
  for (size_t i = 0; i < self->num_results; ++i) {
    PyObject *object = many ? PySequence_GetItem(out, (Py_ssize_t)i) : out;
    if (!object)
      return -1;
    ResultTensor *result = &call->results[i];
    result->object = NULL;
    result->versioned = NULL;
    int status =
        view_tensor(object, RMSN_DTYPE_INVALID, "out", i, &result->view);
    if (!status && result->view.family == FAMILY_EXCHANGE)
      status = refuse_negated(object, "out", i);
    if (many)
      Py_DECREF(object); /* the sequence keeps it */
    if (status)
      return -1;
    call->num_results = i + 1;
    call->result_tensors[i] = &result->view.tensor;
    call->result_read_only[i] = result->view.read_only;
    /* Views of given tensors are given back after the call like arguments'. */
  }
  return 0;
}

static int make_results(FunctionObject *self, const TensorView *like,
                        Call *call) {
  int64_t inline_dims[64];
  int64_t *dims = inline_dims;
  int status = -1;
  if (!self->static_results) {
    if (self->num_result_dims > 64 &&
        !(dims = PyMem_Malloc(self->num_result_dims * sizeof *dims))) {
      PyErr_NoMemory();
      return -1;
    }
    rmsn_status inferred =
        rmsn_function_infer_shapes(self->function, call->arg_tensors,
                                   self->num_args, dims, self->num_result_dims);
    if (inferred) {
      raise_status(inferred);
      goto done;
    }
  }
  const int64_t *next = dims;
  for (size_t i = 0; i < self->num_results; ++i) {
    const rmsn_value_info *info = &self->results[i];
    const int64_t *shape = self->static_results ? info->shape : next;
    next += info->rank;
    call->result_read_only[i] = 0;
    call->result_tensors[i] = NULL;
    ResultTensor *result = &call->results[i];
    result->object = NULL;
    result->versioned = NULL;
    call->num_results = i + 1;
    if (info->callee_allocated || (like && like->family == FAMILY_DLPACK))
      continue; /* the runtime allocates it */
    if (make_result(like, info->dtype, info->rank, shape, result))
      goto done;
    call->result_tensors[i] = &result->view.tensor;
  }
  status = 0;
done:
  if (dims != inline_dims)
    PyMem_Free(dims);
  return status;
}

static PyObject *collect(FunctionObject *self, const TensorView *like,
                         PyObject *like_object, Call *call) {
  PyObject *tuple = self->num_results == 1
                        ? NULL
                        : PyTuple_New((Py_ssize_t)self->num_results);
  if (self->num_results != 1 && !tuple)
    return NULL;
  for (size_t i = 0; i < self->num_results; ++i) {
    DLManagedTensor *owned = call->owned[i];
    call->owned[i] = NULL;
    PyObject *object = owned ? wrap_owned(like, like_object, owned)
                             : take_result(like, &call->results[i]);
    if (!object) {
      for (size_t j = i + 1; j < self->num_results; ++j)
        if (call->owned[j])
          call->owned[j]->deleter(call->owned[j]);
      Py_XDECREF(tuple);
      return NULL;
    }
    if (!tuple)
      return object;
    PyTuple_SetItem(tuple, (Py_ssize_t)i, object);
  }
  return tuple;
}

static PyObject *function_call(PyObject *object, PyObject *args,
                               PyObject *keywords) {
  FunctionObject *self = (FunctionObject *)object;
  PyObject *out = NULL;
  if (keywords && PyDict_Size(keywords) > 0) {
    out = PyDict_GetItemString(keywords, "out");
    if (!out || PyDict_Size(keywords) > 1) {
      PyErr_Format(PyExc_TypeError, "%s: the only keyword argument is 'out'",
                   rmsn_function_name(self->function));
      return NULL;
    }
    if (out == Py_None)
      out = NULL;
  }
  size_t given = (size_t)PyTuple_Size(args);
  if (given != self->num_args) {
    PyErr_Format(PyExc_TypeError, "%s: given %zu arguments, expected %zu",
                 rmsn_function_name(self->function), given, self->num_args);
    return NULL;
  }
  Call call;
  if (call_begin(&call, self->num_args, self->num_results))
    return NULL;
  PyObject *value = NULL;
  const TensorView *like = NULL;
  PyObject *like_object = NULL;
  for (size_t i = 0; i < self->num_args; ++i) {
    PyObject *argument = PyTuple_GetItem(args, (Py_ssize_t)i);
    TensorView *view = &call.views[i];
    if (view_tensor(argument, self->args[i].dtype, "argument", i, view))
      goto done;
    call.num_views = i + 1;
    if (view->family == FAMILY_EXCHANGE &&
        refuse_negated(argument, "argument", i))
      goto done;
    call.arg_tensors[i] = &view->tensor;
    call.arg_read_only[i] = view->read_only;
    if (!like && view->family != FAMILY_SCALAR) {
      like = view;
      like_object = argument;
    }
  }
  if (out ? view_out(self, out, &call) : make_results(self, like, &call))
    goto done;
  for (size_t i = 0; i < self->num_results; ++i)
    call.owned[i] = NULL;

  rmsn_call_options options = {.struct_size = sizeof options,
                               .arg_read_only = call.arg_read_only,
                               .result_read_only = call.result_read_only};
  if (like && like->exchange && like->tensor.device.device_type != kDLCPU &&
      like->exchange->current_work_stream(like->tensor.device.device_type,
                                          like->tensor.device.device_id,
                                          &options.stream))
    goto done;
  rmsn_status status;
  Py_BEGIN_ALLOW_THREADS status =
      rmsn_call(self->function, call.arg_tensors, self->num_args,
                call.result_tensors, self->num_results, call.owned, &options);
  Py_END_ALLOW_THREADS if (status) { raise_status(status); }
  else if (out) {
    value = Py_NewRef(out);
  }
  else {
    value = collect(self, like, like_object, &call);
  }
done:
  if (out)
    for (size_t i = 0; i < call.num_results; ++i)
      release_view(&call.results[i].view);
  call_end(&call);
  return value;
}

/* ---- Description ---- */

static PyObject *describe(const rmsn_value_info *info) {
  PyObject *shape = PyTuple_New(info->rank);
  if (!shape)
    return NULL;
  for (int32_t i = 0; i < info->rank; ++i)
    PyTuple_SetItem(shape, i, PyLong_FromLongLong(info->shape[i]));
  return Py_BuildValue("(zsN)", info->name, rmsn_dtype_name(info->dtype),
                       shape);
}

static PyObject *describe_all(const rmsn_value_info *infos, size_t count) {
  PyObject *all = PyTuple_New((Py_ssize_t)count);
  for (size_t i = 0; all && i < count; ++i) {
    PyObject *one = describe(&infos[i]);
    if (!one) {
      Py_DECREF(all);
      return NULL;
    }
    PyTuple_SetItem(all, (Py_ssize_t)i, one);
  }
  return all;
}

static PyObject *function_name(PyObject *self, void *ignored) {
  (void)ignored;
  return PyUnicode_FromString(
      rmsn_function_name(((FunctionObject *)self)->function));
}

static PyObject *function_handle(PyObject *self, void *ignored) {
  (void)ignored;
  return PyLong_FromVoidPtr(((FunctionObject *)self)->function);
}

static PyObject *function_arguments(PyObject *self, void *ignored) {
  (void)ignored;
  FunctionObject *function = (FunctionObject *)self;
  return describe_all(function->args, function->num_args);
}

static PyObject *function_results(PyObject *self, void *ignored) {
  (void)ignored;
  FunctionObject *function = (FunctionObject *)self;
  return describe_all(function->results, function->num_results);
}

static void function_dealloc(PyObject *self) {
  FunctionObject *function = (FunctionObject *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyMem_Free(function->args);
  Py_XDECREF((PyObject *)function->owner);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

static PyGetSetDef function_properties[] = {
    {"name", function_name, NULL, "The function's name in the artifact.", NULL},
    {"handle", function_handle, NULL,
     "Address of the rmsn_function, for C code.", NULL},
    {"arguments", function_arguments, NULL,
     "(name, dtype, shape) of each argument; extent -1 is dynamic.", NULL},
    {"results", function_results, NULL,
     "(name, dtype, shape) of each result; extent -1 is dynamic.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot function_slots[] = {
    {Py_tp_dealloc, function_dealloc},
    {Py_tp_call, function_call},
    {Py_tp_getset, function_properties},
    {Py_tp_doc, "A compiled function: f(*tensors, out=None)."},
    {0, NULL}};

PyType_Spec function_spec = {.name = "rmsnorm._native.Function",
                             .basicsize = sizeof(FunctionObject),
                             .flags = Py_TPFLAGS_DEFAULT |
                                      Py_TPFLAGS_DISALLOW_INSTANTIATION,
                             .slots = function_slots};

PyObject *function_from_handle(ArtifactObject *owner, rmsn_function *handle) {
  allocfunc alloc = (allocfunc)PyType_GetSlot(function_type, Py_tp_alloc);
  FunctionObject *self = (FunctionObject *)alloc(function_type, 0);
  if (!self)
    return NULL;
  Py_INCREF((PyObject *)owner);
  self->owner = owner;
  self->function = handle;
  self->num_args = rmsn_function_num_args(handle);
  self->num_results = rmsn_function_num_results(handle);
  size_t count = self->num_args + self->num_results;
  self->args = PyMem_Calloc(count ? count : 1, sizeof *self->args);
  if (!self->args) {
    Py_DECREF((PyObject *)self);
    return PyErr_NoMemory();
  }
  self->results = self->args + self->num_args;
  self->static_results = true;
  for (size_t i = 0; i < count; ++i) {
    rmsn_value_info *info = &self->args[i];
    info->struct_size = sizeof *info;
    rmsn_status status =
        i < self->num_args
            ? rmsn_function_arg(handle, i, info)
            : rmsn_function_result(handle, i - self->num_args, info);
    if (status) {
      Py_DECREF((PyObject *)self);
      return raise_status(status);
    }
    if (i < self->num_args)
      continue;
    self->num_result_dims += (size_t)info->rank;
    for (int32_t axis = 0; axis < info->rank; ++axis)
      if (info->shape[axis] < 0)
        self->static_results = false;
  }
  return (PyObject *)self;
}
