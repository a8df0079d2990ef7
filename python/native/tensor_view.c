/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Tensors of torch, NumPy and any DLPack library as DLTensor views. */

#include "native.h"

#include <string.h>

/* ---- Libraries with a C table ---- */

/* Types already looked up. Few kinds of tensors meet in one process; a type in
 * the cache is kept alive so that its address cannot come to mean another. */
#define CACHED_TYPES 8
static struct {
  PyTypeObject *type;
  const DLPackExchangeAPI *api;
  int may_be_negated; /* torch: has is_neg() */
} cache[CACHED_TYPES];
static size_t num_cached;

static const DLPackExchangeAPI *find_exchange(PyTypeObject *type) {
  for (size_t i = 0; i < num_cached; ++i)
    if (cache[i].type == type)
      return cache[i].api;
  const DLPackExchangeAPI *api = NULL;
  PyObject *capsule =
      PyObject_GetAttrString((PyObject *)type, "__dlpack_c_exchange_api__");
  if (capsule) {
    if (PyCapsule_IsValid(capsule, "dlpack_exchange_api")) {
      DLPackExchangeAPIHeader *header =
          PyCapsule_GetPointer(capsule, "dlpack_exchange_api");
      while (header && header->version.major != DLPACK_MAJOR_VERSION)
        header = header->prev_api;
      api = (const DLPackExchangeAPI *)header;
    }
    Py_DECREF(capsule);
  }
  PyErr_Clear();
  if (num_cached < CACHED_TYPES) {
    Py_INCREF((PyObject *)type);
    cache[num_cached].type = type;
    cache[num_cached].may_be_negated =
        PyObject_HasAttrString((PyObject *)type, "is_neg");
    cache[num_cached++].api = api;
  }
  return api;
}

int refuse_negated(PyObject *object, const char *what, size_t index) {
  PyTypeObject *type = Py_TYPE(object);
  for (size_t i = 0; i < num_cached; ++i)
    if (cache[i].type == type && !cache[i].may_be_negated)
      return 0;
  static PyObject *name;
  if (!name && !(name = PyUnicode_InternFromString("is_neg")))
    return -1;
  PyObject *answer = PyObject_CallMethodObjArgs(object, name, NULL);
  if (!answer) { /* another library's, of a type that is not in the cache */
    PyErr_Clear();
    return 0;
  }
  int negated = answer == Py_True;
  Py_DECREF(answer);
  if (negated)
    PyErr_Format(PyExc_ValueError,
                 "%s %zu: given a tensor that is negated lazily (is_neg()), "
                 "expected its resolve_neg()",
                 what, index);
  return -negated;
}

static int view_exchange(PyObject *object, const DLPackExchangeAPI *api,
                         TensorView *view) {
  view->family = FAMILY_EXCHANGE;
  view->exchange = api;
  if (api->dltensor_from_py_object_no_sync)
    return api->dltensor_from_py_object_no_sync(object, &view->tensor);
  if (api->managed_tensor_from_py_object_no_sync(object, &view->versioned))
    return -1;
  view->tensor = view->versioned->dl_tensor;
  view->read_only =
      (view->versioned->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
  return 0;
}

/* ---- NumPy ---- */

/* NumPy's stable C view of an array, `__array_struct__`. Unlike the buffer
 * protocol it also exists for the types of ml_dtypes. */
typedef struct ArrayInterface {
  int two;
  int nd;
  char typekind;
  int itemsize;
  int flags;
  Py_ssize_t *shape;
  Py_ssize_t *strides; /* bytes */
  void *data;
  PyObject *descr;
} ArrayInterface;
enum { ARRAY_NOT_SWAPPED = 0x200, ARRAY_WRITEABLE = 0x400 };

static PyObject *numpy;
static PyObject *numpy_array_type;
static PyObject *numpy_dtypes[RMSN_DTYPE_F8E5M2 + 1];

PyObject *numpy_module(void) {
  if (!numpy) {
    PyObject *module = PyImport_ImportModule("numpy");
    if (!module)
      return NULL;
    numpy_array_type = PyObject_GetAttrString(module, "ndarray");
    if (!numpy_array_type) {
      Py_DECREF(module);
      return NULL;
    }
    numpy = module;
  }
  return numpy;
}

static const struct {
  rmsn_dtype dtype;
  const char *module;
  const char *name;
} dtype_names[] = {
    {RMSN_DTYPE_F16, "numpy", "float16"},
    {RMSN_DTYPE_BF16, "ml_dtypes", "bfloat16"},
    {RMSN_DTYPE_F32, "numpy", "float32"},
    {RMSN_DTYPE_F64, "numpy", "float64"},
    {RMSN_DTYPE_BOOL, "numpy", "bool_"},
    {RMSN_DTYPE_I8, "numpy", "int8"},
    {RMSN_DTYPE_I16, "numpy", "int16"},
    {RMSN_DTYPE_I32, "numpy", "int32"},
    {RMSN_DTYPE_I64, "numpy", "int64"},
    {RMSN_DTYPE_U8, "numpy", "uint8"},
    {RMSN_DTYPE_U16, "numpy", "uint16"},
    {RMSN_DTYPE_U32, "numpy", "uint32"},
    {RMSN_DTYPE_U64, "numpy", "uint64"},
    {RMSN_DTYPE_F8E4M3FN, "ml_dtypes", "float8_e4m3fn"},
    {RMSN_DTYPE_F8E5M2, "ml_dtypes", "float8_e5m2"},
};

PyObject *numpy_dtype(rmsn_dtype dtype) {
  for (size_t i = 0; i < sizeof dtype_names / sizeof *dtype_names; ++i) {
    if (dtype_names[i].dtype != dtype)
      continue;
    if (!numpy_dtypes[dtype]) {
      PyObject *module = PyImport_ImportModule(dtype_names[i].module);
      if (!module)
        return NULL;
      PyObject *type = PyObject_GetAttrString(module, dtype_names[i].name);
      Py_DECREF(module);
      if (!type)
        return NULL;
      numpy_dtypes[dtype] =
          PyObject_CallMethod(numpy_module(), "dtype", "O", type);
      Py_DECREF(type);
    }
    return numpy_dtypes[dtype];
  }
  PyErr_Format(PyExc_TypeError, "NumPy has no dtype for %s",
               rmsn_dtype_name(dtype));
  return NULL;
}

static rmsn_dtype named_dtype(PyObject *array) {
  rmsn_dtype found = RMSN_DTYPE_INVALID;
  PyObject *dtype = PyObject_GetAttrString(array, "dtype");
  PyObject *name = dtype ? PyObject_GetAttrString(dtype, "name") : NULL;
  if (name)
    for (size_t i = 0; i < sizeof dtype_names / sizeof *dtype_names; ++i)
      if (PyUnicode_CompareWithASCIIString(name, dtype_names[i].name) == 0)
        found = dtype_names[i].dtype;
  Py_XDECREF(name);
  Py_XDECREF(dtype);
  return found;
}

static rmsn_dtype array_dtype(PyObject *array, const ArrayInterface *info) {
  DLDataType type = {kDLFloat, (uint8_t)(info->itemsize * 8), 1};
  switch (info->typekind) {
  case 'f':
    if (info->itemsize == 1) /* one of several formats */
      return named_dtype(array);
    break;
  case 'i':
    type.code = kDLInt;
    break;
  case 'u':
    type.code = kDLUInt;
    break;
  case 'b':
    type.code = kDLBool;
    break;
  default:
    return named_dtype(array);
  }
  return rmsn_dtype_from_dlpack(type);
}

static int view_numpy(PyObject *object, const char *what, size_t index,
                      TensorView *view) {
  PyObject *capsule = PyObject_GetAttrString(object, "__array_struct__");
  if (!capsule)
    return -1;
  int status = -1;
  const ArrayInterface *info = PyCapsule_GetPointer(capsule, NULL);
  if (!info)
    goto done;
  rmsn_dtype dtype = array_dtype(object, info);
  if (dtype == RMSN_DTYPE_INVALID || !(info->flags & ARRAY_NOT_SWAPPED)) {
    PyErr_Format(PyExc_TypeError,
                 "%s %zu: a NumPy array of an unsupported dtype (kind '%c', %d "
                 "bytes%s)",
                 what, index, info->typekind, info->itemsize,
                 info->flags & ARRAY_NOT_SWAPPED ? "" : ", foreign byte order");
    goto done;
  }
  if (info->nd > MAX_RANK) {
    PyErr_Format(PyExc_ValueError, "%s %zu: given %d dimensions, at most %d",
                 what, index, info->nd, MAX_RANK);
    goto done;
  }
  int64_t *shape = view->dims, *strides = view->dims + MAX_RANK;
  for (int i = 0; i < info->nd; ++i) {
    shape[i] = info->shape[i];
    strides[i] = info->strides[i] / info->itemsize;
    if (info->strides[i] % info->itemsize && info->shape[i] > 1) {
      PyErr_Format(PyExc_ValueError,
                   "%s %zu: stride %zd of axis %d is not a multiple of the "
                   "element size %d",
                   what, index, info->strides[i], i, info->itemsize);
      goto done;
    }
  }
  view->family = FAMILY_NUMPY;
  view->read_only = !(info->flags & ARRAY_WRITEABLE);
  view->tensor = (DLTensor){.data = info->data,
                            .device = {kDLCPU, 0},
                            .ndim = info->nd,
                            .dtype = rmsn_dtype_to_dlpack(dtype),
                            .shape = shape,
                            .strides = strides};
  status = 0;
done:
  Py_DECREF(capsule);
  return status;
}

/* ---- Any other library ---- */

static int view_dlpack(PyObject *object, TensorView *view) {
  PyObject *method = PyObject_GetAttrString(object, "__dlpack__");
  if (!method)
    return -1;
  PyObject *none = PyTuple_New(0);
  PyObject *newest =
      Py_BuildValue("{s(ii)}", "max_version", DLPACK_MAJOR_VERSION, 0);
  PyObject *capsule =
      none && newest ? PyObject_Call(method, none, newest) : NULL;
  if (!capsule && PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Clear(); /* a library from before DLPack 1.0 */
    capsule = PyObject_CallNoArgs(method);
  }
  Py_XDECREF(none);
  Py_XDECREF(newest);
  Py_DECREF(method);
  if (!capsule)
    return -1;
  if (PyCapsule_IsValid(capsule, "dltensor_versioned")) {
    view->versioned = PyCapsule_GetPointer(capsule, "dltensor_versioned");
    PyCapsule_SetName(capsule, "used_dltensor_versioned");
    view->tensor = view->versioned->dl_tensor;
    view->read_only =
        (view->versioned->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
  } else if (PyCapsule_IsValid(capsule, "dltensor")) {
    view->managed = PyCapsule_GetPointer(capsule, "dltensor");
    PyCapsule_SetName(capsule, "used_dltensor");
    view->tensor = view->managed->dl_tensor;
  } else {
    PyErr_SetString(PyExc_TypeError,
                    "__dlpack__ did not return a DLPack capsule");
    Py_DECREF(capsule);
    return -1;
  }
  Py_DECREF(capsule);
  view->family = FAMILY_DLPACK;
  return 0;
}

/* ---- Python numbers ---- */

static int view_number(PyObject *object, rmsn_dtype dtype, const char *what,
                       size_t index, TensorView *view) {
  if (dtype == RMSN_DTYPE_I64 || dtype == RMSN_DTYPE_I32) {
    long long value = PyLong_AsLongLong(object);
    if (value == -1 && PyErr_Occurred())
      return -1;
    if (dtype == RMSN_DTYPE_I32 && (value > INT32_MAX || value < INT32_MIN)) {
      PyErr_Format(PyExc_OverflowError, "%s %zu: %lld does not fit i32", what,
                   index, value);
      return -1;
    }
    if (dtype == RMSN_DTYPE_I64)
      view->scalar.i64 = value;
    else
      view->scalar.i32 = (int32_t)value;
  } else if (dtype == RMSN_DTYPE_F64 || dtype == RMSN_DTYPE_F32) {
    double value = PyFloat_AsDouble(object);
    if (value == -1 && PyErr_Occurred())
      return -1;
    if (dtype == RMSN_DTYPE_F64)
      view->scalar.f64 = value;
    else
      view->scalar.f32 = (float)value;
  } else if (dtype == RMSN_DTYPE_BOOL && PyBool_Check(object)) {
    view->scalar.boolean = object == Py_True;
  } else {
    PyErr_Format(PyExc_TypeError,
                 "%s %zu: given a Python number, expected a tensor of %s", what,
                 index, rmsn_dtype_name(dtype));
    return -1;
  }
  view->family = FAMILY_SCALAR;
  view->tensor = (DLTensor){.data = &view->scalar,
                            .device = {kDLCPU, 0},
                            .dtype = rmsn_dtype_to_dlpack(dtype),
                            .shape = view->dims,
                            .strides = view->dims + MAX_RANK};
  return 0;
}

/* A library's own failure to give its tensor, under the argument's name: of
 * its message the first line (torch adds a stack of C++); the whole is the
 * cause. Returns -1. */
static int name_failure(const char *what, size_t index) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  PyObject *text = value ? PyObject_Str(value) : NULL;
  PyObject *lines =
      text ? PyObject_CallMethod(text, "split", "si", "\n", 1) : NULL;
  PyObject *first = lines ? PySequence_GetItem(lines, 0) : NULL;
  PyErr_Clear();
  if (!first || !PyErr_GivenExceptionMatches(value, PyExc_Exception)) {
    PyErr_Restore(type, value, trace);
  } else {
    PyErr_Format(PyExc_TypeError, "%s %zu: cannot be taken as a tensor: %U",
                 what, index, first);
    PyObject *new_type, *new_value, *new_trace;
    PyErr_Fetch(&new_type, &new_value, &new_trace);
    PyErr_NormalizeException(&new_type, &new_value, &new_trace);
    if (new_value)
      PyException_SetCause(new_value, Py_NewRef(value));
    PyErr_Restore(new_type, new_value, new_trace);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
  }
  Py_XDECREF(text);
  Py_XDECREF(lines);
  Py_XDECREF(first);
  return -1;
}

int view_tensor(PyObject *object, rmsn_dtype dtype, const char *what,
                size_t index, TensorView *view) {
  view->managed = NULL;
  view->versioned = NULL;
  view->read_only = 0;
  view->exchange = NULL;
  const DLPackExchangeAPI *api = find_exchange(Py_TYPE(object));
  if (api)
    return view_exchange(object, api, view) ? name_failure(what, index) : 0;
  if (PyFloat_Check(object) || PyLong_Check(object))
    return view_number(object, dtype, what, index, view);
  PyObject *has_numpy = numpy_module();
  if (!has_numpy)
    PyErr_Clear(); /* not installed: then this is no NumPy array */
  if (has_numpy && PyObject_IsInstance(object, numpy_array_type) == 1)
    return view_numpy(object, what, index, view);
  PyErr_Clear();
  if (PyObject_HasAttrString(object, "__dlpack__"))
    return view_dlpack(object, view) ? name_failure(what, index) : 0;
  PyObject *type_name =
      PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
  if (type_name)
    PyErr_Format(PyExc_TypeError,
                 "%s %zu: given %U, expected a tensor (torch, NumPy, or "
                 "anything with __dlpack__)",
                 what, index, type_name);
  Py_XDECREF(type_name);
  return -1;
}

void release_view(TensorView *view) {
  if (view->managed && view->managed->deleter)
    view->managed->deleter(view->managed);
  if (view->versioned && view->versioned->deleter)
    view->versioned->deleter(view->versioned);
  view->managed = NULL;
  view->versioned = NULL;
}
