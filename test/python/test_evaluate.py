# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The evaluation program passes, can fail, and says so."""

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

from rmsnorm.evaluate import lowering
from rmsnorm.evaluate.__main__ import main
from rmsnorm.evaluate.formats import round_to
from rmsnorm.evaluate.gradient import expected
from rmsnorm.evaluate.norm import Norm
from rmsnorm.evaluate.paths.emulated import EmulatedPath
from rmsnorm.evaluate.paths.runtime import RuntimePath
from rmsnorm.evaluate.paths.torch_paths import CompiledTorchPath, PlainTorchPath
from rmsnorm.evaluate.report import SCHEMA_FILE, Case, attempt
from rmsnorm.nn import eager, kernels

HERE = "torch,cpu,runtime,nvptx"
# Requirements that a path has nothing for, and cases of norms that have no GPU code.
NOT_ON = {
    "cpu": {"12", "errors"},
    "runtime": {"11", "12"},
    "nvptx": {"11", "12", "errors"},
}


def evaluate(tmp_path: Path, *arguments: str) -> tuple[int, Any]:
    """Exit status and report, which is as its schema says."""
    out = tmp_path / "report.json"
    status = main([*arguments, "--out", str(out)])
    report = json.loads(out.read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(report)
    assert report["passed"] is (report["status"] == "passed")
    for part in report["requirements"]:
        assert part["passed"] is (part["status"] == "passed")
        assert part["counts"] == Counter(case["status"] for case in part["cases"])
    return status, report


def test_every_requirement_passes(tmp_path: Path) -> None:
    status, report = evaluate(tmp_path, "--quick", "--require", HERE)
    problems = [
        (case["path"], case["name"], case["message"])
        for part in report["requirements"]
        for case in part["cases"]
        if case["status"] == "failed" or (case["status"] == "unavailable" and case["path"] in HERE)
    ]
    assert problems == []
    assert status == 0
    assert report["status"] == "passed"
    assert report["absent"] == []
    parts = {part["key"]: part for part in report["requirements"]}
    assert {str(number) for number in range(1, 14)} < parts.keys()
    for key, part in parts.items():
        ran = {case["path"] for case in part["cases"] if case["status"] == "passed"}
        assert ran == {path for path in HERE.split(",") if key not in NOT_ON.get(path, ())}, key
        for case in part["cases"]:
            if case["status"] == "not applicable":
                assert key in NOT_ON[case["path"]], case
            if case["status"] == "passed" and case["dtype"] is not None:
                assert case["worst_ulp"] <= case["allowed_ulp"]
    assert {"version", "CPU", "CPU features", "commit", "packages"} < report["environment"].keys()


def wrong_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    right = lowering._spec

    def wrong(norm: Norm, **more: Any) -> Any:
        return right(replace(norm, eps=1e-3), **more)

    monkeypatch.setattr(lowering, "_spec", wrong)


def wrong_module(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kernels.Kernels._compile

    def wrong(self: kernels.Kernels, **more: Any) -> Any:
        self._spec["eps"] = 1e-3
        return right(self, **more)

    monkeypatch.setattr(kernels.Kernels, "_compile", wrong)
    # What earlier cases compiled, right, is not to be found; nor this, wrong, by later ones.
    monkeypatch.setattr(kernels, "_known", {})
    monkeypatch.setattr(eager, "_checked", {})


@pytest.mark.parametrize(
    ("path", "inject"), [("runtime", wrong_norm), ("nvptx", wrong_norm), ("cpu", wrong_module)]
)
def test_a_wrong_kernel_fails(
    path: str, inject: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels with another epsilon: 5e-4 off."""
    inject(monkeypatch)
    status, report = evaluate(tmp_path, "--only", "2", "--paths", path)
    assert status == 1
    assert report["status"] == "failed"
    (part,) = report["requirements"]
    assert part["status"] == "failed"
    (case,) = (case for case in part["cases"] if case["dtype"] == "f32")
    assert case["status"] == "failed"
    assert "y: worst error" in case["message"]


def test_a_missing_path_that_is_required_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RuntimePath, "unavailable", lambda self: "no compiler")
    status, report = evaluate(tmp_path, "--only", "2", "--paths", "runtime")
    assert (status, report["status"]) == (1, "failed")
    assert report["requirements"][0]["status"] == "unavailable"


def test_where_nothing_ran_nothing_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (RuntimePath, PlainTorchPath, CompiledTorchPath, EmulatedPath):
        monkeypatch.setattr(path, "unavailable", lambda self: "absent")
    status, report = evaluate(tmp_path, "--only", "1,12")
    assert (status, report["status"]) == (1, "incomplete")
    assert [part["status"] for part in report["requirements"]] == ["unavailable"] * 2


def test_a_missing_package_is_not_a_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    status, report = evaluate(tmp_path, "--only", "11", "--require", HERE)
    assert (status, report["status"]) == (1, "failed")
    assert report["requirements"][0]["status"] == "incomplete"


def test_a_defect_of_the_package_is_not_a_missing_one() -> None:
    def broken() -> None:
        raise ModuleNotFoundError("No module named 'rmsnorm.gone'", name="rmsnorm.gone")

    assert attempt(Case("", "cpu", None, "passed"), broken).status == "failed"


@pytest.mark.parametrize(
    "arguments", [["--only", "14"], ["--paths", "gpu"], ["--out", "/nowhere/at/all.json"]]
)
def test_wrong_arguments_are_refused_at_once(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert f"{arguments[0]}: given {arguments[1]}, expected" in capsys.readouterr().err


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
