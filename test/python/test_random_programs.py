# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A fixed sample of the random programs of scripts/fuzz."""

import os
import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).parents[1] / "fuzz" / "fuzz_programs.py"


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, FUZZER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sample() -> None:
    assert "120 programs, 0 with problems" in run("--count", "120")


def test_sample_of_long_rows() -> None:
    assert "60 programs, 0 with problems" in run("--long", "--count", "60")


def test_bound_knows_roundings_inside_a_body() -> None:
    """log(1 + |x|) near 0: the sum's rounding is all of the error, which the bound left out."""
    output = run("--seed", "20648", "--count", "1", "--target", "cpu:x86-64-v3")
    assert "1 programs, 0 with problems" in output
