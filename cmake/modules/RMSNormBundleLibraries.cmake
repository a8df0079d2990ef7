# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Run while the component `wheel` is installed: copies the shared libraries that
# what is in rmsnorm/ needs, and theirs, to rmsnorm/lib, and drops the build
# machine's folders from search paths. Sets out from RMSNORM_LLVM_RPATH.

set(package "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/rmsnorm")
file(GLOB programs "${package}/bin/*")
file(GLOB libraries "${package}/*.so" "${package}/lib/librmsnorm_*.so*")

# On every Linux system, or belonging to it (the list of PEP 600).
set(system_libraries
  "^ld-linux.*" "^linux-vdso.*" "^libc\\.so.*" "^libm\\.so.*" "^libdl\\.so.*" "^libpthread\\.so.*"
  "^librt\\.so.*" "^libgcc_s\\.so.*" "^libstdc\\+\\+\\.so.*" "^libz\\.so.*")
# Ours, and what torch brings along for an extension of it.
set(elsewhere "^librmsnorm_.*" "^libtorch.*" "^libc10.*")

set(CMAKE_GET_RUNTIME_DEPENDENCIES_COMMAND "${RMSNORM_OBJDUMP}")
file(GET_RUNTIME_DEPENDENCIES
  EXECUTABLES ${programs} LIBRARIES ${libraries}
  DIRECTORIES "${RMSNORM_LLVM_RPATH}"
  RESOLVED_DEPENDENCIES_VAR found
  UNRESOLVED_DEPENDENCIES_VAR missing
  CONFLICTING_DEPENDENCIES_PREFIX conflicting
  PRE_EXCLUDE_REGEXES ${system_libraries} ${elsewhere})
foreach(name IN LISTS conflicting_FILENAMES)
  # Two ways to one file, or else the first in the order of the search.
  list(GET conflicting_${name} 0 first)
  list(APPEND found ${first})
endforeach()
if(missing)
  message(FATAL_ERROR "libraries that the wheel needs are not to be found: ${missing}")
endif()

file(MAKE_DIRECTORY "${package}/lib")
set(licences "${package}/lib/LICENSES.txt")
file(WRITE "${licences}" "Libraries of the build system that are copied into this folder, and their licences.\n")
find_program(dpkg_query dpkg-query)
foreach(library IN LISTS found)
  get_filename_component(name "${library}" NAME)
  file(REAL_PATH "${library}" file)
  configure_file("${file}" "${package}/lib/${name}" COPYONLY)
  file(APPEND "${licences}" "\n==== ${name}\n")
  if(dpkg_query)
    execute_process(COMMAND ${dpkg_query} -S "${file}" OUTPUT_VARIABLE owner ERROR_QUIET)
    string(REGEX MATCH "^[^:]+" owner "${owner}")
    if(owner AND EXISTS "/usr/share/doc/${owner}/copyright")
      file(READ "/usr/share/doc/${owner}/copyright" text)
      file(APPEND "${licences}" "${text}")
    endif()
  endif()
endforeach()

foreach(file IN LISTS programs libraries)
  file(READ_ELF "${file}" RPATH path)
  string(REPLACE ";" ":" path "${path}")
  string(REPLACE ":${RMSNORM_LLVM_RPATH}" "" own "${path}")
  if(NOT own STREQUAL path)
    file(RPATH_CHANGE FILE "${file}" OLD_RPATH "${path}" NEW_RPATH "${own}")
  endif()
endforeach()
list(LENGTH found count)
message(STATUS "${count} libraries copied to rmsnorm/lib")
