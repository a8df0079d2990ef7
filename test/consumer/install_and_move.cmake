# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# cmake -DBUILD=... -DPREFIX=... -P: installs a build and moves it to PREFIX.
file(REMOVE_RECURSE ${PREFIX} ${PREFIX}-before)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX}-before
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${PREFIX}-before ${PREFIX})

file(GLOB_RECURSE files ${PREFIX}/*.cmake ${PREFIX}/*.pc)
foreach(file IN LISTS files)
  file(READ ${file} text)
  foreach(folder ${BUILD} ${PREFIX}-before)
    string(FIND "${text}" "${folder}" at)
    if(NOT at EQUAL -1)
      message(SEND_ERROR "${file} names ${folder}, which need not be there")
    endif()
  endforeach()
endforeach()
foreach(tool compile run opt)
  execute_process(COMMAND ${PREFIX}/bin/rmsnorm-${tool} --version COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(EXISTS ${PREFIX}/rmsnorm)
  message(SEND_ERROR "the wheel's files are installed, too")
endif()
