# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced after environment.sh: configuring and building.

configure() {
  local arguments=(--preset "${RMSNORM_PRESET:-release}" -S "$RMSNORM_ROOT" -B "$RMSNORM_BUILD_DIR"
    "-DRMSNORM_LIT=$RMSNORM_VENV/bin/lit" "-DPython3_EXECUTABLE=$PYTHON")
  # shellcheck disable=SC2206  # several -D options in one variable
  arguments+=(${RMSNORM_CMAKE_ARGUMENTS:-})
  cmake "${arguments[@]}"
}

build_everything() { ninja -C "$RMSNORM_BUILD_DIR"; }

# Makes `import rmsnorm` in the virtual environment find what was built.
link_package() {
  local site
  site=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  echo "$RMSNORM_BUILD_DIR/python" >"$site/rmsnorm-build.pth"
}

# The folder of a copy that has been moved, or of another one.
refuse_foreign_build() {
  local home
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$RMSNORM_BUILD_DIR/CMakeCache.txt" 2>/dev/null || true)
  [ -z "$home" ] || [ "$home" -ef "$RMSNORM_ROOT" ] ||
    fail "$RMSNORM_BUILD_DIR is the build of $home" "" "remove it, or set RMSNORM_BUILD_DIR to another folder"
}

# After requirements came in during the build: parts of the package are built
# only where torch is, so that a first build has not got them.
complete_build() {
  [ "$REQUIREMENTS_INSTALLED" = 1 ] || return 0
  step "configuring again, with the Python packages" "read the log" configure
  step "building what needs them" "read the first error in the log" build_everything
}

build_project() {
  refuse_foreign_build
  # Absolute paths in the cache's keys would make every clone a miss.
  export CCACHE_BASEDIR=$RMSNORM_ROOT
  if [ ! -f "$RMSNORM_BUILD_DIR/build.ninja" ] || [ "$PACKAGES_INSTALLED" = 1 ] ||
    ! grep -qs "^Python3_EXECUTABLE:.*=$PYTHON\$" "$RMSNORM_BUILD_DIR/CMakeCache.txt" || [ -n "${RMSNORM_CMAKE_ARGUMENTS:-}" ]; then
    step "configuring" "install what CMake could not find (scripts/packages.txt lists all); another LLVM/MLIR 22: RMSNORM_CMAKE_ARGUMENTS=-DMLIR_DIR=<prefix>/lib/cmake/mlir" configure
  fi
  step "building" "read the first error in the log; a compiler that was killed means too little memory: ninja -C $RMSNORM_BUILD_DIR -j1" build_everything
  link_package
}
