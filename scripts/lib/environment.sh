# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced after common.sh: system packages and the private virtual environment.

PACKAGES_INSTALLED=0

# missing_packages LIST: Debian's names; scripts/LIST.txt says what each is for.
missing_packages() {
  local package
  while read -r package _; do
    case "$package" in '' | '#'*) continue ;; esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
      echo "$package"
  done <"$RMSNORM_ROOT/scripts/$1.txt"
}

install_packages() {
  # Another installation may be under way (unattended upgrades): wait for it.
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  [ "$(id -u)" -eq 0 ] || apt=(sudo "${apt[@]}")
  # The lists may be absent (a fresh container) or too old: refresh on demand only.
  "${apt[@]}" install -y --no-install-recommends "$@" || {
    "${apt[@]}" update
    "${apt[@]}" install -y --no-install-recommends "$@"
  }
}

# ensure_packages [LIST...]: the packages of scripts/packages.txt, and of the LISTs.
ensure_packages() {
  local missing list
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: system packages are taken as they are (see README, Other systems)"
    return 0
  fi
  missing=$(for list in packages "$@"; do missing_packages "$list"; done | tr '\n' ' ')
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
    "check the network, and that this system's package sources have LLVM 22 (README, Other systems), then: apt-get install $missing" \
    install_packages $missing
  # What an earlier configuration did not find may be there now.
  PACKAGES_INSTALLED=1
}

make_venv() {
  # Also completes what is left of an attempt that failed (no pip in it).
  "$1" -m venv "$RMSNORM_VENV"
}

ensure_venv() {
  local python=${RMSNORM_PYTHON:-python3}
  [ -x "$PYTHON" ] && "$PYTHON" -m pip --version >/dev/null 2>&1 && return 0
  [ "$RMSNORM_OFFLINE" = 0 ] || fail "no virtual environment in $RMSNORM_VENV" "" "run once without --offline"
  command -v "$python" >/dev/null || fail "$python not found" "" "install Python 3.11 or newer, or set RMSNORM_PYTHON"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $("$python" --version 2>&1)" "" "install Python 3.11 or newer and set RMSNORM_PYTHON to it"
  if [ -e "$RMSNORM_VENV" ] && [ ! -f "$RMSNORM_VENV/pyvenv.cfg" ] && [ -n "$(ls -A "$RMSNORM_VENV" 2>&1)" ]; then
    fail "$RMSNORM_VENV is there and is no virtual environment" "" "set RMSNORM_VENV to another folder"
  fi
  ensure_writable "$(dirname "$RMSNORM_VENV")" RMSNORM_VENV
  step "making the virtual environment" "Debian: apt-get install python3-venv" make_venv "$python"
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
  REQUIREMENTS_INSTALLED=0
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
  REQUIREMENTS_INSTALLED=1
  stamp_done "$(requirements_stamp "$name")" "$(requirements_file "$name")"
}
