# Warnings, sanitizers and ccache for every target of the project.

find_program(RMSNORM_CCACHE ccache)
if(RMSNORM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The launcher carries its own settings so that precompiled headers are
  # cached however the build is started.
  set(RMSNORM_CCACHE_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${RMSNORM_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${RMSNORM_CCACHE_LAUNCHER})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RMSNORM_CCACHE_LAUNCHER})
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(RMSNORM_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Precompiled headers of identical content are then identical files.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  find_program(RMSNORM_LLD NAMES ld.lld-22 ld.lld)
  if(RMSNORM_LLD)
    add_link_options(--ld-path=${RMSNORM_LLD})
  endif()
endif()
if(RMSNORM_SANITIZE)
  # Without two parts of UBSan: a caller in C may put any number into an
  # enumerator, which is then checked, and clang takes it for nothing less
  # (no -fstrict-enums); CUDA's functions are called by declarations of our own.
  add_compile_options(-fsanitize=${RMSNORM_SANITIZE} -fno-sanitize=enum,function -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${RMSNORM_SANITIZE})
endif()
