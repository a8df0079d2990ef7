# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The charts of measurements: what each kind of file becomes, and that the numbers are its own."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import plots
import pytest
from documentation import ROOT

RESULTS = ROOT / "benchmarks" / "results"
TIMES = {"ours": 10.0, "ours_out": 8.0, "torch": 40.0, "compile": 20.0, "ort": 16.0, "copy": 8.0}


def cell(names: tuple[str, ...], **more: Any) -> dict[str, Any]:
    times = {name: TIMES[name] for name in names}
    return {"dtype": "f32", "rows": 4, "extent": 64, "microseconds": times, **more}


def bars(picture: str) -> dict[str, float]:
    """Heights of the bars by the name and value that they say."""
    root = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    return {
        title.text or "": float(bar.get("height", "nan"))
        for bar in root.iter(f"{space}rect")
        for title in bar.iter(f"{space}title")
    }


def test_a_norm_in_percent_of_a_copy() -> None:
    heading, picture, lines = plots.draw({"cells": [cell(tuple(TIMES), threads=1)]})
    assert heading == "One norm"
    assert "| f32 | 4x64 | 1 | 100 % | 80 % | 40 % | 50 % | 20 % |" in lines
    heights = bars(picture)
    assert heights["rmsnorm: 80%"] == 4 * heights["PyTorch eager: 20%"]


def test_training_and_fusion_as_multiples() -> None:
    heading, picture, lines = plots.draw({"cells": [cell(("ours", "torch", "compile"), threads=1)]})
    assert heading == "Training"
    assert "| f32 | 4x64 | 1 | 4.00 | 2.00 |" in lines
    heights = bars(picture)
    assert heights["PyTorch eager: 4x"] == 2 * heights["torch.compile: 2x"]
    heading, _, lines = plots.draw({"cells": [cell(("ours", "compile", "copy"), cell="gate")]})
    assert heading == "Fusion"
    assert "| gate | f32 | 4x64 | 2.00 |" in lines
    calls = [cell(("ours", "torch"), cell="recorded")]
    heading, _, lines = plots.draw({"kind": "modules", "cells": calls})
    assert heading == "Module calls"
    cells = [cell(("ours", "compile"), cell="gated")]
    assert plots.draw({"kind": "backend", "cells": cells})[0] == "Backend of torch.compile"
    assert "| recorded | f32 | 4x64 | 4.00 |" in lines


def test_accuracy_counts_what_is_beyond() -> None:
    cells = [
        {"kind": "normal", "extent": n, "rows": 2, "ulp": {"a": 1.5}, "beyond": {"a": 1}}
        for n in (64, 128)
    ]
    heading, picture, lines = plots.draw({"accuracy": cells, "promised": 4.0})
    assert heading == "Accuracy"
    ElementTree.fromstring(picture)
    assert any("Elements of 384 that are off by more than 4 ulp: a 2." in line for line in lines)


def test_other_files_are_refused() -> None:
    reports: list[dict[str, Any]] = [{}, {"cells": []}, {"cells": [{"dtype": "f32"}]}]
    for report in reports:
        with pytest.raises(ValueError, match="neither"):
            plots.draw(report)


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_results_name_their_machine(path: Path) -> None:
    machine = json.loads(path.read_text(encoding="utf-8"))["machine"]
    assert machine["cpu"]
    assert machine["commit"]
    page = (ROOT / "docs" / "generated" / "Benchmarks.md").read_text(encoding="utf-8")
    assert f"../plots/{path.stem}.svg" in page
