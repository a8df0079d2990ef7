# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

set(RMSNORM_CONSUMER_LAUNCHER)
if(RMSNORM_CCACHE)
  set(RMSNORM_CONSUMER_LAUNCHER ${RMSNORM_CCACHE})
endif()

# rmsnorm_add_consumer_test(name project package_dir options...): another project
# finds and links the package.
function(rmsnorm_add_consumer_test name project package_dir)
  add_test(NAME ${name}
    COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test
      ${CMAKE_CURRENT_SOURCE_DIR}/consumer/${project} ${CMAKE_CURRENT_BINARY_DIR}/consumers/${name}
      --build-generator ${CMAKE_GENERATOR} --build-makeprogram ${CMAKE_MAKE_PROGRAM}
      --build-options -DRMSNorm_DIR=${package_dir} -DEXPECTED_VERSION=${PROJECT_VERSION}
        -DCMAKE_C_COMPILER_LAUNCHER=${RMSNORM_CONSUMER_LAUNCHER} -DCMAKE_CXX_COMPILER_LAUNCHER=${RMSNORM_CONSUMER_LAUNCHER}
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} ${ARGN}
      --test-command consumer)
  set_tests_properties(${name} PROPERTIES TIMEOUT 1800)
endfunction()

# An installation that has been moved since: nothing in it may know where it was.
set(prefix ${CMAKE_CURRENT_BINARY_DIR}/prefix)
set(package ${prefix}/${CMAKE_INSTALL_LIBDIR}/cmake/rmsnorm)
add_test(NAME install COMMAND ${CMAKE_COMMAND}
  -DBUILD=${PROJECT_BINARY_DIR} -DPREFIX=${prefix} -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/install_and_move.cmake)
set_tests_properties(install PROPERTIES FIXTURES_SETUP installed)
rmsnorm_add_consumer_test(consumer-build-tree dialect ${PROJECT_BINARY_DIR}/lib/cmake/rmsnorm -DMLIR_DIR=${MLIR_DIR})
if(NOT RMSNORM_SANITIZE)
  rmsnorm_add_consumer_test(consumer-installed dialect ${package} -DMLIR_DIR=${MLIR_DIR})
  rmsnorm_add_consumer_test(consumer-runtime-build-tree runtime ${PROJECT_BINARY_DIR}/lib/cmake/rmsnorm)
  rmsnorm_add_consumer_test(consumer-runtime-installed runtime ${package})
  set_tests_properties(consumer-installed consumer-runtime-installed PROPERTIES FIXTURES_REQUIRED installed)

  # pkg-config's search path cannot be given to a build-and-test but by the environment.
  rmsnorm_add_consumer_test(consumer-runtime-pkg-config runtime "" -DUSE_PKG_CONFIG=ON)
  set_tests_properties(consumer-runtime-pkg-config PROPERTIES FIXTURES_REQUIRED installed
    ENVIRONMENT "PKG_CONFIG_PATH=${prefix}/${CMAKE_INSTALL_LIBDIR}/pkgconfig;LD_LIBRARY_PATH=${prefix}/${CMAKE_INSTALL_LIBDIR}")
  find_program(RMSNORM_PKG_CONFIG NAMES pkg-config pkgconf)
  if(NOT RMSNORM_PKG_CONFIG)
    message(STATUS "SKIPPED: test consumer-runtime-pkg-config (pkg-config not found)")
    set_tests_properties(consumer-runtime-pkg-config PROPERTIES DISABLED ON)
  endif()

  # The runtime built on its own, as somebody without LLVM does it.
  add_test(NAME runtime-alone COMMAND ${CMAKE_COMMAND}
    -DSOURCE=${PROJECT_SOURCE_DIR}/runtime -DBUILD=${CMAKE_CURRENT_BINARY_DIR}/runtime-alone
    -DPREFIX=${CMAKE_CURRENT_BINARY_DIR}/runtime-prefix -DGENERATOR=${CMAKE_GENERATOR} -DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}
    -DC_COMPILER=${CMAKE_C_COMPILER} -DCXX_COMPILER=${CMAKE_CXX_COMPILER}
    -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/build_runtime_alone.cmake)
  set_tests_properties(runtime-alone PROPERTIES FIXTURES_SETUP runtime-alone TIMEOUT 1800)
  rmsnorm_add_consumer_test(consumer-runtime-alone runtime
    ${CMAKE_CURRENT_BINARY_DIR}/runtime-prefix/${CMAKE_INSTALL_LIBDIR}/cmake/rmsnorm -DEXPECT_NO_COMPILER=ON)
  set_tests_properties(consumer-runtime-alone PROPERTIES FIXTURES_REQUIRED runtime-alone)

  # The installed plugin in LLVM's own mlir-opt.
  add_test(NAME plugin-installed COMMAND ${LLVM_TOOLS_BINARY_DIR}/mlir-opt
    ${CMAKE_CURRENT_SOURCE_DIR}/Plugin/mlir-opt.mlir
    --load-dialect-plugin=${prefix}/${CMAKE_INSTALL_LIBDIR}/RMSNormPlugin${CMAKE_SHARED_LIBRARY_SUFFIX}
    --load-pass-plugin=${prefix}/${CMAKE_INSTALL_LIBDIR}/RMSNormPlugin${CMAKE_SHARED_LIBRARY_SUFFIX}
    "--pass-pipeline=builtin.module(rmsnorm-decompose)")
  set_tests_properties(plugin-installed PROPERTIES FIXTURES_REQUIRED installed
    PASS_REGULAR_EXPRESSION "linalg.generic" FAIL_REGULAR_EXPRESSION "rmsnorm.rms_norm;error:")
endif()

# The wheel of this very build, installed and used where there is nothing else.
if(TARGET rmsnorm_python AND NOT RMSNORM_SANITIZE)
  add_test(NAME wheel COMMAND ${PROJECT_SOURCE_DIR}/scripts/wheel --offline --reuse-build
    --output ${PROJECT_BINARY_DIR}/wheel)
  set_tests_properties(wheel PROPERTIES RUN_SERIAL ON TIMEOUT 900
    ENVIRONMENT "RMSNORM_BUILD_DIR=${PROJECT_BINARY_DIR}")
endif()

# The committed documentation is that of the TableGen files; its examples hold.
add_test(NAME docs COMMAND ${PROJECT_SOURCE_DIR}/scripts/docs --check)
set_tests_properties(docs PROPERTIES ENVIRONMENT
  "RMSNORM_BUILD_DIR=${PROJECT_BINARY_DIR};RMSNORM_MLIR_PREFIX=${LLVM_TOOLS_BINARY_DIR}/..")
