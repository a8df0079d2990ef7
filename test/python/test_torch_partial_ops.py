# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The partial norm with a learnt epsilon and roundings, as a torch operator, and on a GPU."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

import rmsnorm
from rmsnorm.nn import partial, partial_calls
from rmsnorm.nn.partial_kernels import PartialNorm, text
from rmsnorm.tools import find_tool

EXTENT, PART = 96, 24


def sample(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def module(dtype: torch.dtype = torch.float32, **options: Any) -> Any:
    made = rmsnorm.PartialRMSNorm(EXTENT, 1e-3, partial=PART, bias=True, dtype=dtype, **options)
    for seed, name in enumerate(("weight", "bias", "eps_param")):
        parameter = getattr(made, name)
        if parameter is not None:
            value = sample(EXTENT, seed=seed).abs() * (1e-2 if name == "eps_param" else 1.0)
            parameter.data.copy_(value)
    return made


def formula(x: Tensor, weight: Tensor, bias: Tensor, eps: Tensor | float, cast: bool) -> Tensor:
    """In float64, with the roundings of ``cast`` (to the dtype of ``x``) and the last."""
    wide = x.double()
    y = wide / (wide[..., :PART].square().mean(-1, keepdim=True) + eps).sqrt()
    lo: Callable[[Tensor], Tensor] = (lambda t: t.to(x.dtype).double()) if cast else (lambda t: t)
    return lo(lo(y) * weight.double()) + bias.double()


def unit(want: Tensor, bias: Tensor) -> Tensor:
    """What an error is measured by: a bias may cancel."""
    parts = torch.stack([want.abs(), (want - bias.double()).abs(), bias.abs().expand_as(want)])
    return parts.amax(0).clamp_min(1e-4)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"learnable_eps": True},
    {"cast_before_weight": True},
    {"learnable_eps": True, "cast_before_weight": True, "weight_offset": 1.0},
]


@pytest.fixture
def only_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial, "partial_norm", None)


@pytest.mark.usefixtures("only_kernels")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_values_and_gradients(options: dict[str, Any], dtype: torch.dtype) -> None:
    norm, x = module(dtype, **options), sample(50, EXTENT, seed=9, dtype=dtype)
    leaves = [x.clone().requires_grad_(), *norm.parameters()]
    y, grad = norm(leaves[0]), sample(50, EXTENT, seed=10, dtype=dtype)
    got = torch.autograd.grad(y, leaves, grad)
    copies = [leaf.detach().clone().requires_grad_() for leaf in leaves]
    eps: Any = copies[3].double() if norm.eps_param is not None else 1e-3
    weight = copies[1].double() + norm.weight_offset
    want = formula(copies[0], weight, copies[2], eps, norm.cast_before_weight)
    step = torch.finfo(dtype).eps
    assert y.dtype == dtype
    errors = (y.double() - want).abs() / unit(want, copies[2])
    assert errors.max() <= 4 * step
    if dtype != torch.float32:
        # A rounding that is missing moves a fifth of them.
        assert (y != want.to(dtype)).double().mean() <= 0.02
    for one, other in zip(got, torch.autograd.grad(want, copies, grad.double()), strict=True):
        assert (one - other).abs().max() <= 8 * step * other.abs().max()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_gradcheck(options: dict[str, Any]) -> None:
    norm = module(torch.float64, **options)
    x = sample(3, EXTENT, seed=4, dtype=torch.float64)[:, :6].clone().requires_grad_()
    weight, bias = (sample(6, seed=s, dtype=torch.float64).requires_grad_() for s in (5, 6))
    eps = sample(6, seed=7, dtype=torch.float64).abs().add(0.1).requires_grad_()
    learnt = eps if norm.eps_param is not None else None
    rest = (norm.weight_offset, norm.cast_before_weight)

    def call(*tensors: Any) -> Tensor:
        given: Any = (*tensors, *(None,) * (4 - len(tensors)), 2, 1e-3, None, *rest)
        return partial.run(*given)

    inputs = (x, weight, bias) if learnt is None else (x, weight, bias, learnt)
    assert gradcheck(call, inputs, check_batched_grad=True)
    assert gradgradcheck(call, inputs)

    def operator(*tensors: Any) -> Tensor:
        given = (*tensors, *(None,) * (4 - len(tensors)))
        result: Tensor = torch.ops.rmsnorm.partial_rms_norm(
            *given,
            count=2,
            eps=1e-3,
            min_rms=1e-9,
            weight_offset=rest[0],
            cast_before_weight=rest[1],
        )[0]
        return result

    torch.testing.assert_close(operator(*inputs), call(*inputs))
    assert gradcheck(operator, inputs)
    assert gradgradcheck(operator, inputs)


@pytest.mark.usefixtures("only_kernels")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_torch_compile(options: dict[str, Any], dtype: torch.dtype) -> None:
    """The operator is in the graph, of the forward and of the backward, for any rows."""
    norm = module(dtype, **options)
    found: list[str] = []

    def backend(graph: torch.fx.GraphModule, _inputs: Any) -> Any:
        found.extend(str(node.target) for node in graph.graph.nodes)
        return graph

    from torch._dynamo.backends.common import aot_autograd

    torch.compiler.reset()
    compiled: Any = torch.compile(
        norm, backend=aot_autograd(fw_compiler=backend), fullgraph=True, dynamic=True
    )
    for rows in (5, 9, 0):
        results = []
        for call in (compiled, norm):
            x = sample(2, rows, EXTENT, seed=rows, dtype=dtype).requires_grad_()
            with pytest.MonkeyPatch.context() as patch:
                if rows == 0 and call is norm:  # eager mode has no kernel for no rows
                    patch.setattr(partial, "partial_norm", PLAIN)
                y = call(x)
            results.append((y, *torch.autograd.grad(y.square().sum(), (x, *norm.parameters()))))
        for got, want in zip(*results, strict=True):
            torch.testing.assert_close(got, want)
    assert "rmsnorm.partial_rms_norm.default" in found
    assert "rmsnorm.partial_rms_norm_backward.default" in found


PLAIN = partial.partial_norm


def test_opcheck() -> None:
    for options in OPTIONS:
        norm = module(**options)
        given = (norm.weight, norm.bias, norm.eps_param)
        rest = {
            "count": PART,
            "eps": 1e-3,
            "min_rms": 1e-19,
            "weight_offset": norm.weight_offset,
            "cast_before_weight": norm.cast_before_weight,
        }
        x = sample(2, 3, EXTENT, seed=3).requires_grad_()
        torch.library.opcheck(torch.ops.rmsnorm.partial_rms_norm.default, (x, *given), rest)
        statistic = torch.ops.rmsnorm.partial_rms_norm(x, *given, **rest)[1].detach()
        arguments = (sample(2, 3, EXTENT, seed=4), statistic, x, *given)
        torch.library.opcheck(
            torch.ops.rmsnorm.partial_rms_norm_backward.default,
            arguments,
            {**rest, "grads": 7 + 8 * (norm.eps_param is not None)},
        )


def test_compiled_vmap_and_export() -> None:
    norm = module(learnable_eps=True)
    x = sample(4, 3, EXTENT, seed=3)
    torch.compiler.reset()
    batched = torch.compile(lambda t: torch.func.vmap(norm, 1, 1)(t), backend="aot_eager")
    torch.testing.assert_close(batched(x), norm(x))
    program = torch.export.export(norm, (x,))
    # What is exported needs no package.
    assert not [n for n in program.graph.nodes if "rmsnorm" in str(n.target)]
    torch.testing.assert_close(program.module()(x), norm(x))


@pytest.mark.parametrize("device", ["meta"])
def test_other_devices(device: str) -> None:
    norm = module(learnable_eps=True).to(device)
    assert norm(torch.empty(2, EXTENT, device=device)).shape == (2, EXTENT)


def emulate(folder: Path, which: str, norm: PartialNorm, tensors: list[Tensor]) -> list[Any]:
    """What the GPU kernel for sm_90 computes, thread by thread on the CPU."""
    source = folder / f"{which}.mlir"
    source.write_text(text(which, norm))
    command = [find_tool("rmsnorm-emulate"), str(source), "--function=main", "--chip=sm_90"]
    for i, tensor in enumerate(tensors):
        np.save(folder / f"{which}{i}.npy", tensor.detach().numpy())
        command.append(f"--in={folder / f'{which}{i}.npy'}")
    outputs = [folder / f"{which}_out{i}.npy" for i in range(2 if which == "forward" else 1)]
    command += [f"--out={path}" for path in outputs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [torch.from_numpy(np.load(path)) for path in outputs]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
@pytest.mark.parametrize(("learnt", "cast"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("extent", [EXTENT, 67])
def test_the_kernels_of_a_gpu(
    tmp_path: Path, dtype: torch.dtype, learnt: bool, cast: bool, extent: int
) -> None:
    """The mask and all gradients, next to float64."""
    x, dy = (sample(7, extent, seed=seed, dtype=dtype) for seed in (1, 2))
    weight, bias = (sample(extent, seed=seed, dtype=dtype) for seed in (3, 4))
    eps = sample(extent, seed=5).abs() * 1e-2 + 1e-3
    parameters = partial_calls.Parameters(weight, bias, eps if learnt else None)
    norm = partial_calls.describe(x, parameters, PART, 1e-3, 1e-19, 0.0, cast)
    mask = torch.zeros(extent)
    mask[:PART] = 1
    leaves = [tensor.clone().requires_grad_() for tensor in (x, weight, bias)]
    shift = eps.double().requires_grad_()
    want = formula(leaves[0], leaves[1], leaves[2], shift if learnt else 1e-3, cast)
    owners = [*leaves, shift] if learnt else leaves
    grads = torch.autograd.grad(want, owners, dy.double())
    tail = [eps] if learnt else []
    y, statistic = emulate(tmp_path, "forward", norm, [x, mask, weight, bias, *tail])
    step = torch.finfo(dtype).eps
    assert ((y.double() - want).abs() <= 4 * step * unit(want, bias)).all()
    results = {
        "input": [dy, x, mask, statistic, weight, *tail],
        "weight": [dy, x, statistic, *tail],
        "bias": [dy],
        **({"eps": [dy, x, statistic, weight, *tail]} if learnt else {}),
    }
    for (which, tensors), expected in zip(results.items(), grads, strict=True):
        (got,) = emulate(tmp_path, which, norm, tensors)
        assert (got.double() - expected).abs().max() <= 8 * step * expected.abs().max(), which
