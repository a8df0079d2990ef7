# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced by every script: where things are, options, timed steps with a log.

set -euo pipefail

RMSNORM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RMSNORM_BUILD_DIR=${RMSNORM_BUILD_DIR:-$RMSNORM_ROOT/build}
RMSNORM_VENV=${RMSNORM_VENV:-$RMSNORM_ROOT/.venv}
RMSNORM_LOGS=$RMSNORM_BUILD_DIR/logs
RMSNORM_OFFLINE=${RMSNORM_OFFLINE:-0}
export RMSNORM_ROOT RMSNORM_BUILD_DIR RMSNORM_VENV
PYTHON=$RMSNORM_VENV/bin/python
SECONDS=0

# Every job in a process group of its own, all of which end with the script.
set -m
end_jobs() {
  local pid
  for pid in $(jobs -p); do kill -- "-$pid" 2>/dev/null || true; done
}
trap end_jobs EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# The text between the header and the first empty line of a script is its --help.
usage() {
  awk 'NR > 4 && !/^#/ { exit } NR > 4 { sub(/^# ?/, ""); print }' "$0"
}

# Handles --help and --offline; what remains is left in REMAINING_ARGUMENTS.
parse_options() {
  REMAINING_ARGUMENTS=()
  local argument
  for argument in "$@"; do
    case "$argument" in -h | --help) usage; exit 0 ;; esac
  done
  ensure_writable "$RMSNORM_LOGS" RMSNORM_BUILD_DIR
  while [ $# -gt 0 ]; do
    case "$1" in
      --offline) RMSNORM_OFFLINE=1 ;;
      *) REMAINING_ARGUMENTS+=("$1") ;;
    esac
    shift
  done
}

refuse_arguments() {
  if [ ${#REMAINING_ARGUMENTS[@]} -gt 0 ]; then
    echo "$(basename "$0"): unknown argument '${REMAINING_ARGUMENTS[0]}', see --help" >&2
    exit 2
  fi
}

# fail WHAT LOG HINT: what failed, where to read about it, what to do.
fail() {
  say "FAILED: $1" >&2
  if [ -n "$2" ] && [ -f "$2" ]; then
    echo "--- last lines of $2" >&2
    tail -n 25 "$2" >&2
    echo "---" >&2
    echo "log: $2" >&2
  fi
  echo "what to do: $3" >&2
  exit 1
}

# ensure_writable FOLDER VARIABLE: it is there and can be written to.
ensure_writable() {
  { mkdir -p "$1" && [ -w "$1" ]; } 2>/dev/null ||
    fail "cannot write to the folder $1" "" "make it writable, or set $2 to another folder"
}

# step NAME HINT COMMAND...: runs the command with its output in a log, and a
# sign of life every few seconds (the log's last line).
step() {
  local name=$1 hint=$2 log pid status=0 beat=0
  shift 2
  # A name of any length, as a file's name of at most 60 characters.
  log=$RMSNORM_LOGS/$(echo "$name" | tr -cs 'a-zA-Z0-9\n' '-' | cut -c 1-60).log
  say "$name"
  "$@" >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    beat=$((beat + 1))
    if [ $((beat % 50)) -eq 0 ]; then
      say "  ... $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"
    fi
  done
  wait "$pid" || status=$?
  [ "$status" -eq 0 ] || fail "$name (exit status $status)" "$log" "$hint"
}

# stamped STAMP FILES...: true when the contents of the files are those of the
# last time that stamp_done was called with them.
stamp_of() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
stamped() {
  local stamp=$1
  shift
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(stamp_of "$@")" ]
}
stamp_done() {
  local stamp=$1
  shift
  stamp_of "$@" >"$stamp"
}
