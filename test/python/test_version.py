# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One version everywhere: what version.h says comes out of every part."""

import re
import struct
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import CompileFixture

import rmsnorm
from rmsnorm.tools import find_tool

PARTS = ("MAJOR", "MINOR", "PATCH")
ROOT = Path(__file__).parents[2]
HEADER = ROOT / "runtime" / "include" / "rmsnorm_runtime" / "version.h"
NORM = """func.func @main(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<2x8xf32>) outs(%x : tensor<2x8xf32>)
  return %0 : tensor<2x8xf32>
}
"""


def stated() -> tuple[int, ...]:
    text = HEADER.read_text()
    parts = [re.search(rf"RMSN_VERSION_{part} (\d+)$", text, re.M) for part in PARTS]
    return tuple(int(part.group(1)) for part in parts if part)


VERSION = stated()
TEXT = ".".join(map(str, VERSION))


def test_package_and_runtime() -> None:
    assert len(VERSION) == 3
    assert rmsnorm.runtime_version() == VERSION
    assert rmsnorm.__version__ == TEXT


def test_wheel_metadata() -> None:
    """What scikit-build-core will write into the wheel."""
    regex = pytest.importorskip("scikit_build_core.metadata.regex")
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    settings = dict(project["tool"]["scikit-build"]["metadata"]["version"])
    settings.pop("provider")
    settings["input"] = str(ROOT / settings["input"])
    assert regex.dynamic_metadata("version", settings) == TEXT


def test_artifact_format(compile_mlir: CompileFixture) -> None:
    artifact = compile_mlir("version", NORM)
    assert struct.unpack_from("<II", artifact.read_bytes(), 8) == VERSION[:2]


@pytest.mark.parametrize("tool", ["rmsnorm-compile", "rmsnorm-opt", "rmsnorm-run"])
def test_tools(tool: str) -> None:
    done = subprocess.run(
        [find_tool(tool), "--version"], capture_output=True, text=True, check=True
    )
    assert re.search(rf"\b{re.escape(TEXT)}\b", done.stdout), done.stdout


def test_changelog() -> None:
    headings = re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert TEXT in headings, f"CHANGELOG.md has {headings}"


def test_stated_nowhere_else() -> None:
    """Build files take the number from the header."""
    for name in ("CMakeLists.txt", "runtime/CMakeLists.txt", "pyproject.toml"):
        lines = (ROOT / name).read_text().splitlines()
        found = [line for line in lines if re.search(rf"\b{re.escape(TEXT)}\b", line)]
        assert not found, f"{name}: {found}"
