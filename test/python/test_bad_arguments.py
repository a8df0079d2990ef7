# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Wrong arguments of ``compile``, of what it returns, and of ``load``: the message names them."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("torch_mlir", reason="torch-mlir is not installed")

import torch

import rmsnorm


class Scaled(torch.nn.Module):
    def forward(self, x: Any, factor: int = 2) -> Any:
        return factor * x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6)


X = torch.ones(2, 8)


@pytest.fixture(scope="module")
def compiled() -> Any:
    return rmsnorm.compile(Scaled().eval(), (X, 3))


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        ((X,), {}, TypeError, "example_inputs: given Tensor, expected a tuple"),
        (("x",), {"example_kwargs": 3}, TypeError, "example_kwargs: given int, expected a dict"),
        (((X,),), {"target": 3}, TypeError, "target: given 3, expected"),
        (((X,),), {"target": ["cpu", 3]}, TypeError, "target: given .*3.*, expected"),
        (((X,),), {"target": ()}, ValueError, r"target: given \(\), expected at least one"),
        (((X,),), {"target": "cpu\0"}, ValueError, "target: given"),
        (((X,),), {"context": 3}, TypeError, "context: given int, expected a Context"),
    ],
)
def test_compile(arguments: Any, keywords: Any, error: Any, message: str) -> None:
    if arguments == ("x",):
        arguments = ((X,),)
    with pytest.raises(error, match=message):
        rmsnorm.compile(Scaled().eval(), *arguments, **keywords)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 3), "x: given int, expected a torch tensor"),
        ((None, 3), "x: given NoneType, expected a torch tensor"),
        # Would compute with the example's 3.
        ((X, 5), "factor: given 5, expected 3, the example's value"),
        ((X, 3.0), "factor: given 3.0, expected 3, the example's value"),
        ((X, X), r"(?s)factor: given tensor.*, expected 3"),
        ((X.to("meta"), 3), "argument 0: cannot be taken as a tensor: .*meta"),
        ((X.to_sparse(), 3), "argument 0: cannot be taken as a tensor: "),
        ((X,), "arguments: given the structure"),
    ],
)
def test_call(compiled: Any, arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        compiled(*arguments)
    assert "Exception raised from" not in str(caught.value)


def test_call_still_works(compiled: Any) -> None:
    torch.testing.assert_close(compiled(2 * X, 3), 3 * X)


class Options(torch.nn.Module):
    def forward(self, x: Any, mask: Any = None, negate: bool = False, kind: str = "a") -> Any:
        x = x if mask is None else x * mask
        x = -x if negate else x
        return x + 1 if kind == "b" else x


@pytest.mark.parametrize("options", [(None,), (None, True), (X, True, "b"), (None, False, "b")])
def test_arguments_that_are_no_tensors(options: Any) -> None:
    """None, flags and text are part of the compiled code."""
    model = Options().eval()
    x = torch.randn(2, 8)
    torch.testing.assert_close(
        rmsnorm.compile(model, (x, *options))(2 * x, *options), model(2 * x, *options)
    )


DIM = torch.export.Dim.DYNAMIC


class Parts(torch.nn.Module):
    def forward(self, parts: Any, more: Any) -> Any:
        return parts[0] + parts[1] * more["x"]


@pytest.mark.parametrize(
    ("shapes", "error", "message"),
    [
        ((({5: DIM}, None), {"x": None}), ValueError, r"dynamic_shapes\[0\]\[0\]: given axis 5"),
        (((None, {-3: DIM}), {"x": None}), ValueError, "given axis -3, expected -2 to 1 for an"),
        (
            {"parts": (None, None), "more": {"x": {2: torch.export.Dim.AUTO}}},
            ValueError,
            r"dynamic_shapes\['more'\]\['x'\]: given axis 2, .* input of shape \[2, 8\]",
        ),
        (({0: DIM, -2: DIM}, None), ValueError, "given axes .*, expected none twice"),
        (((None, {"0": DIM}), {"x": None}), TypeError, "given the axis '0', expected an integer"),
    ],
)
def test_dynamic_axes(shapes: Any, error: Any, message: str) -> None:
    model: Any = Parts() if "none twice" not in message else Scaled()
    inputs: Any = ((X, X), {"x": X}) if "none twice" not in message else (X, 3)
    with pytest.raises(error, match=message):
        rmsnorm.compile(model.eval(), inputs, dynamic_shapes=shapes)


@pytest.mark.parametrize("keywords", [False, True])
def test_negative_dynamic_axes(keywords: bool) -> None:
    model = Scaled().eval()
    shapes: Any = {"x": {-2: torch.export.Dim("rows")}, "factor": None}
    arguments: Any = {"example_kwargs": {"x": X, "factor": 3}} if keywords else {}
    given = () if keywords else (X, 3)
    compiled = rmsnorm.compile(model, given, dynamic_shapes=shapes, **arguments)
    x = torch.randn(7, 8)
    got = compiled(x=x, factor=3) if keywords else compiled(x, 3)
    torch.testing.assert_close(got, model(x, 3))


def test_save(compiled: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="path: given int, expected the path of a file"):
        compiled.save(3)
    with pytest.raises(OSError, match="directory"):
        compiled.save(tmp_path)


def test_axes_beyond_32_bits() -> None:
    context = rmsnorm.Context(cache_directory="")
    with pytest.raises(ValueError, match="axes: given 4294967297"):
        context.compile_norm(3, (4, 8), (2**32 + 1,))


def test_targets_and_threads() -> None:
    context = rmsnorm.Context(cache_directory="")
    wrong: Any = ("cpu", 3)
    with pytest.raises(TypeError, match="targets: item 1 is not a string"):
        context.compile_text("module {}", wrong)
    for threads in (-1, 2**40):
        with pytest.raises(ValueError, match=f"num_threads: given {threads}, expected 0"):
            rmsnorm.Context(threads)
