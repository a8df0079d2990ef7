# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels compiled from a spec, forward and backward, against PyTorch in f64.

PyTorch's autograd of the formula, spelled out, is the reference: another
implementation than the oracle's.
"""

from typing import Any

import pytest

import rmsnorm
from rmsnorm._native import signature

torch = pytest.importorskip("torch")
X, RESIDUAL, SCALE, BIAS, EPS, FACTOR, GATE = (1 << i for i in range(7))

# What a spec says, and how its parameters are shaped, by name.
CASES: dict[str, dict[str, Any]] = {
    "plain": {"scale": (), "rstd": True},
    "scale_bias": {"scale": (24,), "bias": (1, 24), "rstd": True},
    "recompute": {"scale": (24,), "bias": (24,)},
    "offset": {"scale": (24,), "scale_offset": 1.0, "rstd": True},
    "feature_eps": {"scale": (24,), "eps_param": (24,)},
    "scalar_eps": {"scale": (24,), "eps_param": (), "rstd": True},
    "residual": {"scale": (24,), "residual": True, "return_sum": True, "rstd": True},
    "fixed_scale": {"scale": (24,), "residual": True, "residual_scale": 0.5, "rstd": True},
    "residual_scale": {"scale": (24,), "residual": True, "factor": (), "return_sum": True},
    "feature_scale": {"scale": (24,), "residual": True, "factor": (24,), "rstd": True},
    "cast": {"scale": (24,), "bias": (24,), "cast_before_scale": True, "rstd": True},
    "cast_recompute": {"scale": (24,), "cast_before_scale": True},
    "silu": {"scale": (24,), "bias": (24,), "gate": 1, "rstd": True},
    "silu_before": {"scale": (24,), "gate": 1, "gate_before_norm": True, "rstd": True},
    "sigmoid": {"scale": (24,), "gate": 2, "cast_before_scale": True},
    "sigmoid_before": {"scale": (24,), "gate": 2, "gate_before_norm": True},
}


def reference(case: dict[str, Any], t: dict[str, Any]) -> tuple[Any, Any]:
    """(y, sum) in f64, differentiable."""
    total = t["x"]
    if case.get("residual"):
        factor = t["factor"] if "factor" in case else case.get("residual_scale", 1.0)
        total = total + factor * t["residual"]
    act = {0: None, 1: torch.nn.functional.silu, 2: torch.sigmoid}[case.get("gate", 0)]
    before = case.get("gate_before_norm", False)
    normed = total * act(t["gate"]) if act and before else total
    eps = t["eps"] if "eps_param" in case else 1e-5
    y = normed / torch.sqrt(normed.pow(2).mean(-1, keepdim=True) + eps)
    y = y * (t["scale"] + case.get("scale_offset", 0.0))
    if "bias" in case:
        y = y + t["bias"]
    return (y * act(t["gate"]) if act and not before else y), total


def tolerance(dtype: Any) -> dict[str, float]:
    return {
        torch.float32: {"rtol": 2e-5, "atol": 2e-5},
        torch.float64: {"rtol": 1e-10, "atol": 1e-10},
    }.get(dtype, {"rtol": 3e-2, "atol": 6e-2})


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, dtype) for name in CASES for dtype in (torch.float32, torch.bfloat16)]
    + [("scale_bias", torch.float64), ("feature_scale", torch.float64)]
    + [("silu", torch.float64), ("cast", torch.float16)],
    ids=str,
)
def test_forward_and_backward(one_thread: rmsnorm.Context, name: str, dtype: Any) -> None:
    case = CASES[name]
    torch.manual_seed(4)
    rows, n = 11, 24
    t: dict[str, Any] = {key: torch.randn(rows, n).to(dtype) for key in ("x", "residual", "gate")}
    t["scale"] = (1 + 0.3 * torch.randn(case["scale"])).to(dtype)
    t["bias"] = torch.randn(case.get("bias", ())).to(dtype)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    t["eps"] = (0.1 + torch.rand(case.get("eps_param", ()))).to(wide)
    t["factor"] = torch.randn(case.get("factor", ())).to(dtype)
    dy, dsum = torch.randn(rows, n).to(dtype), torch.randn(rows, n).to(dtype)
    kind = signature(dy)[0]

    options: dict[str, Any] = {
        key: case[key]
        for key in (
            "residual",
            "residual_scale",
            "scale_offset",
            "cast_before_scale",
            "gate",
            "gate_before_norm",
        )
        if key in case
    }
    options["eps"] = 0.0 if "eps_param" in case else 1e-5
    present = ["x"] + (["residual"] if case.get("residual") else [])
    for key, spec in (
        ("scale", "scale"),
        ("bias", "bias"),
        ("eps", "eps_param"),
        ("factor", "residual_scale_param"),
    ):
        if key == "scale" or (spec if key != "factor" else "factor") in case:
            options[spec] = signature(t[key])
            present.append(key)
    if case.get("gate"):
        present.append("gate")
    rstd, return_sum = case.get("rstd", False), case.get("return_sum", False)

    forward = one_thread.compile_norm(
        kind, (-1, n), (1,), return_sum=return_sum, return_rstd=rstd, **options
    )["main"]
    outputs = forward(*(t[key] for key in present))
    outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]

    leaves = {key: t[key].double().requires_grad_() for key in t}
    wanted, total = reference(case, leaves)
    torch.testing.assert_close(outputs[0].double(), wanted, **tolerance(dtype))
    if return_sum:
        torch.testing.assert_close(outputs[1].double(), total, **tolerance(dtype))
    loss = (wanted * dy.double()).sum()
    if return_sum:
        loss = loss + (total * dsum.double()).sum()
    asked = {
        "x": X,
        "residual": RESIDUAL,
        "scale": SCALE,
        "bias": BIAS,
        "eps": EPS,
        "factor": FACTOR,
        "gate": GATE,
    }
    asked = {key: bit for key, bit in asked.items() if key in present}
    expected = torch.autograd.grad(loss, [leaves[key] for key in asked])

    backward = one_thread.compile_norm(
        kind,
        (-1, n),
        (1,),
        backward=True,
        grads=sum(asked.values()),
        dsum=return_sum,
        rstd=rstd,
        **options,
    )["main"]
    needs_bias = case.get("gate") and not case.get("gate_before_norm")
    arguments = [dy] + ([dsum] if return_sum else [])
    arguments += [t[key] for key in present if key != "bias" or needs_bias]
    if rstd:
        arguments.append(outputs[-1])
    got = backward(*arguments)
    for key, value, want in zip(asked, got, expected, strict=True):
        assert value.dtype == t[key].dtype, key
        assert value.shape == t[key].shape, key
        scale = want.abs().max().clamp(min=1.0)
        torch.testing.assert_close(
            value.double() / scale,
            want / scale,
            **tolerance(dtype),
            msg=lambda m, k=key: f"{k}: {m}",
        )


def test_refusals(one_thread: rmsnorm.Context) -> None:
    def compile_with(**options: Any) -> None:
        one_thread.compile_norm(signature(torch.ones(1))[0], (-1, 8), (1,), **options)

    per_feature = signature(torch.ones(8))
    refused: dict[str, dict[str, Any]] = {
        "grads is 0x0": {"backward": True},
        "RMSN_GRAD_SCALE, but there is no scale": {"backward": True, "grads": SCALE},
        "RMSN_GRAD_GATE, but there is no gate": {"backward": True, "grads": GATE},
        "has_rstd cannot be": {
            "backward": True,
            "grads": X,
            "rstd": True,
            "eps_param": per_feature,
        },
        "return_rstd cannot be": {"return_rstd": True, "eps_param": per_feature},
        "without residual": {"residual_scale_param": per_feature},
        "has_dsum": {"backward": True, "grads": X, "dsum": True},
        "gate is 7": {"gate": 7},
    }
    for message, options in refused.items():
        with pytest.raises((ValueError, rmsnorm.RMSNormError), match=message):
            compile_with(**options)
