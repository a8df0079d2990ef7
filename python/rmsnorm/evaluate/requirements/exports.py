# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Requirement 11: TorchScript, ONNX, ``torch.export`` and ``torch.compile``.

Each function is one case, on the modules of ``_examples``; what is exported is called with
other numbers of rows than it was exported with. It raises ``Failure`` or what it came upon.
"""

import io
from typing import Any

import numpy as np

import rmsnorm
from rmsnorm.evaluate.compare import check

_EXTENT = 16


def _examples() -> dict[str, tuple[Any, int, bool]]:
    """By name: a module, how many tensors it takes, and whether ONNX's node means the same."""
    import torch

    plain = rmsnorm.RMSNorm(_EXTENT, 1e-6, bias=True)
    # The clamp acts on most rows: a node that knows none would differ.
    clamped = rmsnorm.RMSNorm(_EXTENT, 0.0, min_rms=1.0)
    learnt = rmsnorm.RMSNorm(_EXTENT, 1e-3, learnable_eps=True)
    both = rmsnorm.RMSNormWithResidual(_EXTENT, 1e-6, residual_scale=0.5, return_sum=True)
    for module in (plain, clamped, learnt, both):
        torch.nn.init.uniform_(module.weight, 0.5, 1.5)
        module.eval()
    return {
        "RMSNorm": (plain, 1, True),
        "RMSNorm with a clamp": (clamped, 1, False),
        "RMSNorm with a learnt epsilon": (learnt, 1, False),
        "RMSNormWithResidual": (both, 2, False),
    }


def _inputs(count: int, rows: int) -> tuple[Any, ...]:
    import torch

    generator = torch.Generator().manual_seed(7 + rows)
    given = [torch.randn(rows, 4, _EXTENT, generator=generator) for _ in range(count)]
    for tensor in given:
        tensor[0, 0] = 0  # a zero row
    return tuple(given)


def _agree(name: str, call: Any, module: Any, count: int, **tolerances: Any) -> None:
    import torch

    for rows in (3, 1, 6):
        given = _inputs(count, rows)
        with torch.no_grad():
            torch.testing.assert_close(
                call(*given), module(*given), msg=lambda text: f"{name}: {text}", **tolerances
            )


def torchscript(way: str) -> None:
    """Scripted or traced, saved and loaded again."""
    import torch

    jit: Any = torch.jit
    for name, (module, count, _) in _examples().items():
        with torch.no_grad():
            made = jit.script(module) if way == "script" else jit.trace(module, _inputs(count, 3))
        buffer = io.BytesIO()
        jit.save(made, buffer)
        buffer.seek(0)
        loaded = jit.load(buffer)
        _agree(name, made, module, count)
        _agree(f"{name}, loaded", loaded, module, count)


def _onnx(module: Any, count: int, opset: int) -> bytes:
    """The module as ONNX with open rows: by the TorchScript exporter before opset 18."""
    import torch

    names = ["x", "residual"][:count]
    if opset < 18:
        buffer: Any = io.BytesIO()
        torch.onnx.export(
            module,
            _inputs(count, 3),
            buffer,
            opset_version=opset,
            dynamo=False,
            input_names=names,
            dynamic_axes={name: {0: "rows"} for name in names},
        )
        exported: bytes = buffer.getvalue()
        return exported
    rows = torch.export.Dim("rows", min=1, max=64)
    program: Any = torch.onnx.export(
        module,
        _inputs(count, 3),
        opset_version=opset,
        dynamo=True,
        dynamic_shapes=tuple({0: rows} for _ in names),
        verbose=False,
    )
    serialised: bytes = program.model_proto.SerializeToString()
    return serialised


def onnx_export(opset: int) -> None:
    """Exported at an opset, ONNX Runtime agrees; the native node just where it means the same."""
    import onnx
    import onnxruntime
    import torch

    for name, (module, count, same) in _examples().items():
        data = _onnx(module, count, opset)
        model = onnx.load_from_string(data)
        (version,) = (entry.version for entry in model.opset_import if not entry.domain)
        check(version == opset, f"{name}: exported at opset {version}, expected {opset}")
        foreign = {node.domain for node in model.graph.node} - {"", "ai.onnx"}
        check(not foreign, f"{name}: has nodes of {', '.join(foreign)}")
        native = any(node.op_type == "RMSNormalization" for node in model.graph.node)
        expected = same and opset >= 23
        check(native == expected, f"{name}: RMSNormalization: {native}, expected {expected}")
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        inputs = [entry.name for entry in session.get_inputs()]

        def call(*given: Any, run: Any = session.run, inputs: list[str] = inputs) -> Any:
            feeds = {key: np.asarray(value) for key, value in zip(inputs, given, strict=True)}
            got = tuple(torch.from_numpy(value) for value in run(None, feeds))
            return got if len(got) > 1 else got[0]

        _agree(name, call, module, count, rtol=1e-5, atol=1e-6)


def torch_export() -> None:
    """``torch.export`` with open rows."""
    import torch

    for name, (module, count, _) in _examples().items():
        rows = torch.export.Dim("rows", min=1, max=64)
        program = torch.export.export(
            module, _inputs(count, 3), dynamic_shapes=tuple({0: rows} for _ in range(count))
        )
        _agree(name, program.module(), module, count)


def torch_compile(backend: str) -> None:
    """``torch.compile`` without a graph break, forward and backward."""
    import torch

    for name, (module, count, _) in _examples().items():
        # The limit of recompilations is one for all modules of a class.
        torch.compiler.reset()
        compiled: Any = torch.compile(module, fullgraph=True, backend=backend)
        _agree(name, compiled, module, count)
        grads = []
        for call in (compiled, module):
            given = tuple(tensor.requires_grad_() for tensor in _inputs(count, 3))
            outputs = call(*given)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            loss = sum(output.square().sum() for output in outputs)
            leaves = [*given, *module.parameters()]
            grads.append(torch.autograd.grad(loss, leaves))
        for one, other in zip(*grads, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
