# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where no kernel applies, torch's own operations do, and the log says so, once."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import rmsnorm
from rmsnorm import log
from rmsnorm.nn import ops


def test_complex_input_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_said", set())
    x = torch.complex(torch.randn(3, 8), torch.randn(3, 8))
    with caplog.at_level(logging.WARNING, logger="rmsnorm"):
        y = rmsnorm.RMSNorm(8, elementwise_affine=False)(x)
        rmsnorm.RMSNorm(8, elementwise_affine=False)(x)
    assert y.dtype == x.dtype
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "no compiled kernel for dtype torch.complex64: the norm runs as plain torch operations"
    ]


PROGRAM = """
import torch, rmsnorm
x = torch.randn(4, 32, requires_grad=True)
module = rmsnorm.RMSNorm(32, eps=1e-6)
for _ in range(2):
    y = module(x)
torch.testing.assert_close(y, torch.nn.functional.rms_norm(x, (32,), eps=1e-6))
y.sum().backward()
assert x.grad is not None and x.grad.isfinite().all()
print("right")
"""


OPERATORS = """
import torch, rmsnorm
from rmsnorm.nn import ops
assert ops.AVAILABLE
op, f64 = torch.ops.rmsnorm, torch.float64
x = torch.randn(6, 4, dtype=f64).T.requires_grad_()
r, w, b = (torch.randn(4, 6, dtype=f64).requires_grad_(), torch.rand(6, dtype=f64), None)
w.requires_grad_()
want = torch.nn.functional.rms_norm(x, (6,), w, eps=1e-6)
y = op.rms_norm(x, w, eps=1e-6)
torch.testing.assert_close(y, want)
assert y.stride() == torch.empty_like(x).stride()
for one, other in zip(torch.autograd.grad(y.cos().sum(), (x, w)),
                      torch.autograd.grad(want.cos().sum(), (x, w))):
    torch.testing.assert_close(one, other)
scale = torch.tensor([0.5], dtype=f64, requires_grad=True)
for function, inputs in (
    (op.rms_norm, (x, w)),
    (lambda x, r, w, s: op.rms_norm_residual(x, r, w, residual_scale=s), (x, r, w, scale)),
    (op.gated_rms_norm, (x, r, w)),
):
    assert torch.autograd.gradcheck(function, inputs)
y, total, rstd = op.rms_norm_forward(x, w, residual=r, return_sum=True, return_rstd=True, eps=1e-6)
torch.testing.assert_close(total, x + r)
torch.testing.assert_close(rstd, (total.square().mean(-1) + 1e-6).rsqrt())
compiled = torch.compile(lambda a, b: rmsnorm.rms_norm(a, b), backend="aot_eager", fullgraph=True)
torch.testing.assert_close(compiled(x, w), torch.nn.functional.rms_norm(x, (6,), w))
rmsnorm.RMSNorm(6)(torch.ones(2, 6))
print("right")
"""


def run(
    tmp_path: Path, level: str | None = None, program: str = PROGRAM
) -> subprocess.CompletedProcess[str]:
    """A process without a compiler and with an empty cache."""
    environment = dict(os.environ)
    environment.pop("RMSNORM_LOG", None)
    if level is not None:
        environment["RMSNORM_LOG"] = level
    environment["RMSNORM_COMPILER_LIBRARY"] = str(tmp_path / "no-compiler.so")
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_without_a_compiler_modules_compute_and_say_so_once(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "right"
    assert done.stderr.count("norms run as plain torch operations") == 1
    assert "no-compiler.so" in done.stderr


@pytest.mark.skipif(not ops.AVAILABLE, reason="_torch_ops.so was not built")
def test_without_a_compiler_operators_compute_and_say_so_once(tmp_path: Path) -> None:
    done = run(tmp_path, program=OPERATORS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "right"
    assert done.stderr.count("norms run as plain torch operations") == 1
    assert "no-compiler.so" in done.stderr


def test_the_log_can_be_switched_off(tmp_path: Path) -> None:
    done = run(tmp_path, "off")
    assert done.returncode == 0, done.stderr
    assert "plain torch operations" not in done.stderr


def test_an_unknown_level_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "loud")
    assert done.returncode == 0, done.stderr
    assert "RMSNORM_LOG: given 'loud', expected one of debug, info" in done.stderr


@pytest.mark.skipif(not ops.AVAILABLE, reason="_torch_ops.so was not built")
def test_importing_the_package_after_torch_loads_the_operators() -> None:
    program = (
        "import torch, rmsnorm; "
        "print(torch.ops.rmsnorm.rms_norm(torch.ones(1, 2), eps=0.0).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "[[1.0, 1.0]]", done.stderr
