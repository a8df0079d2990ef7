// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "core/error.h"

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

// A plain array: nothing to construct or destroy when threads come and go.
static thread_local char message[2048];

rmsn_status rmsn::fail(rmsn_status status, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof(message), format, list);
  va_end(list);
  return status;
}

rmsn_status rmsn::failWith(rmsn_status status, const char *text,
                           size_t length) {
  if (length >= sizeof(message))
    length = sizeof(message) - 1;
  if (length)
    std::memcpy(message, text, length);
  message[length] = 0;
  return status;
}

const char *rmsn::lastError() { return message; }

rmsn::ErrnoText::ErrnoText(int number) {
  buffer[0] = 0;
  // The two kinds of strerror_r return different things.
  auto pick = [this](auto result) -> const char * {
    if constexpr (sizeof(result) == sizeof(char *))
      return result;
    return buffer;
  };
  text = pick(strerror_r(number, buffer, sizeof(buffer)));
}

extern "C" {

const char *rmsn_last_error(void) { return message; }

uint32_t rmsn_version(void) {
  return RMSN_VERSION_MAJOR * 10000 + RMSN_VERSION_MINOR * 100 +
         RMSN_VERSION_PATCH;
}

const char *rmsn_status_name(rmsn_status status) {
  switch (status) {
#define RMSN_NAME(name)                                                        \
  case RMSN_STATUS_##name:                                                     \
    return #name;
    RMSN_NAME(OK)
    RMSN_NAME(INVALID_ARGUMENT)
    RMSN_NAME(OUT_OF_MEMORY)
    RMSN_NAME(IO_ERROR)
    RMSN_NAME(NOT_FOUND)
    RMSN_NAME(FOREIGN_ARTIFACT)
    RMSN_NAME(TRUNCATED_ARTIFACT)
    RMSN_NAME(CORRUPT_ARTIFACT)
    RMSN_NAME(NEWER_ARTIFACT)
    RMSN_NAME(NO_VARIANT)
    RMSN_NAME(NULL_POINTER)
    RMSN_NAME(WRONG_COUNT)
    RMSN_NAME(WRONG_DTYPE)
    RMSN_NAME(WRONG_RANK)
    RMSN_NAME(WRONG_EXTENT)
    RMSN_NAME(WRONG_STRIDE)
    RMSN_NAME(READ_ONLY)
    RMSN_NAME(MISALIGNED)
    RMSN_NAME(WRONG_DEVICE)
    RMSN_NAME(ALIAS)
    RMSN_NAME(ASSERTION)
    RMSN_NAME(UNSUPPORTED)
    RMSN_NAME(NO_DEVICE)
    RMSN_NAME(DEVICE_ERROR)
    RMSN_NAME(NO_COMPILER)
    RMSN_NAME(COMPILE_ERROR)
    RMSN_NAME(INTERNAL)
#undef RMSN_NAME
  }
  return "UNKNOWN_STATUS";
}
}
