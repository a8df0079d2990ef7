# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# cmake -DPROGRAM=... -P check_no_llvm.cmake: fails if the program needs LLVM.
execute_process(COMMAND ldd ${PROGRAM} OUTPUT_VARIABLE needed
                RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "ldd ${PROGRAM} failed")
endif()
message("${needed}")
if(NOT needed MATCHES "librmsnorm_runtime")
  message(FATAL_ERROR "${PROGRAM} does not use the runtime library")
endif()
if(needed MATCHES "LLVM|MLIR|clang|lld")
  message(FATAL_ERROR "${PROGRAM} needs LLVM")
endif()
