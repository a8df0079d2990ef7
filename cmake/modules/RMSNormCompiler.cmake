# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Included before project(): clang 22 where it is installed, unless the user
# names a compiler (-D, CC and CXX, a toolchain file). A system with clang 22 alone has
# no `cc` that CMake would find by itself.

if(NOT CMAKE_TOOLCHAIN_FILE)
  if(NOT CMAKE_C_COMPILER AND NOT DEFINED ENV{CC})
    find_program(RMSNORM_CLANG_C clang-22)
    if(RMSNORM_CLANG_C)
      set(CMAKE_C_COMPILER ${RMSNORM_CLANG_C})
    endif()
  endif()
  if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
    find_program(RMSNORM_CLANG_CXX clang++-22)
    if(RMSNORM_CLANG_CXX)
      set(CMAKE_CXX_COMPILER ${RMSNORM_CLANG_CXX})
    endif()
  endif()
  mark_as_advanced(RMSNORM_CLANG_C RMSNORM_CLANG_CXX)
endif()
