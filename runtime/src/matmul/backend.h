// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Matrix multiplication for compiled code: through the plugin, or built in.

#ifndef RMSNORM_RUNTIME_MATMUL_BACKEND_H
#define RMSNORM_RUNTIME_MATMUL_BACKEND_H

#include "core/context.h"
#include "matmul/kernels.h"
#include "rmsnorm_runtime/blas_plugin.h"
#include "rmsnorm_runtime/blob_abi.h"

namespace rmsn {

class MatmulBackend {
public:
  explicit MatmulBackend(rmsn_context &context);
  ~MatmulBackend();

  rmsn_status run(const rmsn_matmul_args &args);

  rmsn_context &context;
  const MatmulKernels &kernels;
  /// Null: none was found; the built-in code does it all.
  const rmsn_blas_api *blas = nullptr;
  /// Its name and path, or why there is none.
  std::string description;

private:
  void loadPlugin();

  void *library = nullptr;
};

/// The folder that this library was loaded from, with a final '/'; "" if that
/// cannot be told.
/// Path of the runtime library, and its folder with a slash at the end.
std::string runtimeLibraryFile();
std::string runtimeLibraryFolder();

} // namespace rmsn

#endif // RMSNORM_RUNTIME_MATMUL_BACKEND_H
