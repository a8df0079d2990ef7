# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fixtures: artifacts compiled once per session, one-thread and two-thread contexts, a seed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rmsnorm
from rmsnorm.tools import find_tool

CompileFixture = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _same_numbers_each_time() -> None:
    """A test without a seed of its own draws the same from torch whatever ran before it."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def compile_mlir(tmp_path_factory: pytest.TempPathFactory) -> CompileFixture:
    """(name, MLIR text) to the path of an artifact, compiled for this machine."""
    folder = tmp_path_factory.mktemp("artifacts")

    def compile_one(name: str, text: str) -> Path:
        source, output = folder / f"{name}.mlir", folder / f"{name}.rmsn"
        source.write_text(text)
        done = subprocess.run(
            [find_tool("rmsnorm-compile"), source, "-o", output, "--target=cpu"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return output

    return compile_one


@pytest.fixture(scope="session")
def one_thread() -> rmsnorm.Context:
    return rmsnorm.Context(1, cache_directory="")


@pytest.fixture(scope="session")
def two_threads() -> rmsnorm.Context:
    return rmsnorm.Context(2, cache_directory="")
