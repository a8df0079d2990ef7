/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Failures of the runtime as Python exceptions. */

#include "native.h"

PyObject *raise_status(rmsn_status status) {
  PyObject *module = PyImport_ImportModule("rmsnorm.errors");
  if (!module)
    return NULL;
  PyObject *type = PyObject_GetAttrString(module, "RMSNormError");
  Py_DECREF(module);
  if (!type)
    return NULL;
  PyObject *error = PyObject_CallFunction(
      type, "ssi", rmsn_last_error(), rmsn_status_name(status), (int)status);
  if (error) {
    PyErr_SetObject(type, error);
    Py_DECREF(error);
  }
  Py_DECREF(type);
  return NULL;
}
