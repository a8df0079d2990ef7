# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the GPU kernels in the emulator on a grid of shapes, against the oracle.

    grid.py [--full] [--every K] [--filter TEXT] [--tool PATH] [--jobs N]

Prints one line per failure and a count; exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass, field

import numpy as np
import oracle
from kernels import Form, build

SIZES = (
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    17,
    31,
    33,
    64,
    100,
    128,
    255,
    256,
    769,
    1000,
    1024,
    4096,
    5376,
    8192,
    65536,
)
DTYPES = ("bf16", "f16", "f32", "f64")
# The share of differing elements is taken of so many: of a larger result, or of all the
# smaller ones of a dtype together.
ENOUGH = 4096


@dataclass(frozen=True)
class Case:
    form: Form
    regime: str = "normal"
    flags: tuple[str, ...] = ()
    label: str = field(default="")

    def __str__(self) -> str:
        return f"{self.form.name} {'x'.join(map(str, self.form.extents))} {self.regime} {' '.join(self.flags)}".strip()


def rows_form(n: int, dtype: str, rows: int, *, dynamic: bool = False, **kwargs) -> Form:
    kwargs.setdefault("param_dims", (1,))
    parts = [k for k in ("scale", "bias", "residual", "amax", "round_sum") if kwargs.get(k)]
    name = "_".join(["norm", dtype, "dyn" if dynamic else str(n)] + parts)
    return Form(name, ("r", "c*"), (rows, n), (False, not dynamic), dtype, **kwargs)


def grid(full: bool):
    """The cases: a fixed list, the long one with ``full``."""
    for i, n in enumerate(SIZES):
        rows = 3 if n <= 8192 else 1
        for j, dtype in enumerate(DTYPES):
            yield Case(rows_form(n, dtype, rows, scale=dtype))
            if full or (i + j) % 4 == 0:
                yield Case(rows_form(n, dtype, rows, scale="f32", bias=dtype), "outlier")
                yield Case(
                    rows_form(n, dtype, rows, residual=True, scale=dtype), "normal", ("--pad=3",)
                )
                yield Case(rows_form(n, dtype, rows, scale=dtype), "normal", ("--offset=1",))
                yield Case(
                    rows_form(n, dtype, rows, scale=dtype), "small", ("--inner-stride=2", "--pad=1")
                )
            if full or (i + j) % 4 == 1:
                yield Case(rows_form(n, dtype, rows, dynamic=True, scale=dtype), "constant")
                yield Case(
                    rows_form(n, dtype, rows, dynamic=True, scale=dtype), "normal", ("--offset=1",)
                )
                yield Case(rows_form(n, dtype, rows, scale=dtype), "normal", ("--alias=0",))
            if full or (i + j) % 4 == 2:
                yield Case(
                    rows_form(n, dtype, rows, residual=True, round_sum=True),
                    "normal",
                    ("--alias=0,1",),
                )
                yield Case(rows_form(n, dtype, rows, scale=dtype, amax=True))
                yield Case(rows_form(n, dtype, rows, scale=dtype), "zeros")
            if full or (i + j) % 4 == 3:
                yield Case(
                    rows_form(n, dtype, rows, residual=True, scale=dtype, bias=dtype), "outlier"
                )
    yield from special_cases(full)


def special_cases(full: bool):
    for dtype in DTYPES if full else ("bf16", "f32"):
        for rows in (0, 1, 17, 333):
            yield Case(rows_form(128, dtype, rows, scale=dtype))
            yield Case(rows_form(7, dtype, rows, scale=dtype, residual=True))
        yield Case(rows_form(0, dtype, 3))
        yield Case(rows_form(0, dtype, 3, dynamic=True))
        # Channels first: B, C*, P.
        for c in (1, 3, 16, 64, 257, 1000):
            for p in (1, 7, 33, 64):
                form = Form(
                    f"channels_{dtype}_{c}",
                    ("b", "c*", "p"),
                    (2, c, p),
                    (False, True, False),
                    dtype,
                    scale="f32",
                    param_dims=(1,),
                )
                yield Case(form)
        yield Case(
            Form(
                f"channels_dyn_{dtype}",
                ("b", "c*", "p"),
                (2, 300, 5),
                (False, False, False),
                dtype,
                scale=dtype,
                bias="f32",
                param_dims=(1,),
            ),
            "constant",
        )
        yield Case(
            Form(f"channels_long_{dtype}", ("c*", "p"), (70000, 3), (True, False), dtype),
            "constant",
        )
        # Several axes: adjacent, a parameter on the inner one only, not adjacent.
        for static in (True, False):
            tag = "s" if static else "d"
            for h, d in ((3, 64), (5, 7), (12, 128), (1, 1)):
                space, fixed = ("b", "s", "h*", "d*"), (False, False, static, static)
                yield Case(
                    Form(
                        f"axes_{tag}_{dtype}_{h}_{d}",
                        space,
                        (2, 3, h, d),
                        fixed,
                        dtype,
                        scale=dtype,
                        param_dims=(2, 3),
                    )
                )
                yield Case(
                    Form(
                        f"inner_{tag}_{dtype}_{h}_{d}",
                        space,
                        (2, 3, h, d),
                        fixed,
                        dtype,
                        scale=dtype,
                        param_dims=(3,),
                    ),
                    "normal",
                    ("--pad=8",),
                )
                yield Case(
                    Form(
                        f"outer_{tag}_{dtype}_{h}_{d}",
                        space,
                        (2, 3, h, d),
                        fixed,
                        dtype,
                        scale=dtype,
                        param_dims=(2,),
                    )
                )
                yield Case(
                    Form(
                        f"split_{tag}_{dtype}_{h}_{d}",
                        ("h*", "b", "d*"),
                        (h, 5, d),
                        (static, False, static),
                        dtype,
                        scale=dtype,
                        param_dims=(0, 2),
                    ),
                    "normal",
                    ("--pad=1",),
                )
    for dtype in DTYPES:
        yield Case(rows_form(262144, dtype, 1, scale=dtype), "constant")
        yield Case(rows_form(262143, dtype, 1), "outlier")


@dataclass
class Outcome:
    """What went wrong (None: nothing), and the elements of small results by dtype.

    ``small``: (dtype, number not correctly rounded, number of elements).
    """

    problem: str | None = None
    small: list[tuple[str, int, int]] = field(default_factory=list)


def run_case(case: Case, tool: str) -> Outcome:
    form = case.form
    rng = np.random.default_rng(zlib.crc32(str(case).encode()))
    inputs = oracle.make_inputs(form, case.regime, rng)
    wanted = oracle.expected(form, inputs)
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "kernel.mlir")
        with open(source, "w") as file:
            file.write(build(form))
        command = [tool, source, *case.flags]
        for i, (values, dtype) in enumerate(inputs):
            path = os.path.join(folder, f"in{i}.npy")
            np.save(path, oracle.encode(values, dtype))
            command += ["--in", path]
        paths = [os.path.join(folder, f"out{i}.npy") for i in range(len(wanted))]
        for path in paths:
            command += ["--out", path]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            return Outcome(f"exit status {done.returncode}: {done.stderr.strip()[:600]}")
        outcome = Outcome()
        for i, ((want, magnitude, dtype), path) in enumerate(zip(wanted, paths)):
            got = oracle.decode(np.load(path), dtype)
            if got.shape != want.shape:
                return Outcome(f"output {i} has shape {got.shape}, expected {want.shape}")
            worst, differing = oracle.compare(got, want, magnitude, dtype)
            worst_allowed, share_allowed = oracle.limits(dtype)
            share = 0.0
            if got.size >= ENOUGH:
                share = differing / got.size
            else:
                outcome.small.append((dtype, differing, got.size))
            if worst > worst_allowed or share > share_allowed:
                return Outcome(
                    f"output {i}: worst error {worst:.2f} ulp, "
                    f"{differing} of {got.size} not correctly rounded"
                )
    return outcome


def check_small(outcomes: list[Outcome]) -> list[str]:
    """What is wrong with the small results of all cases, taken together by dtype."""
    problems = []
    for dtype in DTYPES:
        counts = [(d, n) for o in outcomes for t, d, n in o.small if t == dtype]
        differing, size = (sum(column) for column in zip(*counts)) if counts else (0, 0)
        if differing > oracle.limits(dtype)[1] * size:
            problems.append(
                f"{dtype}: {differing} of {size} elements of small results not correctly rounded"
            )
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the long grid")
    parser.add_argument("--every", type=int, default=1, help="only every K-th case")
    parser.add_argument("--filter", default="", help="only cases whose name contains this text")
    parser.add_argument("--tool", default="rmsnorm-emulate", help="path of rmsnorm-emulate")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    cases = [case for case in grid(options.full) if options.filter in str(case)][:: options.every]
    failures = 0
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, outcome in zip(cases, pool.map(lambda c: run_case(c, options.tool), cases)):
            outcomes.append(outcome)
            if outcome.problem:
                failures += 1
                print(f"FAILED {case}: {outcome.problem}", flush=True)
    together = check_small(outcomes)
    for problem in together:
        print(f"FAILED {problem}")
    print(f"{len(cases) - failures} of {len(cases)} cases passed")
    return 1 if failures or together or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
