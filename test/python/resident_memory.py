# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls a compiled model many times and prints how much the process grew, in KiB.

Usage: python resident_memory.py ARTIFACT CALLS. A process of its own, so that
nothing else that the tests do is counted.
"""

import sys
from pathlib import Path

import numpy as np

import rmsnorm


def resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("/proc/self/status has no VmRSS")


def main() -> None:
    path, calls = sys.argv[1], int(sys.argv[2])
    function = rmsnorm.load(path, rmsnorm.Context(2, cache_directory=""))["main"]
    arguments = [
        np.ones([max(extent, 1) for extent in shape], "int64" if dtype == "i64" else "float32")
        for _, dtype, shape in function.arguments
    ]
    for _ in range(calls // 10):
        function(*arguments)
    before = resident_kib()
    for _ in range(calls):
        function(*arguments)
    print(resident_kib() - before)


if __name__ == "__main__":
    main()
