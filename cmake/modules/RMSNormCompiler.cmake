# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Included before project(): clang 22 where it is installed, unless the user
# names a compiler (-D, CC and CXX, a toolchain file). A system with clang 22 alone
# has no `cc` that CMake would find by itself. Under pip (SKBUILD) CC and CXX do not
# count: they are the names of those that Python was built with.

if(NOT CMAKE_TOOLCHAIN_FILE)
  foreach(language C CXX)
    if(language STREQUAL C)
      set(variable CC)
      set(name clang-22)
    else()
      set(variable CXX)
      set(name clang++-22)
    endif()
    if(NOT CMAKE_${language}_COMPILER AND (SKBUILD OR NOT DEFINED ENV{${variable}}))
      find_program(RMSNORM_CLANG_${language} ${name})
      mark_as_advanced(RMSNORM_CLANG_${language})
      if(RMSNORM_CLANG_${language})
        set(CMAKE_${language}_COMPILER ${RMSNORM_CLANG_${language}})
      endif()
    endif()
  endforeach()
endif()
