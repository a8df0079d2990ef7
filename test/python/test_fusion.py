# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each neighbourhood of a norm is one kernel that moves the fewest bytes, and right."""

import json
import subprocess
from pathlib import Path
from typing import Any

import neighbourhoods
import numpy as np
import pytest
from conftest import CompileFixture
from emulated_program import Program
from graph import BITS, Graph, Tensor
from neighbourhoods import NEIGHBOURHOODS, Neighbourhood
from numpy.typing import NDArray

import rmsnorm
from rmsnorm.tools import find_tool

Array = NDArray[Any]
CASES = [(n, dtype) for n in NEIGHBOURHOODS for dtype in n.dtypes]
IDS = [f"{n.name}-{dtype}" for n, dtype in CASES]
# Those whose rows may have any extent.
LONG = [
    (n, dtype)
    for n, dtype in CASES
    if n.build.__name__
    in (
        *("residual", "gated", "gate_first", "dynamic_int8", "dequantised", "sandwich"),
        *("several_norms", "f8_e4m3", "gelu", "diamond", "chain"),
    )
]
FUSION = ["--rmsnorm-decompose-tensor-ops", "--rmsnorm-fuse", "--canonicalize", "--cse"]


def graph_of(neighbourhood: Neighbourhood, dtype: str) -> Graph:
    graph = Graph(neighbourhood.name)
    neighbourhood.build(graph, dtype)
    return graph


def traffic(text: str, passes: list[str]) -> Any:
    """The traffic report of ``text`` after some passes."""
    done = subprocess.run(
        [find_tool("rmsnorm-opt"), *passes, "--rmsnorm-report-traffic=output=-", "-o", "/dev/null"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def evaluate(count: Any, extents: dict[str, int]) -> int:
    """A byte count of the report as a number."""
    total = 0
    for term in count["terms"]:
        product = term["factor"]
        for name in term["extents"]:
            product *= extents[name]
        total += product
    return int(total)


def extents_of(graph: Graph) -> dict[str, int]:
    return {
        f"main:arg{i}.d{d}": extent
        for i, argument in enumerate(graph.arguments)
        for d, extent in enumerate(argument.exact.shape)
    }


@pytest.mark.parametrize(("neighbourhood", "dtype"), CASES, ids=IDS)
def test_minimum_traffic(neighbourhood: Neighbourhood, dtype: str) -> None:
    graph = graph_of(neighbourhood, dtype)
    report = traffic(graph.text(), FUSION)
    operations = report["functions"][0]["operations"]
    assert [o["kind"] for o in operations] == ["row_kernel"], [
        (o["op"], o["reads"], o["writes"]) for o in operations
    ]
    total = report["totals"]["all"]
    extents = extents_of(graph)
    least = sum(a.bytes for a in graph.arguments) - neighbourhood.unread(graph)
    assert evaluate(total["bytes_read"], extents) == least
    assert evaluate(total["bytes_written"], extents) == sum(r.bytes for r in graph.results)
    before = traffic(graph.text(), [])["totals"]["all"]
    assert total["norms"] == before["norms"]
    assert evaluate(before["bytes_written"], extents) >= evaluate(total["bytes_written"], extents)


@pytest.mark.parametrize(("neighbourhood", "dtype"), CASES, ids=IDS)
def test_no_temporaries(neighbourhood: Neighbourhood, dtype: str) -> None:
    """After bufferization there is still nothing else: no copy, no buffer."""
    graph = graph_of(neighbourhood, dtype)
    passes = [
        *FUSION,
        "--rmsnorm-prepare-entries",
        "--canonicalize",
        "--cse",
        "--rmsnorm-separate-inits",
        "--eliminate-empty-tensors",
        "--one-shot-bufferize",
        "--canonicalize",
        "--rmsnorm-forward-copies",
        "--canonicalize",
    ]
    operations = [
        o for function in traffic(graph.text(), passes)["functions"] for o in function["operations"]
    ]
    # What checks the indices of an embedding reads them outside of the kernel.
    assert [o["kind"] for o in operations] == ["row_kernel"], [
        (o["op"], o["name"], o["writes"]) for o in operations
    ]


def ulps(got: Array, want: Array, dtype: str) -> tuple[float, float]:
    """The largest error in steps of the dtype near the wanted value, and the share that differs."""
    got, want = got.astype(np.float64), want.astype(np.float64)
    assert got.shape == want.shape
    both_nan = np.isnan(got) & np.isnan(want)
    if dtype.startswith("i"):
        step = np.ones_like(want)
    else:
        mantissa = {"f16": 10, "bf16": 7, "f32": 23, "f8E4M3FN": 3, "f8E5M2": 2}[dtype]
        least = {"f16": -14, "bf16": -126, "f32": -126, "f8E4M3FN": -6, "f8E5M2": -14}[dtype]
        # Sums of large numbers with a small result have the errors of the large ones.
        scale = np.abs(want)
        if dtype == "f32":
            scale = np.maximum(scale, np.sqrt((want**2).mean()))
        exponent = np.floor(np.log2(np.where(scale > 0, scale, 1.0)))
        exponent = np.where(scale > 0, np.maximum(exponent, least), least)
        step = np.exp2(exponent - mantissa)
    error = np.where(both_nan, 0.0, np.abs(got - want) / step)
    return float(error.max(initial=0)), float((error > 0).mean()) if error.size else 0.0


def check(name: str, results: list[Tensor], got: list[Array]) -> None:
    """Sums in another order move an f32 by a few steps; what is rounded after by one, seldom."""
    assert len(got) == len(results)
    for result, values in zip(results, got, strict=True):
        worst, differing = ulps(values, result.exact, result.dtype)
        if BITS[result.dtype] == 32:
            # Chains of products and of exp, tanh and erf in f32 add up their own.
            assert worst <= 16, f"{name}: {worst} steps"
            continue
        assert worst <= 1, f"{name}: {worst} steps of {result.dtype}"
        allowed = max(0.02, 1.5 / max(result.exact.size, 1))
        assert differing <= allowed, f"{name}: {differing:.1%} of {result.dtype} differ"


@pytest.mark.parametrize(("neighbourhood", "dtype"), CASES, ids=IDS)
def test_numbers(
    neighbourhood: Neighbourhood,
    dtype: str,
    compile_mlir: CompileFixture,
    two_threads: rmsnorm.Context,
) -> None:
    graph = graph_of(neighbourhood, dtype)
    artifact = compile_mlir(f"fusion_{neighbourhood.name}_{dtype}", graph.text())
    got = rmsnorm.load(artifact, two_threads)["main"](*graph.inputs())
    check(neighbourhood.name, graph.results, list(got) if isinstance(got, tuple) else [got])


@pytest.mark.parametrize(("neighbourhood", "dtype"), LONG, ids=[f"{n.name}-{t}" for n, t in LONG])
def test_numbers_of_long_rows(
    neighbourhood: Neighbourhood,
    dtype: str,
    compile_mlir: CompileFixture,
    two_threads: rmsnorm.Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows that registers do not hold, and whose end is no whole vector."""
    monkeypatch.setattr(neighbourhoods, "N", 1043)
    test_numbers(neighbourhood, dtype, compile_mlir, two_threads)


@pytest.mark.parametrize(("neighbourhood", "dtype"), CASES, ids=IDS)
def test_emulated_gpu_numbers(neighbourhood: Neighbourhood, dtype: str, tmp_path: Path) -> None:
    """The GPU kernel, executed on the CPU."""
    graph = graph_of(neighbourhood, dtype)
    fused = subprocess.run(
        [find_tool("rmsnorm-opt"), *FUSION],
        input=graph.text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert fused.returncode == 0, fused.stderr
    program = Program(fused.stdout, graph.inputs(), tmp_path)
    got = program.run()
    assert program.kernels == 1
    check(neighbourhood.name, graph.results, got)
