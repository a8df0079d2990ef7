# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The model part of scripts/quickstart: import, compile, run twice, compare, print a table."""

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

import rmsnorm
from rmsnorm.compiler import compile_text
from rmsnorm.importer import import_torch
from rmsnorm.tools import find_tool

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "models"))

import small_models

TOLERANCE = 1e-5  # of the largest logit
ROUNDS = 40


class Stages:
    """Times and announces the stages."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def run(self, name: str, action: Callable[[], Any]) -> Any:
        print(f"         {name} ...", flush=True)
        start = time.perf_counter()
        result = action()
        self.rows.append((name, f"{(time.perf_counter() - start) * 1e3:.0f} ms"))
        return result


def interleaved_medians(*actions: Callable[[], Any]) -> list[float]:
    """Microseconds per call of each, measured in turn so that all see the same machine."""
    samples: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for action, times in zip(actions, samples, strict=True):
            start = time.perf_counter()
            action()
            times.append((time.perf_counter() - start) * 1e6)
    return [median(times[ROUNDS // 4 :]) for times in samples]


def relative_difference(got: torch.Tensor, want: torch.Tensor) -> float:
    return float((got - want).abs().max() / want.abs().max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", type=Path, required=True)
    build_dir = parser.parse_args().build_dir
    warnings.filterwarnings("ignore", category=FutureWarning)
    folder = build_dir / "quickstart"
    folder.mkdir(exist_ok=True)
    source, artifact = folder / "llama.mlir", folder / "llama.rmsn"

    stages = Stages()
    model = stages.run("make the model", small_models.llama)
    ids = small_models.token_ids()
    imported = stages.run("import (torch-mlir)", lambda: import_torch(model, (ids,)))
    source.write_text(imported.text)
    stages.run("compile (rmsnorm-compile)", lambda: compile_text(source, artifact, ("cpu",)))
    np.save(folder / "ids.npy", ids.numpy())
    run = [find_tool("rmsnorm-run"), artifact, folder / "ids.npy", "-o", folder / "logits.npy"]
    stages.run("run (rmsnorm-run)", lambda: subprocess.run(run, check=True))
    loaded = stages.run("load (Python)", lambda: rmsnorm.load(artifact))
    function = loaded["main"]

    want = small_models.reference_logits(model, ids)
    from_tool = relative_difference(torch.from_numpy(np.load(folder / "logits.npy")), want)
    from_python = relative_difference(function(ids), want)
    with torch.no_grad():
        ours, eager = interleaved_medians(
            lambda: function(ids), lambda: model(ids, use_cache=False)
        )

    norms = sum(count for _, _, _, count in loaded.kernels)
    rows = [
        ("norms in the model / found", f"{small_models.NORMS['llama']} / {norms}"),
        ("kernels made", str(len(loaded.kernels))),
        ("worst difference, rmsnorm-run", f"{from_tool:.1e} of the largest logit"),
        ("worst difference, Python", f"{from_python:.1e} of the largest logit"),
        *((f"time: {name}", value) for name, value in stages.rows),
        ("per call, this artifact", f"{ours:.0f} us"),
        ("per call, PyTorch eager", f"{eager:.0f} us ({eager / ours:.1f} times as long)"),
    ]
    width = max(len(name) for name, _ in rows)
    print("\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in rows) + "\n")
    print(f"  artifact: {artifact}   (rmsnorm-run --info {artifact.name} tells what is in it)")
    if max(from_tool, from_python) > TOLERANCE:
        print(f"the difference from PyTorch is above {TOLERANCE}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
