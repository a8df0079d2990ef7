# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Assembles the kernels of the emulation grid with ptxas: none may spill.

spills.py [--full] [--every K] [--chip sm_90 ...] [--tool PATH]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import replace

from grid import grid
from kernels import build

BATCH = 40


def check(tool: str, chip: str, texts: list[str]) -> list[str]:
    """Lines about kernels that spill, or about ptxas's failure."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kernels.mlir")
        with open(path, "w") as file:
            file.write("\n".join(texts))
        done = subprocess.run(
            [tool, path, "--list", f"--chip={chip}", "--time-limit=900"],
            capture_output=True,
            text=True,
        )
    if done.returncode != 0:
        return [f"exit status {done.returncode}: {done.stderr.strip()[:600]}"]
    lines = done.stdout.splitlines()
    problems = [line for line in lines if not line.endswith(" spills=0")]
    if len(lines) != len(texts):
        problems.append(f"{len(texts)} kernels made {len(lines)} lines")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the kernels of the long grid")
    parser.add_argument("--every", type=int, default=1, help="only every K-th kernel")
    parser.add_argument(
        "--chip", action="append", help="compute capability, may be repeated (default sm_90)"
    )
    parser.add_argument("--tool", default="rmsnorm-emulate", help="path of rmsnorm-emulate")
    options = parser.parse_args()
    # Row kernels that differ in their names alone share one GPU kernel.
    forms = {build(replace(case.form, name="kernel")): case.form for case in grid(options.full)}
    texts = [build(form) for form in forms.values()][:: options.every]
    failures = 0
    for chip in options.chip or ["sm_90"]:
        for begin in range(0, len(texts), BATCH):
            for problem in check(options.tool, chip, texts[begin : begin + BATCH]):
                failures += 1
                print(f"{chip}: {problem}", flush=True)
        print(f"{chip}: {len(texts)} kernels assembled")
    return 1 if failures or not texts else 0


if __name__ == "__main__":
    sys.exit(main())
