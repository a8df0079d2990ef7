# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What an evaluation ran with: versions, the CPU, the system, the commit."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "ml_dtypes", "torch", "onnx", "onnxscript", "onnxruntime")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass  # no Linux: what platform says
    return platform.processor() or platform.machine()


def commit() -> str | None:
    """The commit that this package is of, with ``-dirty`` where files differ from it.

    That of the checkout which the sources are in, if git knows these sources there (an
    environment within somebody else's repository is none); else ``RMSNORM_COMMIT``, for
    images that are made without ``.git``; else None.
    """
    source = Path(__file__).resolve()
    git = ["git", "-C", str(source.parent)]
    try:
        subprocess.run(
            [*git, "ls-files", "--error-unmatch", source.name],
            capture_output=True,
            check=True,
            timeout=30,
        )
        done = subprocess.run(
            [*git, "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return os.environ.get("RMSNORM_COMMIT") or None
    return done.stdout.strip() or None


def environment() -> dict[str, Any]:
    """What this runs with, as the report has it."""
    from rmsnorm.info import collect

    found = collect()
    kept = ("version", "python", "system", "compiler", "CPU variant", "CPU features", "threads")
    return {
        **{name: found[name] for name in kept},
        "CPU": _cpu(),
        "commit": commit(),
        "packages": {name: _version(name) for name in PACKAGES},
    }
