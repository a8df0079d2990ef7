# rmsnorm_add_library(name sources... [DEPENDS targets...] [LINK_LIBS libs...])
# rmsnorm_add_tool(name sources... [LINK_LIBS libs...])
#
# Only the two dynamic libraries of LLVM are linked: mixing them with static
# component libraries would load two copies of MLIR.

add_library(rmsnorm_mlir INTERFACE)
target_include_directories(rmsnorm_mlir SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_include_directories(rmsnorm_mlir INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
  $<INSTALL_INTERFACE:include>)
target_compile_definitions(rmsnorm_mlir INTERFACE ${RMSNORM_LLVM_DEFINITIONS})
target_compile_options(rmsnorm_mlir INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
if(NOT LLVM_ENABLE_RTTI)
  target_compile_options(rmsnorm_mlir INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
endif()
target_link_libraries(rmsnorm_mlir INTERFACE MLIR LLVM)

# MLIR's headers take longer to read than our sources to compile.
file(WRITE ${PROJECT_BINARY_DIR}/pch_source.cpp "")
add_library(rmsnorm_pch OBJECT ${PROJECT_BINARY_DIR}/pch_source.cpp)
target_link_libraries(rmsnorm_pch PRIVATE rmsnorm_mlir)
target_precompile_headers(rmsnorm_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/rmsnorm_pch.h)

function(rmsnorm_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC rmsnorm_mlir ${ARG_LINK_LIBS})
  target_precompile_headers(${name} REUSE_FROM rmsnorm_pch)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  set_property(GLOBAL APPEND PROPERTY RMSNORM_LIBS ${name})
endfunction()

function(rmsnorm_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE rmsnorm_mlir ${ARG_LINK_LIBS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/runtime/include)
  set_property(TARGET ${name} PROPERTY INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}" ${RMSNORM_LLVM_RPATH})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
  rmsnorm_add_to_wheel(${name} bin)
endfunction()
