# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that every source file starts with the licence header; names those that do not.

As in LLVM, lit tests and CMake files need none.
"""

import subprocess
import sys
from pathlib import Path

SUFFIXES = {".py", ".pyi", ".c", ".cpp", ".cu", ".h", ".td", ".sh", ".fbs", ".toml"}
NAMES = {"Dockerfile"}
IDENTIFIER = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
HEADER_LINES = 12


def needs_header(path: Path) -> bool:
    if "third_party" in path.parts:
        return False
    executable_script = path.suffix == "" and path.parts[0] in ("scripts", ".ci")
    return path.suffix in SUFFIXES or path.name in NAMES or executable_script


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, text=True)
    missing = []
    for name in filter(None, listed.stdout.split("\0")):
        path = Path(name)
        if not path.is_file() or not needs_header(path):
            continue
        with path.open(encoding="utf-8", errors="replace") as file:
            start = [line for _, line in zip(range(HEADER_LINES), file, strict=False)]
        if start and not any(IDENTIFIER in line for line in start):
            missing.append(name)
    for name in missing:
        print(f"no licence header: {name}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
