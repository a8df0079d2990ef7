# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every scalar operation compiles for every type: no import, no device library."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from conftest import CompileFixture

import rmsnorm
from rmsnorm.tools import find_tool

# fmt: off
FLOAT_UNARY = (
    "math.absf", "math.acos", "math.acosh", "math.asin", "math.asinh", "math.atan", "math.atanh",
    "math.cbrt", "math.ceil", "math.cos", "math.cosh", "math.erf", "math.erfc", "math.exp",
    "math.exp2", "math.expm1", "math.floor", "math.log", "math.log10", "math.log1p", "math.log2",
    "math.round", "math.roundeven", "math.rsqrt", "math.sin", "math.sinh", "math.sqrt", "math.tan",
    "math.tanh", "math.trunc", "arith.negf",
)
FLOAT_BINARY = (
    "arith.addf", "arith.subf", "arith.mulf", "arith.divf", "arith.remf", "arith.maximumf",
    "arith.minimumf", "arith.maxnumf", "arith.minnumf", "math.atan2", "math.copysign", "math.powf",
)
INTEGER_UNARY = ("math.absi", "math.ctlz", "math.cttz", "math.ctpop")
INTEGER_BINARY = (
    "arith.addi", "arith.subi", "arith.muli", "arith.divsi", "arith.divui", "arith.remsi",
    "arith.remui", "arith.floordivsi", "arith.ceildivsi", "arith.ceildivui", "arith.andi",
    "arith.ori", "arith.xori", "arith.shli", "arith.shrsi", "arith.shrui", "arith.maxsi",
    "arith.minsi", "arith.maxui", "arith.minui", "math.ipowi",
)
# fmt: on
OPERATIONS = {
    **dict.fromkeys(("f16", "bf16", "f32", "f64"), (FLOAT_UNARY, FLOAT_BINARY)),
    **dict.fromkeys(("i1", "i8", "i32", "i64"), (INTEGER_UNARY, INTEGER_BINARY)),
}


def function(dtype: str, op: str, operands: str) -> str:
    x = f"tensor<5x?x{dtype}>"
    maps = ", ".join(["affine_map<(i, j) -> (i, j)>"] * 3)
    return f"""func.func @{op.split(".")[1]}(%x: {x}, %y: {x}) -> {x} {{
  %c1 = arith.constant 1 : index
  %d = tensor.dim %x, %c1 : {x}
  %e = tensor.empty(%d) : {x}
  %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %y : {x}, {x}) outs(%e : {x}) {{
  ^bb0(%p: {dtype}, %q: {dtype}, %o: {dtype}):
    %a = {op} {operands} : {dtype}
    linalg.yield %a : {dtype}
  }} -> {x}
  return %r : {x}
}}
"""


@pytest.mark.parametrize("target", ["cpu:x86-64-v3", "nvptx:sm_80"])
@pytest.mark.parametrize("dtype", OPERATIONS)
def test_compiles(tmp_path: Path, dtype: str, target: str) -> None:
    unary, binary = OPERATIONS[dtype]
    text = "".join(function(dtype, op, "%p") for op in unary)
    text += "".join(function(dtype, op, "%p, %q") for op in binary)
    (tmp_path / "all.mlir").write_text(text)
    command = [str(find_tool("rmsnorm-compile")), str(tmp_path / "all.mlir")]
    command += ["-o", str(tmp_path / "all.rmsn"), f"--target={target}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", ["f16", "bf16", "f32"])
def test_maximum_and_minimum_of_numbers(
    compile_mlir: CompileFixture, one_thread: rmsnorm.Context, dtype: str
) -> None:
    """A NaN gives way."""
    text = "".join(function(dtype, f"arith.{op}", "%p, %q") for op in ("maxnumf", "minnumf"))
    artifact = rmsnorm.load(compile_mlir(f"numbers_{dtype}", text), one_thread)
    kinds = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32}
    points = np.array([1.0, -2.5, np.inf, -np.inf, np.nan, 3e-5, 0.0])
    x, y = (
        np.resize(a, (5, a.size)).astype(kinds[dtype])
        for a in map(np.ravel, np.meshgrid(points, points))
    )
    for name, reference in (("maxnumf", np.fmax), ("minnumf", np.fmin)):
        want = reference(x.astype(np.float64), y.astype(np.float64))
        np.testing.assert_array_equal(artifact[name](x, y).astype(np.float64), want)


def test_signed_division(compile_mlir: CompileFixture, one_thread: rmsnorm.Context) -> None:
    names = ("divsi", "floordivsi", "ceildivsi", "remsi")
    text = "".join(function("i64", f"arith.{name}", "%p, %q") for name in names)
    artifact = rmsnorm.load(compile_mlir("signed", text), one_thread)
    numbers = [0, 1, -1, 7, -7, 2**62, -(2**63), 2**63 - 1]
    divisors = [1, -1, 2, -3, -(2**63)]
    pairs = [(a, b) for a in numbers for b in divisors]
    x, y = (np.resize(np.array(v, np.int64), (5, len(pairs))) for v in zip(*pairs, strict=True))

    def truncated(a: int, b: int) -> int:
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)

    exact: dict[str, Callable[[int, int], int]] = {
        "divsi": truncated,
        "floordivsi": lambda a, b: a // b,
        "ceildivsi": lambda a, b: -(-a // b),
        "remsi": lambda a, b: a - b * truncated(a, b),
    }
    for name in names:
        # The smallest number by -1 wraps around.
        want = [(exact[name](a, b) + 2**63) % 2**64 - 2**63 for a, b in pairs]
        np.testing.assert_array_equal(artifact[name](x, y)[0], np.array(want))
    # One zero among many divisors, in the middle of a vector and at the end of the row.
    for name in names:
        for at in (0, 17, x.shape[1] - 1):
            zeroed = np.ones_like(y)
            zeroed[3, at] = 0
            with pytest.raises(rmsnorm.RMSNormError, match="division by zero") as failure:
                artifact[name](x, zeroed)
            assert failure.value.status == "ASSERTION"
        np.testing.assert_array_equal(artifact[name](x, np.full_like(y, 2)).shape, x.shape)
