/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* The extension module rmsnorm._native. */

#include "native.h"

PyTypeObject *context_type;
PyTypeObject *artifact_type;
PyTypeObject *function_type;
PyTypeObject *owned_tensor_type;

/* signature(tensor): (dtype number, shape) without a copy. */
static PyObject *signature(PyObject *module, PyObject *object) {
  (void)module;
  TensorView view;
  if (view_tensor(object, RMSN_DTYPE_INVALID, "tensor", 0, &view))
    return NULL;
  PyObject *shape = PyTuple_New(view.tensor.ndim);
  for (int32_t i = 0; shape && i < view.tensor.ndim; ++i)
    PyTuple_SetItem(shape, i, PyLong_FromLongLong(view.tensor.shape[i]));
  int dtype = (int)rmsn_dtype_from_dlpack(view.tensor.dtype);
  release_view(&view);
  return shape ? Py_BuildValue("(iN)", dtype, shape) : NULL;
}

/* layout_key(*tensors): bytes that are equal where dtypes and shapes are;
 * None stands for a tensor that is not there. */
static PyObject *layout_key(PyObject *module, PyObject *const *objects,
                            Py_ssize_t count) {
  (void)module;
  enum { MAX_WORDS = 128 };
  int64_t words[MAX_WORDS];
  size_t used = 0;
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (objects[i] == Py_None) {
      if (used < MAX_WORDS)
        words[used++] = -1;
      continue;
    }
    TensorView view;
    if (view_tensor(objects[i], RMSN_DTYPE_INVALID, "tensor", (size_t)i, &view))
      return NULL;
    size_t rank = (size_t)view.tensor.ndim;
    bool fits = used + rank + 1 <= MAX_WORDS;
    if (fits) {
      rmsn_dtype dtype = rmsn_dtype_from_dlpack(view.tensor.dtype);
      words[used++] = (int64_t)rank << 8 | (int64_t)dtype;
      for (size_t axis = 0; axis < rank; ++axis)
        words[used++] = view.tensor.shape[axis];
    }
    release_view(&view);
    if (!fits)
      return PyErr_Format(PyExc_ValueError,
                          "tensor %zd: too many dimensions in all", i);
  }
  return PyBytes_FromStringAndSize((const char *)words,
                                   (Py_ssize_t)(used * sizeof *words));
}

static PyObject *version(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  uint32_t number = rmsn_version();
  return Py_BuildValue("(III)", number / 10000, number / 100 % 100,
                       number % 100);
}

static PyObject *dtype_name(PyObject *module, PyObject *number) {
  (void)module;
  long value = PyLong_AsLong(number);
  if (value == -1 && PyErr_Occurred())
    return NULL;
  return PyUnicode_FromString(rmsn_dtype_name((rmsn_dtype)value));
}

static PyMethodDef functions[] = {
    {"signature", signature, METH_O,
     "signature(tensor): (dtype number, shape)."},
    {"layout_key", (PyCFunction)(void (*)(void))layout_key, METH_FASTCALL,
     "layout_key(*tensors): bytes, equal where dtypes and shapes are."},
    {"dtype_name", dtype_name, METH_O,
     "dtype_name(number): \"bf16\" and so on."},
    {"runtime_version", version, METH_NOARGS,
     "Version of the runtime library as (major, minor, patch)."},
    {NULL, NULL, 0, NULL}};

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type) {
  PyObject *object = PyType_FromSpec(spec);
  if (!object)
    return -1;
  *type = (PyTypeObject *)object; /* kept for as long as the process */
  return PyModule_AddType(module, *type);
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "rmsnorm._native",
    .m_doc = "Binding of the runtime library.", .m_size = -1,
    .m_methods = functions};

PyMODINIT_FUNC PyInit__native(void) {
  PyObject *module = PyModule_Create(&definition);
  if (!module)
    return NULL;
  if (add_type(module, &context_spec, &context_type) ||
      add_type(module, &artifact_spec, &artifact_type) ||
      add_type(module, &function_spec, &function_type) ||
      add_type(module, &owned_tensor_spec, &owned_tensor_type)) {
    Py_DECREF(module);
    return NULL;
  }
  return module;
}
