# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random programs of norms and their neighbours, compiled and compared with NumPy.

Each program is evaluated in float64 with its own roundings, and several times with
small random errors in every step; how far those move a result says how far the compiled
one may be off. One thread and two must agree bit for bit, as must a second call
with other strides of the arguments.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import movement
import numpy as np
import operations
import structure
from operations import Rng
from program import DTYPES, EPSILON, FLOATS, Array, Dim, Program, Tensor

EXTENTS = (1, 2, 3, 4, 5, 8, 15, 16, 17, 24, 33, 64, 65, 100, 128, 130)
# Rows that are no longer kept in registers, whose values later passes read again.
LONG_EXTENTS = (321, 640, 700, 1000, 1024, 1280)
STEPS = [
    *(operations.norm,) * 5,
    *(operations.unary,) * 3,
    *(operations.binary,) * 5,
    *(operations.cast,) * 2,
    *(operations.reduction,) * 2,
    operations.softmax,
    *(movement.transpose,) * 2,
    movement.piece,
    movement.concat,
    movement.pad,
    movement.collapse,
    *(movement.expand,) * 2,
    movement.gather,
    movement.mask,
    *(structure.product,) * 2,
    structure.branch,
    structure.loop,
]


def build(seed: int, long: bool = False) -> Program:
    """The program of a seed; ``long``: its innermost extents are of some hundreds."""
    rng = np.random.default_rng(seed)
    p = Program(f"p{seed}")
    dtype = str(rng.choice(FLOATS, p=[0.2, 0.3, 0.4, 0.1]))
    rank = int(rng.integers(1, 5))
    extents = [int(rng.choice(EXTENTS[: 16 if rank < 4 else 9])) for _ in range(rank)]
    if rng.random() < 0.03:
        extents[int(rng.integers(rank))] = 0
    if long:
        extents = [min(e, 17) for e in extents[:2]] + [int(rng.choice(LONG_EXTENTS))]
        rank = len(extents)
    # A dynamic extent is taken from the first argument.
    dynamic = rng.random(rank) < rng.choice([0.0, 0.4, 1.0])
    dims = [Dim(e, f"%s{i}" if dynamic[i] else str(e)) for i, e in enumerate(extents)]
    x = p.argument(dims, dtype)
    for i, d in enumerate(dims):
        if not d.static:
            p.line(f"%k{i} = arith.constant {i} : index")
            p.line(f"{d.text} = tensor.dim {x.name}, %k{i} : {x.type}")
    p.argument(dims, dtype)
    p.argument(dims[int(rng.integers(rank)) :], dtype)
    for _ in range(int(rng.integers(1, 11))):
        step = STEPS[int(rng.integers(len(STEPS)))]
        step(p, rng)
        p.kinds.append(step.__name__)
    made = [t for t in p.tensors if t not in p.arguments and t.dtype in FLOATS]
    if not made:
        made = [operations.unary(p, rng) or x]
    chosen = [made[-1]] + [t for t in made[:-1] if rng.random() < 0.2]
    p.results = chosen[:4]
    return p


def make_inputs(p: Program, rng: Rng) -> list[Array]:
    inputs = []
    for argument in p.arguments:
        if argument.dtype in FLOATS:
            value = rng.standard_normal(argument.shape) * rng.choice([0.1, 1.0, 3.0])
        else:
            value = rng.integers(0, 2**31 - 1, argument.shape)
        inputs.append(np.asarray(value).astype(DTYPES[argument.dtype]))
    return inputs


def allowed(result: Tensor, exact: Array, moved: list[Array]) -> Array:
    """How far a compiled result may be from the exact one, per element."""
    spread = np.zeros(exact.shape)
    for other in moved:
        with np.errstate(invalid="ignore"):
            spread = np.maximum(spread, np.nan_to_num(np.abs(other - exact)))
    largest = float(np.max(np.abs(exact), initial=0.0, where=np.isfinite(exact)))
    step = max(EPSILON[result.dtype], EPSILON[result.coarsest])
    scale = np.maximum(np.where(np.isfinite(exact), np.abs(exact), 0), 0.1 * largest)
    # A rounding to a half type may go the other way in any single place.
    worst = float(spread.max(initial=0.0))
    return 8 * spread + worst * 2 + 4 * step * scale + 1e-37


def compare(p: Program, inputs: list[Array], got: list[Array], seed: int) -> list[str]:
    exact = p.evaluate(inputs, None)
    runs = [p.evaluate(inputs, np.random.default_rng((seed, i))) for i in range(4)]
    problems = []
    for i, (result, want) in enumerate(zip(p.results, exact, strict=True)):
        have = np.asarray(got[i]).astype(np.float64)
        if have.shape != want.shape:
            problems.append(f"result {i}: shape {have.shape}, expected {want.shape}")
            continue
        bound = allowed(result, want, [run[i] for run in runs])
        limit = {"f16": 65504.0, "bf16": 3.3e38, "f32": 3.4e38, "f64": 1e308}[result.dtype]
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(have - want) <= bound
        same = near | (np.isnan(have) & np.isnan(want)) | (have == want)
        # Close to the largest number of the type either is right.
        same |= (np.abs(want) > 0.99 * limit) & (np.abs(have) > 0.99 * limit)
        for run in runs:
            same |= ~np.isfinite(run[i]) & ~np.isfinite(have)
        if not same.all():
            at = tuple(int(a) for a in np.argwhere(~same)[0])
            problems.append(
                f"result {i} ({result.name} : {result.type}): {np.count_nonzero(~same)} of "
                f"{same.size} wrong; at {at} got {have[at]!r}, expected {want[at]!r}, "
                f"allowed {bound[at]:.3g}"
            )
    return problems


def spread_out(x: Array, rng: Rng) -> Array:
    """The same values with other strides."""
    wide = np.zeros([2 * e + 1 for e in x.shape], x.dtype)
    inner = int(rng.integers(1, 3))
    view = wide[
        tuple(
            slice(0, e * s, s) for e, s in zip(x.shape, [1] * (x.ndim - 1) + [inner], strict=True)
        )
    ]
    view[...] = x
    return view


def check(p: Program, artifact: Path, seed: int) -> list[str]:
    import rmsnorm

    rng = np.random.default_rng((seed, 1))
    inputs = make_inputs(p, rng)
    results = []
    for threads in (1, 2):
        context = rmsnorm.Context(threads, cache_directory="")
        function = rmsnorm.load(artifact, context)[p.name]
        for given in (inputs, [spread_out(x, rng) for x in inputs]):
            try:
                got = function(*given)
            except rmsnorm.RMSNormError as failure:
                # A function may ask for contiguous arguments.
                if given is not inputs and failure.status == "WRONG_STRIDE":
                    continue
                return [f"call failed: {failure}"]
            got = got if isinstance(got, tuple | list) else [got]
            results.append([np.array(g) for g in got])
    problems = compare(p, inputs, results[0], seed)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            if a.tobytes() != b.tobytes():
                problems.append("differs between threads or strides of the arguments")
    return problems


def run_seeds(seeds: list[int], folder: Path, target: str, long: bool) -> list[str]:
    """Compiles the programs of ``seeds`` into one artifact and checks each."""
    from rmsnorm.tools import find_tool

    programs = [build(seed, long) for seed in seeds]
    source, artifact = folder / "programs.mlir", folder / "programs.rmsn"
    source.write_text("".join(p.text() for p in programs))
    done = subprocess.run(
        [find_tool("rmsnorm-compile"), source, "-o", artifact, f"--target={target}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode != 0:
        if len(seeds) == 1:
            return [f"seed {seeds[0]}: the compiler failed: {done.stderr[-1500:]}"]
        return [m for seed in seeds for m in run_seeds([seed], folder, target, long)]
    failures = []
    for seed, p in zip(seeds, programs, strict=True):
        failures += [f"seed {seed} {p.kinds}: {m}" for m in check(p, artifact, seed)]
    return failures


def run_batch(seeds: list[int], target: str, long: bool) -> list[str]:
    """The same in another process, which a crash ends alone."""
    command = [sys.executable, __file__, "--in-process", "--target", target]
    command += ["--long"] if long else []
    done = subprocess.run(
        [*command, "--seed", str(seeds[0]), "--count", str(len(seeds))],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in (0, 1):
        return done.stdout.splitlines()
    if len(seeds) > 1:
        return [m for seed in seeds for m in run_batch([seed], target, long)]
    return [f"seed {seeds[0]}: ended with {done.returncode}: {done.stderr[-1500:]}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="the first program (default: 0)")
    parser.add_argument("--count", type=int, default=1000, help="how many programs (default: 1000)")
    parser.add_argument("--target", default="cpu", help="rmsnorm-compile's --target (default: cpu)")
    parser.add_argument("--long", action="store_true", help="rows of some hundreds of elements")
    parser.add_argument("--show", action="store_true", help="print the programs' MLIR instead")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    seeds = list(range(options.seed, options.seed + options.count))
    if options.show:
        print("".join(build(seed, options.long).text() for seed in seeds))
        return 0
    if options.in_process:
        with tempfile.TemporaryDirectory(prefix="rmsnorm-fuzz-") as folder:
            failures = run_seeds(seeds, Path(folder), options.target, options.long)
        print("\n".join(failures))
        return bool(failures)
    total = 0
    for start in range(0, len(seeds), 10):
        batch = seeds[start : start + 10]
        failures = [m for m in run_batch(batch, options.target, options.long) if m]
        total += len({m.split(" ", 2)[1] for m in failures if m.startswith("seed ")})
        for message in failures:
            print(message, flush=True)
        if start // 10 % 10 == 9:
            print(f"{start + 10} programs, {total} with problems", flush=True)
    print(f"{len(seeds)} programs, {total} with problems")
    return total != 0


if __name__ == "__main__":
    sys.exit(main())
