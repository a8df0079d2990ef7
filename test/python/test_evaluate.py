# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The evaluation program passes, can fail, and says so."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

from rmsnorm.evaluate.__main__ import main
from rmsnorm.evaluate.formats import round_to
from rmsnorm.evaluate.gradient import expected
from rmsnorm.evaluate.norm import Norm
from rmsnorm.evaluate.paths.runtime import RuntimePath


def test_requirements_pass(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    arguments = ["--quick", "--only", "1,8,9,13,grouped,errors", "--require", "torch,cpu,runtime"]
    assert main([*arguments, "--out", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report["schema"] == 1
    assert report["passed"] is True
    keys = {part["key"] for part in report["requirements"]}
    assert keys == set(arguments[2].split(","))
    cases = [case for part in report["requirements"] for case in part["cases"]]
    assert {case["path"] for case in cases} == {"torch", "cpu", "runtime"}
    assert {case["status"] for case in cases} == {"passed", "not applicable"}


def test_a_wrong_kernel_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = RuntimePath.run

    def wrong(self: RuntimePath, norm: Norm) -> Any:
        results = right(self, norm)
        y = results["runtime"]["y"]
        results["runtime"]["y"] = (y * 1.001).astype(y.dtype)
        return results

    monkeypatch.setattr(RuntimePath, "run", wrong)
    out = tmp_path / "report.json"
    assert main(["--only", "2", "--paths", "runtime", "--out", str(out)]) == 1
    report = json.loads(out.read_text())
    assert report["passed"] is False
    (part,) = report["requirements"]
    assert part["passed"] is False
    assert "y: worst error" in part["cases"][2]["message"]


def test_a_missing_path_that_is_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RuntimePath, "unavailable", lambda self: "no compiler")
    assert main(["--only", "2", "--paths", "runtime"]) == 1


def test_reference_against_finite_differences() -> None:
    rng = np.random.default_rng(1)
    x, weight, gate = (rng.standard_normal(shape) for shape in ((3, 5), (5,), (3, 5)))

    def norm(values: Any, gates: Any) -> Norm:
        return Norm("", values, weight, gate=gates, backward=True)

    def loss(values: Any, gates: Any) -> float:
        y = expected(norm(values, gates))["y"].value
        return float((y * norm(x, gate).upstream()[0]).sum())

    found = expected(norm(x, gate))
    step = 1e-6
    for at in np.ndindex(x.shape):
        moved = np.zeros_like(x)
        moved[at] = step
        slope = (loss(x + moved, gate) - loss(x - moved, gate)) / (2 * step)
        assert float(found["dx"].value[at]) == pytest.approx(slope, abs=1e-7)
        slope = (loss(x, gate + moved) - loss(x, gate - moved)) / (2 * step)
        assert float(found["dgate"].value[at]) == pytest.approx(slope, abs=1e-7)


def test_rounding_is_done_once() -> None:
    # Beside the middle of two numbers of bf16: by way of f32 it would become the middle.
    value = np.array([1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-8 - 2.0**-40])
    assert list(round_to(value, "bf16").astype(float)) == [1 + 2.0**-7, 1.0]
