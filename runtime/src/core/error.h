// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Failures: a status and a message for this thread.

#ifndef RMSNORM_RUNTIME_CORE_ERROR_H
#define RMSNORM_RUNTIME_CORE_ERROR_H

#include "rmsnorm_runtime/status.h"

#include <cstddef>

namespace rmsn {

/// Records the message for rmsn_last_error and returns the status.
rmsn_status fail(rmsn_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// The same for a message that is not 0-terminated.
rmsn_status failWith(rmsn_status status, const char *message, size_t length);

const char *lastError();

/// The text of an errno value.
class ErrnoText {
public:
  explicit ErrnoText(int number);
  const char *c_str() const { return text; }

private:
  char buffer[128];
  const char *text;
};

} // namespace rmsn

#define RMSN_TRY(expression)                                                   \
  do {                                                                         \
    if (rmsn_status status_ = (expression))                                    \
      return status_;                                                          \
  } while (0)

#endif // RMSNORM_RUNTIME_CORE_ERROR_H
