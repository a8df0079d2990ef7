# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What ``python -m rmsnorm info`` prints."""

import importlib.metadata
import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from rmsnorm._native import Context, runtime_version
from rmsnorm.errors import RMSNormError, ToolNotFoundError
from rmsnorm.tools import find_tool

# Packages that some uses need: who asks for help is asked for these.
_OPTIONAL = ("numpy", "ml_dtypes", "torch", "torch-mlir", "transformers", "onnx", "jax")
_TOOLS = ("rmsnorm-compile", "rmsnorm-run", "rmsnorm-opt")
_MOST_DEVICES = 64
_NORM = """func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x8xf32>) outs(%x : tensor<?x8xf32>)
  return %0 : tensor<?x8xf32>
}
"""


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _tool(name: str) -> str:
    try:
        return find_tool(name)
    except ToolNotFoundError as error:
        return f"not found: {error}"


def _llvm_version() -> str:
    """LLVM's version, as the compiler program prints it."""
    try:
        done = subprocess.run(
            [find_tool("rmsnorm-compile"), "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (ToolNotFoundError, OSError, subprocess.TimeoutExpired) as error:
        return f"unknown: {error}"
    found = re.search(r"LLVM version (\S+)", done.stdout)
    return found.group(1) if found else f"unknown: {(done.stderr or done.stdout).strip()}"


def _devices(context: Context) -> list[str]:
    """The GPUs, or in one line why there are none."""
    names: list[str] = []
    for ordinal in range(_MOST_DEVICES):
        try:
            names.append(context.cuda_device_name(ordinal))
        except RMSNormError as error:
            if not names:
                # "cuda:0 is not there: no CUDA driver: ..."
                return [f"none: {str(error).partition(' is not there: ')[2] or error}"]
            break
    return names


def _compile(context: Context) -> tuple[bool, str]:
    """Compiles a small norm for this machine: whether that works, and the CPU variant."""
    try:
        artifact = context.compile_text(_NORM, ("cpu",), None, False)
    except RMSNormError as error:
        return False, str(error)
    chosen = [target for target, _, usable, _ in artifact.variants if usable]
    return True, ", ".join(chosen) or "none"


def collect() -> dict[str, Any]:
    """What is installed and what works on this machine, as ``info --json`` prints it."""
    context = Context()
    used = context.info()
    works, variant = _compile(context)
    return {
        "version": ".".join(map(str, runtime_version())),
        "package": str(Path(__file__).parent),
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "runtime library": used["runtime_library"],
        "compiler library": used["compiler_library"],
        "compiler": f"LLVM {_llvm_version()}, build {used['compiler_id'] or 'not there'}",
        "just-in-time compilation": "works" if works else f"FAILS: {variant}",
        "CPU variant": variant if works else "unknown",
        "CPU features": context.cpu_features,
        "threads": context.num_threads,
        "GPUs": _devices(context),
        "matrix products": used["matmul"],
        "cache": used["cache_directory"] or "none: neither XDG_CACHE_HOME nor HOME is set",
        "tools": {name: _tool(name) for name in _TOOLS},
        "packages": {name: _installed(name) for name in _OPTIONAL},
    }


def print_info(*, as_json: bool = False) -> int:
    """Prints ``collect()``; 1 if nothing can be compiled here, else 0."""
    found = collect()
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        lines: list[tuple[str, str]] = []
        for name, value in found.items():
            if isinstance(value, dict):
                lines += [(f"{name}: {key}", str(entry)) for key, entry in value.items()]
            elif isinstance(value, list):
                lines += [(name, str(entry)) for entry in value]
            else:
                lines.append((name, str(value)))
        width = max(len(name) for name, _ in lines)
        for name, text in lines:
            print(f"{name:<{width}}  {text}")
    return 0 if found["just-in-time compilation"] == "works" else 1
