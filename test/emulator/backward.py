# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the GPU kernels of the backward in the emulator, against the gradients' oracle.

    backward.py [--opt PATH] [--tool PATH] [--chip sm_90 ...]

``--chip`` assembles them with ptxas instead: none may spill. Prints one line per
failure and a count; exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np

TEST = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TEST / "python"), str(TEST / "oracle")]

import gradient_cases as cases  # noqa: E402
import rmsnorm_gradient as gradient  # noqa: E402
import rmsnorm_oracle as oracle  # noqa: E402

# (dtype, N, rows, variant): rstd given; recomputed, with a sum over everything; an
# epsilon per element; bounds that act.
CASES = (
    ("f32", 64, 33, "scale"),
    ("bf16", 769, 5, "scale"),
    ("f16", 1024, 3, "scale"),
    ("bf16", 4096, 2, "scale"),
    ("f64", 100, 7, "scale"),
    ("f32", None, 17, "scale"),
    ("f32", 7, 40, "all"),
    ("bf16", 256, 19, "all"),
    ("f32", 64, 9, "min_rms"),
    ("f32", 33, 9, "feature_eps"),
    ("bf16", 64, 6, "outside_eps"),
    ("f32", 8, 0, "all"),
)
# Plain sums: as many dependent additions as a thread of a column makes.
ULPS = 16.0
DYNAMIC_EXTENT = 50


def run_kernel(
    tool: str, source: Path, kernel: str, inputs: list[np.ndarray], count: int
) -> list[np.ndarray]:
    """Outputs of one kernel; bf16 comes back as such."""
    folder = source.parent
    command = [tool, str(source), f"--kernel={kernel}"]
    for i, value in enumerate(inputs):
        if value.ndim == 0:  # a number
            command += ["--in", repr(float(value))]
            continue
        path = folder / f"{kernel}_in{i}.npy"
        np.save(path, value.view(np.uint16) if value.dtype == ml_dtypes.bfloat16 else value)
        command += ["--in", str(path)]
    paths = [folder / f"{kernel}_out{i}.npy" for i in range(count)]
    for path in paths:
        command += ["--out", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()[:600]}")
    return [np.load(path) for path in paths]


def as_dtype(value: np.ndarray, dtype: str) -> np.ndarray:
    kind = oracle.DTYPES[dtype]
    return value if value.dtype == kind else value.view(kind)


def run_case(opt: str, tool: str, case: tuple[str, int | None, int, str]) -> str:
    dtype, extent, rows, name = case
    variant = next(v for v in cases.VARIANTS if v.name == name)
    n = DYNAMIC_EXTENT if extent is None else extent
    feed = cases.make_feed(variant, dtype, rows, n, "normal")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "kernels.mlir"
        text = cases.function_text(dtype, extent, variant)
        fused = subprocess.run(
            [opt, "--rmsnorm-fuse", "--canonicalize"], input=text, capture_output=True, text=True
        )
        if fused.returncode:
            return fused.stderr.strip()[:600]
        source.write_text(fused.stdout)
        rstd = feed.arguments[-1] if variant.rstd else None
        per_element = variant.eps_shape == ("N",)
        inputs = list(feed.arguments)
        if extent is None:
            inputs.append(np.asarray(n, oracle.DTYPES[cases.compute_name(dtype)]))
        columns = [key for key, shape in variant.asked.items() if "N" in shape]
        factor = "deps" in columns and not per_element
        # dx; then what the columns need of each row; then sums along the row.
        count = 1 + (rstd is None) + factor + len(variant.asked) - len(columns)
        first = run_kernel(tool, source, "rms_norm_backward", inputs, count)
        results = {"dx": as_dtype(first[0], dtype)}
        statistic = first[1] if rstd is None else rstd
        if set(columns) == {"dbias"}:
            second = [feed.arguments[0]]
        else:
            second = [feed.arguments[0], feed.arguments[1], statistic]
        if per_element:
            second.append(feed.arguments[-1])
        if "deps" in columns and variant.scale:
            second.append(feed.arguments[2])
        if factor:
            second.append(first[2])
        outs = run_kernel(tool, source, "rms_norm_backward_parameters", second, len(columns))
        for key, value in zip(columns, outs, strict=True):
            results[key] = as_dtype(value, cases.gradient_dtype(key, variant, dtype))
    problems = []
    for key, value in results.items():
        wrong = gradient.problem(value, feed.expected[key], ULPS)
        if wrong:
            problems.append(f"{key}: {wrong}")
    return "; ".join(problems)


def check_spills(opt: str, tool: str, chip: str) -> list[str]:
    problems = []
    for dtype, extent, _, name in CASES:
        variant = next(v for v in cases.VARIANTS if v.name == name)
        fused = subprocess.run(
            [opt, "--rmsnorm-fuse", "--canonicalize"],
            input=cases.function_text(dtype, extent, variant),
            capture_output=True,
            text=True,
        )
        done = subprocess.run(
            [tool, "-", "--list", f"--chip={chip}"],
            input=fused.stdout,
            capture_output=True,
            text=True,
        )
        lines = done.stdout.splitlines()
        if done.returncode or not lines:
            problems.append(f"{dtype} {extent} {name}: {done.stderr.strip()[:300]}")
        problems += [
            f"{dtype} {extent} {name}: {line}" for line in lines if not line.endswith(" spills=0")
        ]
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--opt", default="rmsnorm-opt", help="path of rmsnorm-opt")
    parser.add_argument("--tool", default="rmsnorm-emulate", help="path of rmsnorm-emulate")
    parser.add_argument("--chip", action="append", help="compute capability, may be repeated")
    options = parser.parse_args()
    failures = 0
    if options.chip:
        for chip in options.chip:
            for problem in check_spills(options.opt, options.tool, chip):
                failures += 1
                print(f"{chip}: {problem}", flush=True)
        return 1 if failures else 0
    for case in CASES:
        try:
            problem = run_case(options.opt, options.tool, case)
        except RuntimeError as error:
            problem = str(error)
        if problem:
            failures += 1
            print(f"{case}: {problem}", flush=True)
    print(f"{len(CASES) - failures} of {len(CASES)} cases pass")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
