# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

set(RMSNORM_CONSUMER_LAUNCHER)
if(RMSNORM_CCACHE)
  set(RMSNORM_CONSUMER_LAUNCHER ${RMSNORM_CCACHE})
endif()

# Another project finds and links the package: in the build tree, and installed.
function(rmsnorm_add_consumer_test name package_dir)
  add_test(NAME ${name}
    COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test
      ${CMAKE_CURRENT_SOURCE_DIR}/consumer ${CMAKE_CURRENT_BINARY_DIR}/${name}
      --build-generator ${CMAKE_GENERATOR} --build-makeprogram ${CMAKE_MAKE_PROGRAM}
      --build-options -DRMSNorm_DIR=${package_dir} -DMLIR_DIR=${MLIR_DIR}
        -DCMAKE_CXX_COMPILER_LAUNCHER=${RMSNORM_CONSUMER_LAUNCHER} -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
      --test-command consumer)
  set_tests_properties(${name} PROPERTIES TIMEOUT 1800)
endfunction()

set(prefix ${CMAKE_CURRENT_BINARY_DIR}/prefix)
add_test(NAME install COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${prefix} --component development)
set_tests_properties(install PROPERTIES FIXTURES_SETUP installed)
rmsnorm_add_consumer_test(consumer-build-tree ${PROJECT_BINARY_DIR}/lib/cmake/rmsnorm)
if(NOT RMSNORM_SANITIZE)
  rmsnorm_add_consumer_test(consumer-installed ${prefix}/lib/cmake/rmsnorm)
  set_tests_properties(consumer-installed PROPERTIES FIXTURES_REQUIRED installed)
endif()

# The committed documentation is that of the TableGen files; its examples hold.
add_test(NAME docs COMMAND ${PROJECT_SOURCE_DIR}/scripts/docs --check)
set_tests_properties(docs PROPERTIES ENVIRONMENT
  "RMSNORM_BUILD_DIR=${PROJECT_BINARY_DIR};RMSNORM_MLIR_PREFIX=${LLVM_TOOLS_BINARY_DIR}/..")
