# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the scripts say when something is not as it should be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path.name
    for path in (ROOT / "scripts").iterdir()
    if path.is_file() and not path.suffix and path.name != "fuzz-artifact"
)


def run(command: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


def library(text: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs a few lines with what every script sources."""
    sourced = (
        "for part in common environment build; do . scripts/lib/$part.sh; done\nparse_options\n"
    )
    return run(
        ["bash", "-c", f"cd {ROOT}\n{sourced}{text}"],
        **{"RMSNORM_BUILD_DIR": str(folder / "build"), "RMSNORM_OFFLINE": "0", **environment},
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_help(script: str, tmp_path: Path) -> None:
    done = run([str(ROOT / "scripts" / script), "--help"], RMSNORM_BUILD_DIR=str(tmp_path / "no"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: scripts/{script}")
    assert not (tmp_path / "no").exists(), "asking for help writes nothing"


@pytest.mark.parametrize("script", ["quickstart", "lint", "format", "wheel", "sanitize", "docs"])
def test_unknown_argument(script: str, tmp_path: Path) -> None:
    done = run([str(ROOT / "scripts" / script), "--wrong"], RMSNORM_BUILD_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "'--wrong'" in done.stderr


def test_a_step_of_any_name_has_a_log(tmp_path: Path) -> None:
    """A step named after all missing packages failed: its log's name was too long."""
    done = library(f'step "install {"package " * 60}" "a hint" echo done', tmp_path)
    assert done.returncode == 0, done.stderr
    (log,) = (tmp_path / "build" / "logs").iterdir()
    assert log.read_text() == "done\n"


def test_a_failed_step_shows_its_log_and_what_to_do(tmp_path: Path) -> None:
    done = library('step "doing" "turn it off and on" bash -c "echo reason; exit 3"', tmp_path)
    assert done.returncode == 1
    for part in ("doing (exit status 3)", "reason", "what to do: turn it off and on"):
        assert part in done.stderr


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file")
    done = library("", tmp_path)
    assert done.returncode == 1
    assert str(tmp_path / "build") in done.stderr
    assert "RMSNORM_BUILD_DIR" in done.stderr


def test_python_that_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1\nexit 1\n')
    old.chmod(0o755)
    done = library(
        "ensure_venv", tmp_path, RMSNORM_PYTHON=str(old), RMSNORM_VENV=str(tmp_path / "v")
    )
    assert done.returncode == 1
    assert "Python 3.9.1" in done.stderr
    assert "3.11" in done.stderr


def test_environment_that_is_none_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "venv" / "precious"
    precious.parent.mkdir()
    precious.write_text("keep")
    done = library(
        "ensure_venv", tmp_path, RMSNORM_VENV=str(precious.parent), RMSNORM_PYTHON=sys.executable
    )
    assert done.returncode == 1
    assert "no virtual environment" in done.stderr
    assert precious.read_text() == "keep"


def test_build_of_another_copy(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "CMakeCache.txt").write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n")
    done = library("build_project", tmp_path)
    assert done.returncode == 1
    assert "is the build of /elsewhere" in done.stderr


def test_mlir_that_is_not_there(tmp_path: Path) -> None:
    """Another LLVM than the one that was asked for is never taken instead."""
    done = run(
        [
            "cmake",
            "--preset",
            "release",
            "-S",
            str(ROOT),
            "-B",
            str(tmp_path / "b"),
            f"-DMLIR_DIR={tmp_path}",
        ]
    )
    assert done.returncode != 0
    message = " ".join(done.stderr.split())
    assert f"MLIR_DIR: given '{tmp_path}', where there is no MLIRConfig.cmake" in message
    assert "LLVM/MLIR 22" in message


def test_missing_packages_are_named(tmp_path: Path) -> None:
    shadow = tmp_path / "bin"
    shadow.mkdir()
    (shadow / "dpkg-query").write_text("#!/bin/sh\nexit 1\n")
    (shadow / "dpkg-query").chmod(0o755)
    done = library(
        "ensure_packages", tmp_path, RMSNORM_OFFLINE="1", PATH=f"{shadow}:{os.environ['PATH']}"
    )
    assert done.returncode == 1
    assert "libmlir-22-dev" in done.stderr
    assert "apt-get install" in done.stderr


def test_an_installation_waits_and_refreshes_the_lists(tmp_path: Path) -> None:
    """The lock of another installation is waited for; lists that lack a package are fetched."""
    shadow, calls = tmp_path / "bin", tmp_path / "calls"
    shadow.mkdir()
    (shadow / "apt-get").write_text(
        f'#!/bin/sh\necho "$@" >>{calls}\n'
        f'case "$*" in *update) touch {tmp_path}/lists ;; *) [ -e {tmp_path}/lists ] ;; esac\n'
    )
    (shadow / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    for program in shadow.iterdir():
        program.chmod(0o755)
    done = library("install_packages one two", tmp_path, PATH=f"{shadow}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    wait = "-o DPkg::Lock::Timeout=300"
    install = f"{wait} install -y --no-install-recommends one two"
    assert calls.read_text().splitlines() == [install, f"{wait} update", install]


def test_package_lists_exist() -> None:
    """What the scripts hand to ensure_packages are files beside them."""
    named: set[str] = set()
    for script in SCRIPTS:
        text = (ROOT / "scripts" / script).read_text()
        for line in re.findall(r"ensure_packages((?: +[a-z-]+)+)", text):
            named |= set(line.split())
    assert "packages-test" in named
    assert not [name for name in named if not (ROOT / "scripts" / f"{name}.txt").is_file()]
