# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms outside of ``transformers``, for the zoo's table: torch classes of other libraries, JAX, Flax,
Keras, ONNX.

Expected: as many norms as written down here, and the framework's own results: f32 within 1e-5,
bf16 at most one unit apart in at most 2 % of the elements.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from coverage_table import CoverageRow, Outcome
from torch.nn import functional

import rmsnorm

Array = np.ndarray[Any, Any]


class WanRMSNorm(torch.nn.Module):
    """diffusers' ``WanRMS_norm``: channels first, a clamp for an epsilon."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.scale = channels**0.5
        self.gamma = torch.nn.Parameter(torch.linspace(0.5, 2.0, channels)[:, None, None, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = functional.normalize(x, dim=1) * self.scale * self.gamma
        return y


class DiffusersRMSNorm(torch.nn.Module):
    """diffusers' ``RMSNorm``: the statistic in f32, then the weight's type."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.linspace(0.5, 2.0, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        variance = x.to(torch.float32).pow(2).mean(-1, keepdim=True)
        wide = x * torch.rsqrt(variance + 1e-6)
        if self.weight.dtype in (torch.float16, torch.bfloat16):
            wide = wide.to(self.weight.dtype)
        return wide * self.weight


class SimpleNorm(torch.nn.Module):
    """timm's ``SimpleNorm``: divided by a variance, which subtracts the mean: no RMSNorm."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.linspace(0.5, 2.0, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        variance = torch.var(x, dim=-1, keepdim=True)
        return (x * torch.rsqrt(variance + 1e-6)) * self.weight


class ScaledL2Norm(torch.nn.Module):
    """x-transformers' ``RMSNorm``: a unit vector times the root of its length."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.scale = width**0.5
        self.g = torch.nn.Parameter(torch.linspace(0.5, 2.0, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = functional.normalize(x, dim=-1) * self.scale * self.g
        return y


# PyTorch rounds rsqrt in bf16 once more where fewer elements than a vector has (32) are left, so
# the rows here are 32 or many.
# Each with the shape of its input and how many norms it has in f32 and in bf16, where a
# statistic that is rounded on its way is none.
TORCH: dict[str, tuple[Callable[[], torch.nn.Module], tuple[int, ...], int, int]] = {
    "wan_rms_norm": (WanRMSNorm, (2, 16, 3, 4, 5), 1, 0),
    "diffusers_rms_norm": (DiffusersRMSNorm, (4, 8, 48), 1, 1),
    "simple_norm": (SimpleNorm, (4, 8, 48), 0, 0),
    "scaled_l2_norm": (ScaledL2Norm, (4, 8, 48), 1, 0),
}


def _norms(compiled: rmsnorm.CompiledModel) -> int:
    return sum(kernel[3] for kernel in compiled.artifact.kernels)


def _row(name: str, dtype: str, expected: int, found: int, got: Any, want: Any) -> CoverageRow:
    """Compares two lists of arrays, both as float64."""
    worst, share = 0.0, 0.0
    for ours, theirs in zip(got, want, strict=True):
        a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        unit = np.maximum(np.abs(b), 1e-30) * (2.0**-7 if dtype == "bf16" else 1.0)
        if dtype != "bf16":
            unit = np.full_like(unit, np.abs(b).max())
        worst = max(worst, float((np.abs(a - b) / unit).max()))
        share = max(share, float((a != b).mean()))
    note = f"{worst:.1e} of the largest" if dtype != "bf16" else f"{share:.1%} one unit apart"
    outcome = Outcome.AGREES if expected else Outcome.REFUSED
    if found != expected:
        outcome = Outcome.WRONG_COUNT
    elif (dtype == "bf16" and (worst > 1 or share > 0.02)) or (dtype != "bf16" and worst > 1e-5):
        outcome = Outcome.DIFFERS
    return CoverageRow(name, dtype, expected, found, outcome, note)


def _torch_form(name: str, dtype: str) -> CoverageRow:
    make, shape, norms, narrow_norms = TORCH[name]
    kind = torch.bfloat16 if dtype == "bf16" else torch.float32
    torch.manual_seed(3)
    module, x = make().to(kind), torch.randn(shape).to(kind)
    with torch.no_grad():
        want = module(x)
        compiled = rmsnorm.compile(module, (x,))
    expected = narrow_norms if dtype == "bf16" else norms
    got = compiled(x).double().numpy()
    return _row(name, dtype, expected, _norms(compiled), [got], [want.double().numpy()])


def _jax_forms() -> dict[str, tuple[Callable[[Any], tuple[Any, Any]], int, int]]:
    """Each gives a function and its arguments for a dtype of JAX."""
    import jax
    import jax.numpy as jnp
    import jax_models
    from flax import linen, nnx

    def tensors(dtype: Any) -> tuple[Any, Any]:
        x = jax.random.normal(jax.random.key(1), (4, 64), jnp.float32) * 1.5
        return x.astype(dtype), jnp.linspace(0.5, 2.0, 64).astype(dtype)

    def plain(function: Any) -> Callable[[Any], tuple[Any, Any]]:
        return lambda dtype: (function, tensors(dtype))

    def with_linen(dtype: Any) -> tuple[Any, Any]:
        layer = linen.RMSNorm(dtype=dtype)
        x, _ = tensors(dtype)
        return layer.apply, (layer.init(jax.random.key(0), x), x)

    def with_nnx(dtype: Any) -> tuple[Any, Any]:
        layer = nnx.RMSNorm(64, dtype=dtype, param_dtype=dtype, rngs=nnx.Rngs(0))
        x, layer.scale[...] = tensors(dtype)
        return layer, (x,)

    forms = {
        f"jax_{name}": (plain(case.function), case.norms, case.narrow_norms)
        for name, case in jax_models.CASES.items()
    }
    forms["flax_linen"] = (with_linen, 1, 1)
    forms["flax_nnx"] = (with_nnx, 1, 1)
    import keras

    if keras.backend.backend() == "jax":

        def with_keras(dtype: Any) -> tuple[Any, Any]:
            layer = keras.layers.RMSNormalization(dtype=jnp.dtype(dtype).name)
            x, w = tensors(dtype)
            layer.build(x.shape)
            layer.scale.assign(w)
            return layer, (x,)

        forms["keras"] = (with_keras, 1, 1)
    return forms


def _jax_form(name: str, dtype: str) -> CoverageRow:
    import jax
    import jax.numpy as jnp

    make, norms, narrow_norms = _jax_forms()[name]
    function, arguments = make(jnp.bfloat16 if dtype == "bf16" else jnp.float32)
    compiled = rmsnorm.compile(function, arguments)
    with jax.disable_jit():
        want = jax.tree.leaves(function(*arguments))
    got = jax.tree.leaves(compiled(*arguments))
    expected = narrow_norms if dtype == "bf16" else norms
    return _row(name, dtype, expected, _norms(compiled), got, want)


def _onnx_form(name: str, dtype: str) -> CoverageRow:
    """Against ONNX Runtime; it has these operations in f32 only."""
    import onnx
    import onnx_models
    import onnxruntime

    kind = onnx.TensorProto.FLOAT
    model = {
        "onnx_simplified": lambda: onnx_models.simplified(kind),
        "onnx_skip_simplified": lambda: onnx_models.skip_simplified(kind, bias=True),
        "onnx_rms_normalization": lambda: onnx_models.rms_normalization(kind, -1, (8,)),
    }[name]()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.proto.SerializeToString(), options)
    compiled = rmsnorm.compile(model.proto)
    got = compiled(**model.feeds)
    want = session.run(None, model.feeds)
    results = got if isinstance(got, tuple) else (got,)
    return _row(name, dtype, 1, _norms(compiled), results, want)


ONNX = ("onnx_simplified", "onnx_skip_simplified", "onnx_rms_normalization")


def forms() -> dict[str, tuple[str, ...]]:
    """The names of the forms that can be checked here, each with its dtypes."""
    both: tuple[str, ...] = ("f32", "bf16")
    one: tuple[str, ...] = ("f32",)
    found: dict[str, tuple[str, ...]] = dict.fromkeys(TORCH, both)
    if all(importlib.util.find_spec(name) for name in ("jax", "flax", "keras")):
        found.update(dict.fromkeys(_jax_forms(), both))
    if all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime")):
        found.update(dict.fromkeys(ONNX, one))
    return found


def check_form(name: str, dtype: str) -> CoverageRow:
    """One of ``forms``."""
    if name in TORCH:
        return _torch_form(name, dtype)
    return _onnx_form(name, dtype) if name in ONNX else _jax_form(name, dtype)
