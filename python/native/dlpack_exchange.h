/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* DLPack's table of C functions that a framework hangs on its tensor type as
 * `__dlpack_c_exchange_api__` (DLPack 1.3, added after the version of
 * dlpack.h that the runtime carries). Tensors cross without a Python call. */

#ifndef RMSNORM_PYTHON_DLPACK_EXCHANGE_H
#define RMSNORM_PYTHON_DLPACK_EXCHANGE_H

#include "rmsnorm_runtime/third_party/dlpack.h"

typedef struct DLPackExchangeAPIHeader {
  DLPackVersion version;
  struct DLPackExchangeAPIHeader *prev_api;
} DLPackExchangeAPIHeader;

typedef void (*DLPackSetError)(void *context, const char *kind,
                               const char *message);

typedef struct DLPackExchangeAPI {
  DLPackExchangeAPIHeader header;
  int (*managed_tensor_allocator)(DLTensor *prototype,
                                  DLManagedTensorVersioned **out,
                                  void *error_context, DLPackSetError error);
  int (*managed_tensor_from_py_object_no_sync)(void *object,
                                               DLManagedTensorVersioned **out);
  int (*managed_tensor_to_py_object_no_sync)(DLManagedTensorVersioned *tensor,
                                             void **out);
  /* May be null. */
  int (*dltensor_from_py_object_no_sync)(void *object, DLTensor *out);
  int (*current_work_stream)(DLDeviceType type, int32_t id, void **out);
} DLPackExchangeAPI;

#endif /* RMSNORM_PYTHON_DLPACK_EXCHANGE_H */
