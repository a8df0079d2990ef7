# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# The install component `wheel`: what the Python package holds besides Python.
#
#   rmsnorm/_native.abi3.so and other extension modules
#   rmsnorm/lib/     runtime, compiler library, BLAS plugin and, with
#                    RMSNORM_BUNDLE_LIBRARIES, every library that they need and
#                    that is not on each Linux system, LLVM's among them
#   rmsnorm/bin/     the tools
#
# It is no part of `cmake --install`; scikit-build-core asks for it by name.

option(RMSNORM_BUNDLE_LIBRARIES
       "Copy LLVM and other libraries into the wheel; OFF for a package of a distribution, which depends on them" ON)

# rmsnorm_add_to_wheel(target [folder]): puts a target into rmsnorm/ or a folder
# in it. To call after the target's INSTALL_RPATH is set.
function(rmsnorm_add_to_wheel target)
  set(destination rmsnorm ${ARGN})
  list(JOIN destination "/" destination)
  get_target_property(kind ${target} TYPE)
  if(NOT kind STREQUAL "EXECUTABLE")
    get_target_property(rpath ${target} INSTALL_RPATH)
    if(NOT rpath)
      set_property(TARGET ${target} PROPERTY INSTALL_RPATH "$ORIGIN")
    endif()
  endif()
  # The older kind of search path, which also serves for the libraries that the
  # libraries need: copies of a system's libraries have none of their own.
  target_link_options(${target} PRIVATE -Wl,--disable-new-dtags)
  install(TARGETS ${target}
    RUNTIME DESTINATION ${destination} COMPONENT wheel EXCLUDE_FROM_ALL
    LIBRARY DESTINATION ${destination} COMPONENT wheel NAMELINK_SKIP EXCLUDE_FROM_ALL)
endfunction()

# rmsnorm_add_python_extension(target): a compiled part of the Python package,
# next to its Python files in the build tree and in the wheel.
function(rmsnorm_add_python_extension target)
  set_target_properties(${target} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python/rmsnorm
    INSTALL_RPATH "$ORIGIN/lib")
  rmsnorm_add_to_wheel(${target})
endfunction()

# After all targets: what the wheel needs besides them.
function(rmsnorm_finish_wheel)
  if(RMSNORM_BUNDLE_LIBRARIES)
    install(CODE "
      set(RMSNORM_LLVM_RPATH \"${RMSNORM_LLVM_RPATH}\")
      set(RMSNORM_OBJDUMP \"${CMAKE_OBJDUMP}\")
      include(\"${PROJECT_SOURCE_DIR}/cmake/modules/RMSNormBundleLibraries.cmake\")"
      COMPONENT wheel EXCLUDE_FROM_ALL)
  endif()
endfunction()
