# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``python -m rmsnorm info``."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import rmsnorm


def run_info(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "rmsnorm", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def parsed(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_tells_what_is_there(tmp_path: Path) -> None:
    done = run_info("info", "--json", XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = parsed(done)
    assert found["version"] == rmsnorm.__version__
    assert found["just-in-time compilation"] == "works"
    assert found["CPU variant"].startswith("cpu:")
    assert found["cache"] == str(tmp_path / "rmsnorm")
    assert found["compiler"].startswith("LLVM 22.")
    for part in ("runtime library", "compiler library", "package"):
        assert Path(found[part]).exists(), part
    for path in found["tools"].values():
        assert Path(path).is_file()
    assert found["GPUs"]
    assert all(gpu.startswith("none: ") or "sm_" in gpu for gpu in found["GPUs"])
    # Looking is not using: nothing was written.
    assert not (tmp_path / "rmsnorm").exists()


def test_lines_name_the_same_things() -> None:
    lines = run_info("info").stdout.splitlines()
    names = {line.split("  ")[0] for line in lines}
    assert {"version", "CPU variant", "GPUs", "cache", "tools: rmsnorm-run"} <= names


def test_fails_and_says_why_without_a_compiler(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.so")
    done = run_info("info", "--json", RMSNORM_COMPILER_LIBRARY=missing)
    assert done.returncode == 1
    found = parsed(done)
    assert found["just-in-time compilation"].startswith("FAILS: ")
    assert missing in found["just-in-time compilation"]
    assert found["compiler library"] == missing


def test_without_a_command() -> None:
    done = run_info()
    assert done.returncode == 2
    assert "info" in done.stderr
