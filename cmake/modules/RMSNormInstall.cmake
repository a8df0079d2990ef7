# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# The CMake package RMSNorm: headers, TableGen files and the libraries that
# another project links, usable from the build tree and from an install prefix.

include(CMakePackageConfigHelpers)

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
set(package_dir lib/cmake/rmsnorm)
install(TARGETS rmsnorm_mlir ${exported} EXPORT RMSNormTargets
  ARCHIVE DESTINATION lib COMPONENT development)
install(EXPORT RMSNormTargets NAMESPACE RMSNorm:: DESTINATION ${package_dir} COMPONENT development)
export(EXPORT RMSNormTargets NAMESPACE RMSNorm:: FILE ${PROJECT_BINARY_DIR}/${package_dir}/RMSNormTargets.cmake)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rmsnorm ${PROJECT_SOURCE_DIR}/include/rmsnorm-c
  DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td")
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/rmsnorm
  DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.inc")

write_basic_package_version_file(${PROJECT_BINARY_DIR}/${package_dir}/RMSNormConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
# The same file for both trees, but for the folders with the headers.
set(RMSNORM_PACKAGE_INCLUDE_DIRS ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/RMSNormConfig.cmake.in
  ${PROJECT_BINARY_DIR}/${package_dir}/RMSNormConfig.cmake
  INSTALL_DESTINATION ${PROJECT_BINARY_DIR}/${package_dir} INSTALL_PREFIX ${PROJECT_BINARY_DIR})
set(RMSNORM_PACKAGE_INCLUDE_DIRS "\${PACKAGE_PREFIX_DIR}/include")
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/RMSNormConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/installed/RMSNormConfig.cmake
  INSTALL_DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/cmake/installed/RMSNormConfig.cmake
  ${PROJECT_BINARY_DIR}/${package_dir}/RMSNormConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)
