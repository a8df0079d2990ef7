/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Results in the library that the inputs came from. */

#include "native.h"
#include <sys/mman.h>

#include <string.h>

static void set_error(void *context, const char *kind, const char *message) {
  (void)context;
  (void)kind;
  PyErr_SetString(PyExc_RuntimeError, message);
}

static int make_numpy(rmsn_dtype dtype, int32_t rank, const int64_t *shape,
                      ResultTensor *result) {
  PyObject *module = numpy_module();
  PyObject *type = module ? numpy_dtype(dtype) : NULL;
  PyObject *extents = type ? PyTuple_New(rank) : NULL;
  if (!extents)
    return -1;
  for (int32_t i = 0; i < rank; ++i)
    PyTuple_SetItem(extents, i, PyLong_FromLongLong(shape[i]));
  result->object = PyObject_CallMethod(module, "empty", "OO", extents, type);
  Py_DECREF(extents);
  if (!result->object)
    return -1;
  return view_tensor(result->object, dtype, "result", 0, &result->view);
}

/* A fresh result of many megabytes is otherwise touched for the first time page
 * by page, 4 KiB each, which takes longer than computing it. Only advice: what
 * the system does not support it ignores. */
static void advise_huge_pages(const DLTensor *tensor) {
  const uintptr_t huge = (uintptr_t)2 << 20;
  uint64_t bytes = tensor->dtype.bits / 8;
  for (int32_t i = 0; i < tensor->ndim; ++i)
    bytes *= (uint64_t)tensor->shape[i];
  if (tensor->device.device_type != kDLCPU || bytes < 4 * huge)
    return;
  uintptr_t begin = (uintptr_t)tensor->data + tensor->byte_offset;
  uintptr_t end = (begin + bytes) & ~(huge - 1);
  begin = (begin + huge - 1) & ~(huge - 1);
  if (begin < end)
    madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

int make_result(const TensorView *like, rmsn_dtype dtype, int32_t rank,
                const int64_t *shape, ResultTensor *result) {
  result->object = NULL;
  result->versioned = NULL;
  if (!like || like->family != FAMILY_EXCHANGE)
    return make_numpy(dtype, rank, shape, result);
  DLTensor prototype = {.device = like->tensor.device,
                        .ndim = rank,
                        .dtype = rmsn_dtype_to_dlpack(dtype),
                        .shape = (int64_t *)shape};
  if (like->exchange->managed_tensor_allocator(&prototype, &result->versioned,
                                               NULL, set_error)) {
    if (!PyErr_Occurred())
      PyErr_SetString(PyExc_MemoryError, "allocating a result failed");
    return -1;
  }
  result->view.tensor = result->versioned->dl_tensor;
  advise_huge_pages(&result->view.tensor);
  return 0;
}

PyObject *take_result(const TensorView *like, ResultTensor *result) {
  PyObject *object = result->object;
  result->object = NULL;
  if (result->versioned) {
    void *out = NULL;
    if (like->exchange->managed_tensor_to_py_object_no_sync(result->versioned,
                                                            &out))
      return NULL;
    result->versioned = NULL; /* belongs to the object now */
    object = out;
  }
  return object;
}

void drop_result(ResultTensor *result) {
  Py_CLEAR(result->object);
  if (result->versioned)
    result->versioned->deleter(result->versioned);
  result->versioned = NULL;
}

/* ---- Tensors that the runtime allocated ---- */

/* Hands its tensor over once, through the DLPack protocol. */
typedef struct OwnedTensor {
  PyObject_HEAD DLManagedTensor *tensor;
} OwnedTensor;

static void free_capsule(PyObject *capsule) {
  if (!PyCapsule_IsValid(capsule, "dltensor"))
    return; /* consumed */
  DLManagedTensor *tensor = PyCapsule_GetPointer(capsule, "dltensor");
  tensor->deleter(tensor);
}

static PyObject *owned_dlpack(PyObject *self, PyObject *args,
                              PyObject *keywords) {
  (void)args;
  (void)keywords; /* stream, max_version, dl_device, copy: all fit the CPU */
  OwnedTensor *owned = (OwnedTensor *)self;
  if (!owned->tensor) {
    PyErr_SetString(PyExc_RuntimeError, "this tensor was handed over already");
    return NULL;
  }
  PyObject *capsule = PyCapsule_New(owned->tensor, "dltensor", free_capsule);
  if (capsule)
    owned->tensor = NULL;
  return capsule;
}

static PyObject *owned_device(PyObject *self, PyObject *ignored) {
  (void)ignored;
  OwnedTensor *owned = (OwnedTensor *)self;
  if (!owned->tensor) {
    PyErr_SetString(PyExc_RuntimeError, "this tensor was handed over already");
    return NULL;
  }
  DLDevice device = owned->tensor->dl_tensor.device;
  return Py_BuildValue("(ii)", (int)device.device_type, (int)device.device_id);
}

static void owned_dealloc(PyObject *self) {
  OwnedTensor *owned = (OwnedTensor *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (owned->tensor && owned->tensor->deleter)
    owned->tensor->deleter(owned->tensor);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

static PyMethodDef owned_methods[] = {
    {"__dlpack__", (PyCFunction)(void (*)(void))owned_dlpack,
     METH_VARARGS | METH_KEYWORDS, "The tensor as a DLPack capsule; once."},
    {"__dlpack_device__", owned_device, METH_NOARGS,
     "(device type, device number)."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot owned_slots[] = {
    {Py_tp_dealloc, owned_dealloc},
    {Py_tp_methods, owned_methods},
    {Py_tp_doc, "A result of the runtime, to be taken with from_dlpack."},
    {0, NULL}};

PyType_Spec owned_tensor_spec = {.name = "rmsnorm._native.OwnedTensor",
                                 .basicsize = sizeof(OwnedTensor),
                                 .flags = Py_TPFLAGS_DEFAULT |
                                          Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 .slots = owned_slots};

/* NumPy's from_dlpack knows no bf16: copied. */
static PyObject *owned_to_numpy(DLManagedTensor *owned) {
  DLTensor *tensor = &owned->dl_tensor;
  rmsn_dtype dtype = rmsn_dtype_from_dlpack(tensor->dtype);
  ResultTensor result;
  PyObject *object = NULL;
  if (make_result(NULL, dtype, tensor->ndim, tensor->shape, &result) == 0) {
    size_t bytes = rmsn_dtype_size(dtype);
    for (int32_t i = 0; i < tensor->ndim; ++i)
      bytes *= (size_t)tensor->shape[i];
    if (bytes) /* what the runtime allocates has no gaps */
      memcpy(result.view.tensor.data,
             (const char *)tensor->data + tensor->byte_offset, bytes);
    object = take_result(NULL, &result);
  } else {
    drop_result(&result);
  }
  owned->deleter(owned);
  return object;
}

PyObject *wrap_owned(const TensorView *like, PyObject *like_object,
                     DLManagedTensor *owned) {
  if (like && like->family == FAMILY_EXCHANGE) {
    DLManagedTensorVersioned *versioned = NULL;
    rmsn_status status = rmsn_tensor_to_versioned(owned, &versioned);
    if (status) {
      owned->deleter(owned);
      return raise_status(status);
    }
    void *out = NULL;
    if (like->exchange->managed_tensor_to_py_object_no_sync(versioned, &out)) {
      versioned->deleter(versioned);
      return NULL;
    }
    return out;
  }
  if (!like || like->family != FAMILY_DLPACK)
    return owned_to_numpy(owned);
  /* Another library: what its array API namespace makes of it, where it has
   * one, else something with __dlpack__. */
  allocfunc alloc = (allocfunc)PyType_GetSlot(owned_tensor_type, Py_tp_alloc);
  OwnedTensor *wrapper = (OwnedTensor *)alloc(owned_tensor_type, 0);
  if (!wrapper) {
    owned->deleter(owned);
    return NULL;
  }
  wrapper->tensor = owned;
  if (!PyObject_HasAttrString(like_object, "__array_namespace__"))
    return (PyObject *)wrapper;
  PyObject *library =
      PyObject_CallMethod(like_object, "__array_namespace__", NULL);
  PyObject *object =
      library ? PyObject_CallMethod(library, "from_dlpack", "O", wrapper)
              : NULL;
  Py_XDECREF(library);
  Py_DECREF(wrapper);
  return object;
}
