/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* rmsnorm.Artifact: an opened `.rmsn` file and its functions. */

#include "native.h"

PyObject *artifact_from_handle(ContextObject *owner, rmsn_artifact *handle) {
  allocfunc alloc = (allocfunc)PyType_GetSlot(artifact_type, Py_tp_alloc);
  ArtifactObject *self = (ArtifactObject *)alloc(artifact_type, 0);
  if (!self) {
    rmsn_artifact_close(handle);
    return NULL;
  }
  Py_INCREF((PyObject *)owner);
  self->owner = owner;
  self->artifact = handle;
  return (PyObject *)self;
}

static PyObject *get_function(PyObject *object, PyObject *name) {
  ArtifactObject *self = (ArtifactObject *)object;
  const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
  if (!text)
    return NULL;
  rmsn_function *function = NULL;
  rmsn_status status = rmsn_function_lookup(self->artifact, text, &function);
  if (status)
    return raise_status(status);
  return function_from_handle(self, function);
}

static int read_info(ArtifactObject *self, rmsn_artifact_info_t *info) {
  info->struct_size = sizeof *info;
  rmsn_status status = rmsn_artifact_info(self->artifact, info);
  if (status)
    raise_status(status);
  return status ? -1 : 0;
}

static PyObject *function_names(PyObject *object, void *ignored) {
  (void)ignored;
  ArtifactObject *self = (ArtifactObject *)object;
  rmsn_artifact_info_t info = {0};
  if (read_info(self, &info))
    return NULL;
  PyObject *names = PyTuple_New((Py_ssize_t)info.num_functions);
  for (size_t i = 0; names && i < info.num_functions; ++i) {
    rmsn_function *function = NULL;
    rmsn_status status = rmsn_artifact_function(self->artifact, i, &function);
    if (status) {
      Py_DECREF(names);
      return raise_status(status);
    }
    PyTuple_SetItem(names, (Py_ssize_t)i,
                    PyUnicode_FromString(rmsn_function_name(function)));
  }
  return names;
}

static PyObject *variants(PyObject *object, void *ignored) {
  (void)ignored;
  ArtifactObject *self = (ArtifactObject *)object;
  rmsn_artifact_info_t info = {0};
  if (read_info(self, &info))
    return NULL;
  PyObject *all = PyTuple_New((Py_ssize_t)info.num_variants);
  for (size_t i = 0; all && i < info.num_variants; ++i) {
    rmsn_variant_info variant = {.struct_size = sizeof variant};
    rmsn_status status = rmsn_artifact_variant(self->artifact, i, &variant);
    if (status) {
      Py_DECREF(all);
      return raise_status(status);
    }
    const char *kind = variant.kind == RMSN_VARIANT_ELF   ? "elf"
                       : variant.kind == RMSN_VARIANT_PTX ? "ptx"
                                                          : "cubin";
    PyObject *one = Py_BuildValue(
        "(zsOy#)", variant.target, kind, variant.usable ? Py_True : Py_False,
        (const char *)variant.data, (Py_ssize_t)variant.size);
    if (!one) {
      Py_DECREF(all);
      return NULL;
    }
    PyTuple_SetItem(all, (Py_ssize_t)i, one);
  }
  return all;
}

static PyObject *kernels(PyObject *object, void *ignored) {
  (void)ignored;
  ArtifactObject *self = (ArtifactObject *)object;
  rmsn_artifact_info_t info = {0};
  if (read_info(self, &info))
    return NULL;
  PyObject *all = PyTuple_New((Py_ssize_t)info.num_kernel_infos);
  for (size_t i = 0; all && i < info.num_kernel_infos; ++i) {
    rmsn_kernel_info kernel = {.struct_size = sizeof kernel};
    rmsn_status status = rmsn_artifact_kernel_info(self->artifact, i, &kernel);
    if (status) {
      Py_DECREF(all);
      return raise_status(status);
    }
    PyObject *one =
        Py_BuildValue("(zzzI)", kernel.function, kernel.name,
                      kernel.description, (unsigned int)kernel.norms);
    if (!one) {
      Py_DECREF(all);
      return NULL;
    }
    PyTuple_SetItem(all, (Py_ssize_t)i, one);
  }
  return all;
}

static void artifact_dealloc(PyObject *object) {
  ArtifactObject *self = (ArtifactObject *)object;
  PyTypeObject *type = Py_TYPE(object);
  rmsn_artifact_close(self->artifact);
  Py_XDECREF((PyObject *)self->owner);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(object);
  Py_DECREF(type);
}

static PyGetSetDef artifact_properties[] = {
    {"function_names", function_names, NULL, "Names of the functions.", NULL},
    {"variants", variants, NULL,
     "(target, kind, usable here, code) of each variant.", NULL},
    {"kernels", kernels, NULL,
     "(function, kernel, what was fused, number of norms) of each kernel.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot artifact_slots[] = {
    {Py_tp_dealloc, artifact_dealloc},
    {Py_mp_subscript, get_function},
    {Py_tp_getset, artifact_properties},
    {Py_tp_doc, "An opened artifact: artifact[\"main\"](x, weight)."},
    {0, NULL}};

PyType_Spec artifact_spec = {.name = "rmsnorm._native.Artifact",
                             .basicsize = sizeof(ArtifactObject),
                             .flags = Py_TPFLAGS_DEFAULT |
                                      Py_TPFLAGS_DISALLOW_INSTANTIATION,
                             .slots = artifact_slots};
