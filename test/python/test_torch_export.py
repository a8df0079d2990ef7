# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX, TorchScript, torch.export: what leaves this package runs without it."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import rmsnorm


def onnx_17(model: torch.nn.Module, inputs: tuple[Any, ...]) -> onnx.ModelProto:
    buffer: Any = io.BytesIO()
    torch.onnx.export(model, inputs, buffer, opset_version=17, dynamo=False)
    return onnx.load_from_string(buffer.getvalue())


def exported(model: torch.nn.Module, inputs: tuple[Any, ...], opset: int) -> onnx.ModelProto:
    if opset == 17:
        return onnx_17(model, inputs)
    program = torch.onnx.export(model, inputs, opset_version=opset, dynamo=True, verbose=False)
    assert program is not None
    proto: onnx.ModelProto = program.model_proto
    return proto


def onnx_results(proto: onnx.ModelProto, inputs: tuple[torch.Tensor, ...]) -> list[Any]:
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [value.name for value in session.get_inputs()]
    feed = dict(zip(names, (tensor.numpy() for tensor in inputs)))
    return list(session.run(None, feed))


MODULES = {
    "plain": lambda: rmsnorm.RMSNorm(16, 1e-6),
    "default_eps": lambda: rmsnorm.RMSNorm(16),
    "bias_offset": lambda: rmsnorm.RMSNorm(16, 1e-6, bias=True, weight_offset=1.0),
    "clamp": lambda: rmsnorm.RMSNorm(16, 0.0, min_rms=0.5),
    "learnt_eps": lambda: rmsnorm.RMSNorm(16, 1e-3, learnable_eps=True),
    "axes": lambda: rmsnorm.RMSNorm(3, 1e-6, normalized_axes=1),
    "no_weight": lambda: rmsnorm.RMSNorm((3, 16), 1e-6, False),
    "grouped": lambda: rmsnorm.GroupedRMSNorm(16, 1e-6, num_groups=2),
    "scale_norm": lambda: rmsnorm.ScaleNorm(16),
    "partial": lambda: rmsnorm.PartialRMSNorm(16, 1e-6, partial=0.25),
    "residual": lambda: rmsnorm.RMSNormWithResidual(16, 1e-6, residual_scale=0.5, return_sum=True),
}
NATIVE = ("plain", "bias_offset")


# The exporter by torch.export takes seconds for each.
CASES = [
    *((name, 17) for name in MODULES),
    *((name, 18) for name in ("plain", "clamp")),
    *((name, 23) for name in ("plain", "bias_offset", "clamp", "residual")),
]


@pytest.mark.parametrize(("name", "opset"), CASES)
def test_onnx_runtime_agrees(name: str, opset: int) -> None:
    model = MODULES[name]().eval()
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, 0.5, 1.5)
    generator = torch.Generator().manual_seed(5)
    count = 2 if name == "residual" else 1
    inputs = tuple(torch.randn(2, 3, 16, generator=generator) for _ in range(count))
    inputs[0][0, 0] = 0.0
    proto = exported(model, inputs, opset)
    nodes = {node.op_type for node in proto.graph.node}
    domains = {node.domain for node in proto.graph.node}
    assert domains <= {"", "ai.onnx"}
    assert ("RMSNormalization" in nodes) == (opset >= 23 and name in NATIVE), nodes
    with torch.no_grad():
        want = model(*inputs)
    got = onnx_results(proto, inputs)
    for one, other in zip(got, want if isinstance(want, tuple) else (want,)):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cast", [False, True])
def test_no_native_node_where_the_rounding_may_differ(cast: bool) -> None:
    model = rmsnorm.RMSNorm(16, 1e-6, dtype=torch.float16, cast_before_weight=cast).eval()
    torch.nn.init.uniform_(model.weight, 0.5, 1.5)
    x = torch.randn(40, 16, generator=torch.Generator().manual_seed(1)).half()
    proto = exported(model, (x,), 23)
    assert "RMSNormalization" not in {node.op_type for node in proto.graph.node}
    with torch.no_grad():
        want = model(x)
    assert np.mean(onnx_results(proto, (x,))[0] != want.numpy()) <= 0.01


LOADER = """
import sys, torch
assert "rmsnorm" not in sys.modules
model, x, want = torch.jit.load(sys.argv[1]), *torch.load(sys.argv[2])
got = model(*x)
for one, other in zip(got if isinstance(got, tuple) else (got,), want):
    torch.testing.assert_close(one, other)
assert "rmsnorm" not in sys.modules
"""


def test_torchscript_runs_without_the_package(tmp_path: Path) -> None:
    for name, make in MODULES.items():
        model = make().eval()
        inputs = tuple(torch.randn(2, 3, 16) for _ in range(2 if name == "residual" else 1))
        with torch.no_grad():
            want = model(*inputs)
            script, trace = torch.jit.script(model), torch.jit.trace(model, inputs)
        want = want if isinstance(want, tuple) else (want,)
        for kind, compiled in (("script", script), ("trace", trace)):
            got = compiled(*inputs)
            for one, other in zip(got if isinstance(got, tuple) else (got,), want):
                torch.testing.assert_close(one, other)
            compiled.save(str(tmp_path / f"{name}-{kind}.pt"))
    torch.save((inputs, want), tmp_path / "data.pt")
    for kind in ("script", "trace"):
        subprocess.run(
            [sys.executable, "-c", LOADER, tmp_path / f"{name}-{kind}.pt", tmp_path / "data.pt"],
            check=True,
            env={"PATH": "/usr/bin:/bin"},
            cwd=tmp_path,
        )


def test_scripted_shapes_are_dynamic() -> None:
    module = torch.jit.script(rmsnorm.RMSNorm(16, bias=True, learnable_eps=True))
    for shape in ((16,), (0, 16), (2, 1, 5, 16)):
        x = torch.randn(shape)
        torch.testing.assert_close(module(x), torch.nn.functional.rms_norm(x, (16,)))
    with pytest.raises(torch.jit.Error, match="normalized_shape has 2 extents"):
        torch.jit.script(rmsnorm.RMSNorm((2, 16)))(torch.randn(16))
