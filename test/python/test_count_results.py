# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The count at the end of scripts/test: nothing that failed may disappear from it."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "scripts" / "lib" / "count_results.py"

LIT = """-- Testing: 3 tests, 2 workers --
PASS: RMSNorm :: a.mlir (1 of 3)
UNSUPPORTED: RMSNorm :: ptx.mlir (2 of 3)
{third}: RMSNorm :: c.mlir (3 of 3)

Testing Time: 0.10s

Total Discovered Tests: 3
  Unsupported: 1 (33.33%)
  Passed     : {passed} (33.33%)
{failed}"""
LIT_GOOD = LIT.format(third="PASS", passed=2, failed="")
LIT_BAD = LIT.format(third="FAIL", passed=1, failed="  Failed     : 1 (33.33%)\n")
GTEST = """[==========] Running 3 tests from 1 test suite.
[       OK ] Pool.Runs (0 ms)
[  SKIPPED ] Device.Runs (0 ms)
{third}
[==========] 3 tests from 1 test suite ran. (1 ms total)
[  PASSED  ] 1 test.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] Device.Runs
"""
GTEST_GOOD = GTEST.format(third="[       OK ] Pool.Stops (0 ms)")
GTEST_BAD = GTEST.format(third="[  FAILED  ] Pool.Stops (0 ms)") + (
    "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] Pool.Stops\n"
)
PYTEST_GOOD = "...\nSKIPPED [1] a.py:3: no torch\n===== 5 passed, 1 skipped in 0.12s =====\n"
PYTEST_BAD = "FAILED a.py::test_x - oh\n==== 1 failed, 4 passed, 1 error in 0.12s (0:01:02) ====\n"


def count(tmp_path: Path, *cases: tuple[str, str, str]) -> tuple[int, list[str]]:
    """Exit status and output lines for (name, status, output) of ctest entries."""
    body = ""
    for name, status, output in cases:
        inner = {"fail": "<failure/>", "notrun": "<skipped/>"}.get(status, "")
        body += (
            f'<testcase name="{name}" status="{status}">{inner}'
            f"<system-out><![CDATA[{output}]]></system-out></testcase>"
        )
    path = tmp_path / "results.xml"
    path.write_text(f"<testsuite>{body}</testsuite>")
    done = subprocess.run(
        [sys.executable, PROGRAM, path], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


def test_all_good(tmp_path: Path) -> None:
    status, lines = count(
        tmp_path,
        ("lit", "run", LIT_GOOD),
        ("unit", "run", GTEST_GOOD),
        ("pytest", "run", PYTEST_GOOD),
        ("example", "run", "hello"),
        ("cuda", "notrun", ""),
    )
    assert status == 0
    assert lines[-1] == "10 passed, 0 failed, 4 skipped"
    assert "skipped: RMSNorm :: ptx.mlir" in lines
    assert "skipped: Device.Runs" in lines
    assert "skipped: cuda" in lines


@pytest.mark.parametrize(
    ("output", "counted", "name"),
    [
        (LIT_BAD, "1 passed, 1 failed, 1 skipped", "suite: RMSNorm :: c.mlir"),
        (GTEST_BAD, "1 passed, 1 failed, 1 skipped", "suite: Pool.Stops"),
        (PYTEST_BAD, "4 passed, 2 failed, 0 skipped", "suite: a.py::test_x"),
        ("Segmentation fault", "0 passed, 1 failed, 0 skipped", "suite"),
        (LIT_GOOD, "2 passed, 1 failed, 1 skipped", "suite: suite (failed outside its tests)"),
    ],
)
def test_failures(tmp_path: Path, output: str, counted: str, name: str) -> None:
    status, lines = count(tmp_path, ("suite", "fail", output))
    assert status == 1
    assert lines[-1] == counted
    assert f"FAILED: {name}" in lines


def test_nothing_ran(tmp_path: Path) -> None:
    status, lines = count(tmp_path)
    assert status == 1
    assert lines[-1] == "0 passed, 0 failed, 0 skipped"
