# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# The runtime for other projects: library, headers, the CMake package RMSNorm
# with its component Runtime, and a file for pkg-config. Usable from the build
# tree and from an install prefix; also by a build of the runtime alone.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(rmsnorm_templates ${CMAKE_CURRENT_LIST_DIR}/..)
set(RMSNORM_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/rmsnorm)
set(rmsnorm_build_package ${PROJECT_BINARY_DIR}/lib/cmake/rmsnorm)

set_target_properties(rmsnorm_runtime PROPERTIES EXPORT_NAME Runtime)
add_library(RMSNorm::Runtime ALIAS rmsnorm_runtime)
install(TARGETS rmsnorm_runtime EXPORT RMSNormRuntimeTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/rmsnorm_runtime
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT runtime)
install(EXPORT RMSNormRuntimeTargets NAMESPACE RMSNorm:: DESTINATION ${RMSNORM_PACKAGE_DIR} COMPONENT runtime)
export(EXPORT RMSNormRuntimeTargets NAMESPACE RMSNorm:: FILE ${rmsnorm_build_package}/RMSNormRuntimeTargets.cmake)

configure_package_config_file(${rmsnorm_templates}/RMSNormConfig.cmake.in
  ${rmsnorm_build_package}/RMSNormConfig.cmake INSTALL_DESTINATION ${RMSNORM_PACKAGE_DIR})
configure_file(${rmsnorm_templates}/RMSNormRuntime.cmake.in ${rmsnorm_build_package}/RMSNormRuntime.cmake @ONLY)
write_basic_package_version_file(${rmsnorm_build_package}/RMSNormConfigVersion.cmake
  VERSION ${RMSNORM_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES
  ${rmsnorm_build_package}/RMSNormConfig.cmake
  ${rmsnorm_build_package}/RMSNormConfigVersion.cmake
  ${rmsnorm_build_package}/RMSNormRuntime.cmake
  DESTINATION ${RMSNORM_PACKAGE_DIR} COMPONENT runtime)

# From lib/pkgconfig back to the prefix, so that an installation can be moved.
file(RELATIVE_PATH RMSNORM_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${rmsnorm_templates}/rmsnorm_runtime.pc.in ${PROJECT_BINARY_DIR}/cmake/rmsnorm_runtime.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/rmsnorm_runtime.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT runtime)
