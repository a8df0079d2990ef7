# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times of compiling one kernel and of loading it from the cache, and the library's size."""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import rmsnorm
import rmsnorm._native

F32 = 3  # rmsn_dtype
REPEATS = 5


def _compile(context: rmsnorm.Context, extent: int) -> float:
    """Seconds until the kernel of an extent can be called."""
    start = time.perf_counter()
    artifact = context.compile_norm(F32, (-1, extent), (1,), scale=(F32, (extent,)), eps=1e-6)
    artifact["main"]
    return time.perf_counter() - start


def runtime_library() -> Path:
    """The file that the extension module loaded."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.split(maxsplit=5)[-1]
        if "librmsnorm_runtime" in path:
            return Path(path)
    raise RuntimeError("librmsnorm_runtime is not loaded")


def measure() -> dict[str, Any]:
    """Medians; cold compilations after the compiler library was loaded by one before them."""
    with tempfile.TemporaryDirectory() as folder:
        cold_context = rmsnorm.Context(1, cache_directory=folder)
        first = _compile(cold_context, 640)
        extents = [1024 + 64 * i for i in range(REPEATS)]
        cold = [_compile(cold_context, extent) for extent in extents]
        warm = []
        for extent in extents:
            context = rmsnorm.Context(1, cache_directory=folder)
            warm.append(_compile(context, extent))
            stats = context.jit_stats()
            if stats["disk_hits"] != 1 or stats["misses"] != 0:
                raise RuntimeError(f"not loaded from the cache on disk: {stats}")
    return {
        "first_compilation_ms": first * 1e3,
        "cold_compilation_ms": median(cold) * 1e3,
        "warm_load_ms": median(warm) * 1e3,
        "runtime_library_bytes": runtime_library().stat().st_size,
    }
