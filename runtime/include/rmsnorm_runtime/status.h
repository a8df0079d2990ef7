/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Status codes of the runtime's C API, shared with compiled code (which
 * reports through rmsn_host::fail). Numbers never change their meaning. */

#ifndef RMSNORM_RUNTIME_STATUS_H
#define RMSNORM_RUNTIME_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rmsn_status {
  RMSN_STATUS_OK = 0,
  /* The API itself was used wrongly: a bad option, an unknown struct size. */
  RMSN_STATUS_INVALID_ARGUMENT = 1,
  RMSN_STATUS_OUT_OF_MEMORY = 2,
  /* The operating system refused to open, read, map or write something. */
  RMSN_STATUS_IO_ERROR = 3,
  /* No function or kernel of that name in the artifact. */
  RMSN_STATUS_NOT_FOUND = 4,

  /* Opening an artifact. */
  RMSN_STATUS_FOREIGN_ARTIFACT = 5,   /* not an artifact at all */
  RMSN_STATUS_TRUNCATED_ARTIFACT = 6, /* shorter than it says */
  RMSN_STATUS_CORRUPT_ARTIFACT = 7,   /* checksum or contents are wrong */
  RMSN_STATUS_NEWER_ARTIFACT = 8,     /* needs a newer runtime */
  RMSN_STATUS_NO_VARIANT = 9,         /* no code for this machine in it */

  /* Checking the arguments of a call. */
  RMSN_STATUS_NULL_POINTER = 10,
  RMSN_STATUS_WRONG_COUNT = 11, /* number of arguments or results */
  RMSN_STATUS_WRONG_DTYPE = 12,
  RMSN_STATUS_WRONG_RANK = 13,
  RMSN_STATUS_WRONG_EXTENT = 14,
  RMSN_STATUS_WRONG_STRIDE = 15,
  RMSN_STATUS_READ_ONLY = 16,
  RMSN_STATUS_MISALIGNED = 17,
  RMSN_STATUS_WRONG_DEVICE = 18,
  RMSN_STATUS_ALIAS = 19, /* memory of two tensors overlaps unlawfully */

  /* Running. */
  RMSN_STATUS_ASSERTION = 20,   /* compiled code found a broken promise */
  RMSN_STATUS_UNSUPPORTED = 21, /* the artifact has no code for this use */
  RMSN_STATUS_NO_DEVICE = 22,   /* no such device, or no driver */
  RMSN_STATUS_DEVICE_ERROR = 23,

  /* Compiling just in time. */
  RMSN_STATUS_NO_COMPILER = 24,
  RMSN_STATUS_COMPILE_ERROR = 25,

  RMSN_STATUS_INTERNAL = 26
} rmsn_status;

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_RUNTIME_STATUS_H */
