# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# The component Compiler of the CMake package RMSNorm: headers, TableGen files
# and the static libraries that another project links, usable from the build
# tree and from an install prefix. RMSNormInstallRuntime.cmake has the rest.

# Our libraries that `root` links, and theirs.
function(rmsnorm_collect_libraries root result)
  get_property(ours GLOBAL PROPERTY RMSNORM_LIBS)
  set(pending ${root})
  set(found)
  while(pending)
    list(POP_FRONT pending target)
    if(target IN_LIST ours AND NOT target IN_LIST found)
      list(APPEND found ${target})
      get_target_property(links ${target} LINK_LIBRARIES)
      if(links)
        list(APPEND pending ${links})
      endif()
    endif()
  endwhile()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

rmsnorm_collect_libraries(RMSNormCAPI exported)
set(build_package ${PROJECT_BINARY_DIR}/lib/cmake/rmsnorm)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rmsnorm)
install(TARGETS rmsnorm_mlir ${exported} EXPORT RMSNormCompilerTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT RMSNormCompilerTargets NAMESPACE RMSNorm:: DESTINATION ${package_dir} COMPONENT development)
export(EXPORT RMSNormCompilerTargets NAMESPACE RMSNorm:: FILE ${build_package}/RMSNormCompilerTargets.cmake)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rmsnorm ${PROJECT_SOURCE_DIR}/include/rmsnorm-c
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td")
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/rmsnorm
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
  FILES_MATCHING PATTERN "*.inc")

# The same file for both trees, but for the folders with the headers.
set(RMSNORM_PACKAGE_INCLUDE_DIRS ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/RMSNormCompiler.cmake.in
  ${build_package}/RMSNormCompiler.cmake
  INSTALL_DESTINATION ${build_package} INSTALL_PREFIX ${PROJECT_BINARY_DIR})
set(RMSNORM_PACKAGE_INCLUDE_DIRS "\${PACKAGE_PREFIX_DIR}/${CMAKE_INSTALL_INCLUDEDIR}")
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/RMSNormCompiler.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/installed/RMSNormCompiler.cmake
  INSTALL_DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/cmake/installed/RMSNormCompiler.cmake
  DESTINATION ${package_dir} COMPONENT development)
