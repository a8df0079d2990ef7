# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A fixed sample of the random programs of scripts/fuzz."""

import os
import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).parents[1] / "fuzz" / "fuzz_programs.py"


def test_sample() -> None:
    done = subprocess.run(
        [sys.executable, FUZZER, "--count", "120"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "120 programs, 0 with problems" in done.stdout
