# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced after common.sh: system packages and the private virtual environment.

PACKAGES_INSTALLED=0

# Debian's names; scripts/packages.txt says what each is for.
missing_packages() {
  local package
  while read -r package _; do
    case "$package" in '' | '#'*) continue ;; esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
      echo "$package"
  done <"$RMSNORM_ROOT/scripts/packages.txt"
}

install_packages() {
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  # The lists may be absent (a fresh container) or too old: refresh on demand only.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" || {
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
  }
}

ensure_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: system packages are taken as they are (see README, Other systems)"
    return 0
  fi
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if [ "$RMSNORM_OFFLINE" = 1 ]; then
    fail "system packages are missing: $missing" "" "apt-get install $missing, or run without --offline"
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    fail "system packages are missing and this is neither root nor is there sudo" "" "as root: apt-get install $missing"
  fi
  say "missing system packages: $missing"
  # shellcheck disable=SC2086  # a list of words
  step "installing system packages" \
    "check that this system's package sources have LLVM 22 (README, Other systems), then: apt-get install $missing" \
    install_packages $missing
  # What an earlier configuration did not find may be there now.
  PACKAGES_INSTALLED=1
}

make_venv() {
  "${RMSNORM_PYTHON:-python3}" -m venv "$RMSNORM_VENV"
}

ensure_venv() {
  [ -x "$PYTHON" ] && return 0
  [ "$RMSNORM_OFFLINE" = 0 ] || fail "no virtual environment in $RMSNORM_VENV" "" "run once without --offline"
  step "making the virtual environment" "install python3-venv (Python 3.10 or newer)" make_venv
}

requirements_file() { echo "$RMSNORM_ROOT/scripts/requirements-$1.txt"; }
requirements_stamp() { echo "$RMSNORM_VENV/.installed-$1"; }

install_requirements() {
  local name=$1 index=()
  # Without it pip takes the build of torch with CUDA, several gigabytes.
  [ -z "${RMSNORM_TORCH_INDEX:-}" ] || index=(--extra-index-url "$RMSNORM_TORCH_INDEX")
  "$PYTHON" -m pip install --disable-pip-version-check --progress-bar off \
    "${index[@]}" -r "$(requirements_file "$name")"
}

# ensure_requirements NAME: what scripts/requirements-NAME.txt pins is installed.
ensure_requirements() {
  local name=$1
  stamped "$(requirements_stamp "$name")" "$(requirements_file "$name")" && return 0
  [ "$RMSNORM_OFFLINE" = 0 ] ||
    fail "the Python packages '$name' are not installed" "" "run once without --offline"
  step "installing Python packages: $name" \
    "check the network and pip's index settings, then: $PYTHON -m pip install -r scripts/requirements-$name.txt" \
    install_requirements "$name"
  stamp_done "$(requirements_stamp "$name")" "$(requirements_file "$name")"
}

# The same in the background while something else builds; finish_requirements waits.
begin_requirements() {
  local name=$1
  REQUIREMENTS_PID=
  stamped "$(requirements_stamp "$name")" "$(requirements_file "$name")" && return 0
  [ "$RMSNORM_OFFLINE" = 0 ] ||
    fail "the Python packages '$name' are not installed" "" "run once without --offline"
  say "installing Python packages in the background: $name"
  install_requirements "$name" >"$RMSNORM_LOGS/requirements-$name.log" 2>&1 &
  REQUIREMENTS_PID=$!
}

finish_requirements() {
  local name=$1
  [ -n "$REQUIREMENTS_PID" ] || return 0
  step "waiting for the Python packages: $name" "see the log" sleep 0
  wait "$REQUIREMENTS_PID" ||
    fail "installing the Python packages '$name'" "$RMSNORM_LOGS/requirements-$name.log" \
      "check the network and pip's index settings, then: $PYTHON -m pip install -r scripts/requirements-$name.txt"
  REQUIREMENTS_PID=
  stamp_done "$(requirements_stamp "$name")" "$(requirements_file "$name")"
}
