# Finds LLVM/MLIR 22 and sets up TableGen. -DMLIR_DIR=<prefix>/lib/cmake/mlir
# chooses one; Debian's llvm-22 is found by itself.

# A folder that was asked for is never silently replaced by another one.
if(MLIR_DIR AND NOT EXISTS "${MLIR_DIR}/MLIRConfig.cmake")
  message(FATAL_ERROR "MLIR_DIR: given '${MLIR_DIR}', where there is no MLIRConfig.cmake; "
                      "expected <prefix>/lib/cmake/mlir of an LLVM/MLIR 22")
endif()
find_package(MLIR QUIET CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT MLIR_FOUND)
  message(FATAL_ERROR "LLVM/MLIR 22 not found. Install llvm-22-dev libmlir-22-dev mlir-22-tools (Debian), "
                      "or pass -DMLIR_DIR=<prefix>/lib/cmake/mlir. ${MLIR_NOT_FOUND_MESSAGE}")
endif()
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "RMSNorm needs LLVM/MLIR 22, found ${LLVM_PACKAGE_VERSION} in ${LLVM_DIR}. "
                      "Install llvm-22-dev libmlir-22-dev mlir-22-tools, or pass -DMLIR_DIR=<prefix>/lib/cmake/mlir.")
endif()
find_package(LLD CONFIG HINTS "${LLVM_DIR}/../lld" /usr/lib/llvm-22/lib/cmake/lld)
message(STATUS "LLVM ${LLVM_PACKAGE_VERSION} in ${LLVM_DIR}, MLIR in ${MLIR_DIR}, LLD in ${LLD_DIR}")

list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# Where installed programs find the dynamic libraries, if the loader does not.
set(RMSNORM_LLVM_RPATH ${LLVM_LIBRARY_DIR})

separate_arguments(RMSNORM_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
if(NOT TARGET MLIR OR NOT TARGET LLVM)
  message(FATAL_ERROR "The dynamic libraries MLIR and LLVM are needed (LLVM_BUILD_LLVM_DYLIB, MLIR_BUILD_MLIR_DYLIB); "
                      "${MLIR_DIR} does not export them.")
endif()
# mlir_tablegen takes its include path from the directory.
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
include_directories(${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
