# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Convolutions of every layout, stride, dilation and group, against NumPy in double precision."""

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from conftest import CompileFixture
from numpy.typing import NDArray

import rmsnorm

Array = NDArray[Any]
DTYPES: dict[str, Any] = {
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f32": np.float32,
    "f64": np.float64,
}
TOLERANCE = {"f16": 2.0**-10, "bf16": 2.0**-7, "f32": 2e-6, "f64": 1e-14}


@dataclass(frozen=True)
class Case:
    """A linalg named convolution; layouts name the dimensions with einsum letters.

    In the layouts n is the batch, g the groups, c and f the channels read and
    written, x, y, z the image and its positions in the filter.
    """

    op: str
    input: str
    filter: str
    output: str
    sizes: dict[str, int]  # of the output's image, too
    taps: dict[str, int]
    strides: dict[str, int]
    dilations: dict[str, int]
    dtype: str = "f32"
    dynamic: str = ""

    @property
    def name(self) -> str:
        numbers = "".join(
            str(v) for d in (self.taps, self.strides, self.dilations) for v in d.values()
        )
        return f"{self.op}_{numbers}_{self.dtype}_{self.dynamic}"

    def shape(self, letters: str, which: str) -> tuple[int, ...]:
        extents = []
        for letter in letters:
            if letter not in self.taps or which == "output":
                extents.append(self.sizes[letter])
            elif which == "filter":
                extents.append(self.taps[letter])
            else:
                span = (self.taps[letter] - 1) * self.dilations[letter]
                extents.append((self.sizes[letter] - 1) * self.strides[letter] + span + 1)
        return tuple(extents)

    def type(self, letters: str, which: str) -> str:
        extents = zip(letters, self.shape(letters, which), strict=True)
        dynamic = self.dynamic if which != "filter" else self.dynamic.replace("x", "")
        shown = "".join(f"{'?' if a in dynamic else e}x" for a, e in extents)
        return f"tensor<{shown}{self.dtype}>"

    def text(self) -> str:
        x, w = self.type(self.input, "input"), self.type(self.filter, "filter")
        y = self.type(self.output, "output")
        images = sorted(self.taps)

        def vector(values: dict[str, int]) -> str:
            return (
                f"dense<[{', '.join(str(values[i]) for i in images)}]> : vector<{len(images)}xi64>"
            )

        attributes = f"{{dilations = {vector(self.dilations)}, strides = {vector(self.strides)}}}"
        return (
            f"func.func @main(%x: {x}, %w: {w}, %o: {y}) -> {y} {{\n"
            f"  %r = linalg.{self.op} {attributes}\n    ins(%x, %w : {x}, {w}) outs(%o : {y}) -> {y}\n"
            f"  return %r : {y}\n}}\n"
        )

    def reference(self, x: Array, w: Array, o: Array) -> Array:
        result = o.astype(np.float64)
        images = sorted(self.taps)
        equation = "{},{}->{}".format(
            self.input, "".join(c for c in self.filter if c not in self.taps), self.output
        )
        for tap in np.ndindex(*(self.taps[i] for i in images)):
            at = dict(zip(images, tap, strict=True))
            window: list[slice] = []
            for letter in self.input:
                if letter not in at:
                    window.append(slice(None))
                    continue
                start = at[letter] * self.dilations[letter]
                count = (self.sizes[letter] - 1) * self.strides[letter] + 1
                window.append(slice(start, start + count, self.strides[letter]))
            point: list[Any] = [at.get(letter, slice(None)) for letter in self.filter]
            part = x.astype(np.float64)[tuple(window)]
            result += np.einsum(equation, part, w.astype(np.float64)[tuple(point)])
        return result


def case(op: str, layouts: str, sizes: str, **other: Any) -> Case:
    """``sizes``: letter and number, separated by blanks; strides and dilations by letter."""
    named = {s[0]: int(s[1:]) for s in sizes.split()}
    taps = {k: int(v) for k, v in other.pop("taps").items()}
    ones = dict.fromkeys(taps, 1)
    strides = ones | other.pop("strides", {})
    dilations = ones | other.pop("dilations", {})
    x, w, y = layouts.split()
    return Case(op, x, w, y, named, taps, strides, dilations, **other)


CASES = [
    case("conv_1d_ncw_fcw", "ncx fcx nfx", "n2 c5 f7 x19", taps={"x": 4}, dilations={"x": 3}),
    case("conv_1d_ncw_fcw", "ncx fcx nfx", "n2 c5 f7 x19", taps={"x": 3}, dynamic="nx"),
    case("conv_1d_nwc_wcf", "nxc xcf nxf", "n2 c5 f7 x19", taps={"x": 4}, strides={"x": 2}),
    case("conv_2d_nchw_fchw", "ncxy fcxy nfxy", "n2 c3 f8 x6 y5", taps={"x": 1, "y": 1}),
    case(
        "conv_2d_nchw_fchw",
        "ncxy fcxy nfxy",
        "n1 c3 f8 x6 y5",
        taps={"x": 1, "y": 1},
        strides={"x": 2, "y": 3},
    ),
    *(
        case(
            "conv_2d_nchw_fchw",
            "ncxy fcxy nfxy",
            "n2 c3 f8 x6 y5",
            taps={"x": 3, "y": 2},
            strides={"x": 2},
            dilations={"x": 2, "y": 3},
            dtype=dtype,
        )
        for dtype in DTYPES
    ),
    case("conv_2d_nhwc_hwcf", "nxyc xycf nxyf", "n2 c3 f8 x6 y5", taps={"x": 3, "y": 3}),
    case(
        "conv_2d_nhwc_fhwc",
        "nxyc fxyc nxyf",
        "n2 c3 f8 x6 y5",
        taps={"x": 3, "y": 3},
        dynamic="nxcf",
    ),
    case("conv_2d_ngchw_gfchw", "ngcxy gfcxy ngfxy", "n2 g3 c2 f4 x5 y6", taps={"x": 3, "y": 3}),
    case(
        "conv_2d_ngchw_fgchw",
        "ngcxy fgcxy ngfxy",
        "n2 g3 c2 f4 x5 y6",
        taps={"x": 3, "y": 2},
        dilations={"y": 2},
    ),
    case(
        "conv_3d_ncdhw_fcdhw",
        "ncxyz fcxyz nfxyz",
        "n2 c3 f4 x3 y4 z5",
        taps={"x": 2, "y": 3, "z": 2},
        strides={"y": 2},
    ),
    case(
        "conv_3d_ndhwc_dhwcf",
        "nxyzc xyzcf nxyzf",
        "n1 c3 f4 x3 y4 z5",
        taps={"x": 2, "y": 3, "z": 2},
    ),
    *(
        case("depthwise_conv_1d_ncw_cw", "ngx gx ngx", "n2 g37 x65", taps={"x": 4}, dtype=dtype)
        for dtype in DTYPES
    ),
    case("depthwise_conv_1d_ncw_cw", "ngx gx ngx", "n2 g5 x65", taps={"x": 4}, dynamic="nx"),
    case("depthwise_conv_1d_nwc_wc", "nxg xg nxg", "n2 g37 x9", taps={"x": 3}, strides={"x": 2}),
    case("depthwise_conv_2d_nchw_chw", "ngxy gxy ngxy", "n2 g5 x8 y9", taps={"x": 7, "y": 7}),
    case(
        "depthwise_conv_2d_nhwc_hwc",
        "nxyg xyg nxyg",
        "n2 g37 x5 y6",
        taps={"x": 3, "y": 3},
        strides={"x": 2},
        dilations={"y": 2},
        dtype="bf16",
    ),
    case(
        "depthwise_conv_2d_nhwc_hwcm",
        "nxyg xygf nxygf",
        "n2 g5 f3 x5 y6",
        taps={"x": 3, "y": 3},
    ),
    case("conv_1d", "x x x", "x50", taps={"x": 5}),
    case("conv_2d", "xy xy xy", "x9 y20", taps={"x": 3, "y": 2}, dynamic="xy"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_convolution(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context, case: Case
) -> None:
    rng = np.random.default_rng(5)
    layouts = ((case.input, "input"), (case.filter, "filter"), (case.output, "output"))
    x, w, o = (
        rng.standard_normal(case.shape(letters, which)).astype(DTYPES[case.dtype])
        for letters, which in layouts
    )
    path = compile_mlir(case.name, case.text())
    got = np.asarray(rmsnorm.load(path, two_threads)["main"](x, w, o)).astype(np.float64)
    want = case.reference(x, w, o)
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= TOLERANCE[case.dtype] * np.abs(want).max()
