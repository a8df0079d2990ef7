/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* What the files of the extension module share. All of it runs with the GIL
 * held, unless a comment says otherwise. */

#ifndef RMSNORM_PYTHON_NATIVE_H
#define RMSNORM_PYTHON_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "dlpack_exchange.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <stdbool.h>

#define MAX_RANK 32

/* ---- errors.c ---- */

/* Sets rmsnorm.RMSNormError from the runtime's last failure; returns NULL. */
PyObject *raise_status(rmsn_status status);

/* ---- tensor_view.c ---- */

typedef enum Family {
  FAMILY_EXCHANGE, /* torch and others with a DLPack C table */
  FAMILY_NUMPY,
  FAMILY_DLPACK, /* anything else with __dlpack__ */
  FAMILY_SCALAR  /* a Python number */
} Family;

/* A tensor of any library as a DLTensor, without a copy. */
typedef struct TensorView {
  DLTensor tensor;
  Family family;
  uint8_t read_only;
  const DLPackExchangeAPI *exchange; /* FAMILY_EXCHANGE */
  DLManagedTensor *managed;          /* to be given back, or null */
  DLManagedTensorVersioned *versioned;
  int64_t dims[2 * MAX_RANK]; /* room for shape and strides */
  union {
    float f32;
    double f64;
    int32_t i32;
    int64_t i64;
    uint8_t boolean;
  } scalar;
} TensorView;

/* Fills in `view`. `what` and `index` ("argument", 2) name it in errors;
 * `dtype` is what a Python number is turned into. 0, or -1 with an exception.
 */
int view_tensor(PyObject *object, rmsn_dtype dtype, const char *what,
                size_t index, TensorView *view);
/* -1 with an exception if `object`, seen through an exchange API, is one of
 * torch's tensors whose values are the negative of what is in memory. */
int refuse_negated(PyObject *object, const char *what, size_t index);
void release_view(TensorView *view);

/* Borrowed references, null with an exception set. */
PyObject *numpy_module(void);
PyObject *numpy_dtype(rmsn_dtype dtype);

/* ---- tensor_result.c ---- */

/* A result that was made before the call, in the library of `like`. */
typedef struct ResultTensor {
  TensorView view;
  PyObject *object;                    /* NumPy */
  DLManagedTensorVersioned *versioned; /* FAMILY_EXCHANGE */
} ResultTensor;

/* Makes an uninitialised tensor like `like` but for dtype and shape. `like`
 * may be null: NumPy. 0, or -1 with an exception. */
int make_result(const TensorView *like, rmsn_dtype dtype, int32_t rank,
                const int64_t *shape, ResultTensor *result);
/* The Python object (new reference); empties `result`. */
PyObject *take_result(const TensorView *like, ResultTensor *result);
void drop_result(ResultTensor *result);

/* Turns a tensor that the runtime allocated into an object of the library of
 * `like_object` (viewed as `like`); consumes `owned`. */
PyObject *wrap_owned(const TensorView *like, PyObject *like_object,
                     DLManagedTensor *owned);

extern PyType_Spec owned_tensor_spec;

/* ---- context.c, artifact.c, function.c ---- */

typedef struct ContextObject {
  PyObject_HEAD rmsn_context *context;
  PyObject *log; /* callable (level, message), or null */
} ContextObject;

typedef struct ArtifactObject {
  PyObject_HEAD ContextObject *owner;
  rmsn_artifact *artifact;
} ArtifactObject;

extern PyType_Spec context_spec;
extern PyType_Spec artifact_spec;
extern PyType_Spec function_spec;
extern PyTypeObject *context_type;
extern PyTypeObject *artifact_type;
extern PyTypeObject *function_type;
extern PyTypeObject *owned_tensor_type;

/* Takes over `artifact`, also on failure. */
PyObject *artifact_from_handle(ContextObject *owner, rmsn_artifact *artifact);
PyObject *function_from_handle(ArtifactObject *owner, rmsn_function *function);

/* ---- jit.c ---- */

PyObject *context_compile_text(PyObject *self, PyObject *args,
                               PyObject *keywords);
PyObject *context_compile_norm(PyObject *self, PyObject *args,
                               PyObject *keywords);
PyObject *context_norm_text(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *context_jit_stats(PyObject *self, PyObject *ignored);

#endif /* RMSNORM_PYTHON_NATIVE_H */
