/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* The version of RMSNorm: of this C interface, of the libraries and tools, of
 * the Python package and, major and minor, of the artifact format. It stands
 * here and nowhere else; CMake and the Python package read this file.
 * docs/versioning.md says which change raises which number. */

#ifndef RMSNORM_RUNTIME_VERSION_H
#define RMSNORM_RUNTIME_VERSION_H

#define RMSN_VERSION_MAJOR 1
#define RMSN_VERSION_MINOR 0
#define RMSN_VERSION_PATCH 0

#define RMSN_VERSION_QUOTE_(x) #x
#define RMSN_VERSION_JOIN_(a, b, c)                                            \
  RMSN_VERSION_QUOTE_(a) "." RMSN_VERSION_QUOTE_(b) "." RMSN_VERSION_QUOTE_(c)
/* The same as text, "1.2.3". */
#define RMSN_VERSION_STRING                                                    \
  RMSN_VERSION_JOIN_(RMSN_VERSION_MAJOR, RMSN_VERSION_MINOR, RMSN_VERSION_PATCH)

#endif
