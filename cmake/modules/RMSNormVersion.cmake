# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Sets RMSNORM_VERSION from the header that alone states it.
set(rmsnorm_version_header ${CMAKE_CURRENT_LIST_DIR}/../../runtime/include/rmsnorm_runtime/version.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${rmsnorm_version_header})
set(RMSNORM_VERSION)
foreach(part MAJOR MINOR PATCH)
  file(STRINGS ${rmsnorm_version_header} line REGEX "#define RMSN_VERSION_${part} [0-9]+$")
  string(REGEX MATCH "[0-9]+$" RMSNORM_VERSION_${part} "${line}")
  if(RMSNORM_VERSION_${part} STREQUAL "")
    message(FATAL_ERROR "${rmsnorm_version_header} does not define RMSN_VERSION_${part}")
  endif()
  list(APPEND RMSNORM_VERSION ${RMSNORM_VERSION_${part}})
endforeach()
list(JOIN RMSNORM_VERSION "." RMSNORM_VERSION)
