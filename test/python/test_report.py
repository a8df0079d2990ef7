# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The page of ``rmsnorm-compile --report``, as a real browser shows it."""

import html.parser
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rmsnorm
from rmsnorm.tools import find_tool

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
MODEL = Path(__file__).parents[1] / "models" / "imported" / "gemma.mlir"

# A norm in a function of its own called twice, one with a neighbour and one
# that is a LayerNorm's twin: x is centred.
PROGRAM = """
#row = affine_map<(d0, d1) -> (d0, d1)>
#stat = affine_map<(d0, d1) -> (d0)>
func.func @main(%x: tensor<4x64xf32>, %r: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %e = tensor.empty() : tensor<4x64xf32>
  %s = linalg.add ins(%x, %r : tensor<4x64xf32>, tensor<4x64xf32>)
         outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
         ins(%s : tensor<4x64xf32>) outs(%e : tensor<4x64xf32>)
  %c0 = arith.constant 0.0 : f32
  %c = arith.constant dense<0.5> : tensor<4x64xf32>
  %m = linalg.sub ins(%y, %c : tensor<4x64xf32>, tensor<4x64xf32>)
         outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %z = linalg.fill ins(%c0 : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %ss = linalg.generic {indexing_maps = [#row, #stat], iterator_types = ["parallel", "reduction"]}
      ins(%m : tensor<4x64xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %q = arith.mulf %a, %a : f32
    %t = arith.addf %acc, %q : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %n = linalg.generic {indexing_maps = [#row, #stat, #row],
                       iterator_types = ["parallel", "parallel"]}
      ins(%y, %ss : tensor<4x64xf32>, tensor<4xf32>) outs(%e : tensor<4x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %k = arith.constant 64.0 : f32
    %ms = arith.divf %b, %k : f32
    %root = math.rsqrt %ms : f32
    %v = arith.mulf %a, %root : f32
    linalg.yield %v : f32
  } -> tensor<4x64xf32>
  return %n : tensor<4x64xf32>
}
"""


class _Data(html.parser.HTMLParser):
    """The JSON that a report carries."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._inside = tag == "script" and ("id", "report") in attrs

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = False


def make_report(source: Path, folder: Path, *targets: str) -> tuple[Path, dict[str, Any]]:
    page = folder / "report.html"
    subprocess.run(
        [
            *(find_tool("rmsnorm-compile"), str(source), "-o", str(folder / "m.rmsn")),
            *(f"--report={page}", *(f"--target={target}" for target in targets)),
        ],
        check=True,
        timeout=300,
    )
    parser = _Data()
    parser.feed(page.read_text())
    return page, json.loads(parser.text)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("report")
    source = folder / "<program>&.mlir"
    source.write_text(PROGRAM)
    return make_report(source, folder, "cpu:x86-64-v3", "nvptx:sm_80")


def test_norms_in_order_with_their_fate(program: tuple[Path, dict[str, Any]]) -> None:
    _, report = program
    assert [norm["status"] for norm in report["norms"]] == ["fused", "refused"]
    given, refused = report["norms"]
    assert "as given" in given["what"]
    assert given["source"].endswith(".mlir:8")
    assert "not an rms_norm" in refused["reason"]
    assert refused["kernel"] is None
    kernel = report["kernels"][given["kernel"]]
    assert {"linalg.add", "rmsnorm.rms_norm"} <= set(kernel["fused"])
    assert {variant["target"] for variant in kernel["variants"]} == {"cpu:x86-64-v3", "nvptx:sm_80"}


def test_bytes_before_and_after(program: tuple[Path, dict[str, Any]]) -> None:
    _, report = program
    kernel = report["kernels"][report["norms"][0]["kernel"]]
    tensor = 4 * 64 * 4
    # Two inputs and what is returned; nothing in between is written.
    assert kernel["after"]["bytes"] == sum(
        access["bytes"] for access in kernel["reads"] + kernel["writes"]
    )
    assert kernel["after"]["bytes"] >= 3 * tensor
    assert kernel["before"]["bytes"] > kernel["after"]["bytes"]
    assert report["totals"]["before"] > report["totals"]["after"]


def test_a_whole_model(tmp_path: Path) -> None:
    _, report = make_report(MODEL, tmp_path, "cpu:x86-64-v3")
    assert len(report["norms"]) == 5
    assert all(norm["status"] == "fused" for norm in report["norms"])
    assert all(norm["kernel"] is not None for norm in report["norms"])
    lines = [int(norm["source"].rpartition(":")[2]) for norm in report["norms"]]
    assert lines == sorted(lines)
    assert sum(kernel["norms"] for kernel in report["kernels"]) == 5


def test_from_python(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    rmsnorm.compile(MODEL, report=page)
    assert page.read_text().count('"status": "fused"') == 5


def browse(page: Path, *options: str) -> str:
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            "--headless=new",
            "--no-sandbox",  # root has none
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            f"--user-data-dir={page.parent / 'profile'}",
            "--window-size=1280,1400",
            "--virtual-time-budget=5000",
            *options,
            page.as_uri() + "#norm1",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_a_browser_shows_it(program: tuple[Path, dict[str, Any]]) -> None:
    page, report = program
    document = browse(page, "--dump-dom")
    shown = document[: document.index('id="report"')]
    assert "&lt;program&gt;&amp;.mlir" in shown  # as text, not as markup
    assert shown.count('<details id="norm') == len(report["norms"])
    assert report["norms"][1]["reason"] in shown
    assert "needs JavaScript" not in shown


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_a_screenshot_is_a_picture_of_it(program: tuple[Path, dict[str, Any]]) -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    page, _ = program
    picture = page.parent / "report.png"
    browse(page, f"--screenshot={picture}")
    pixels = np.asarray(image.open(picture).convert("RGB")).reshape(-1, 3)
    colours = {tuple(colour) for colour in np.unique(pixels, axis=0).tolist()}
    # The marks of a fused and of a refused norm, text, and the bars of bytes.
    assert {(0x1F, 0x7A, 0x4D), (0xA4, 0x53, 0x1A), (0x6A, 0x6F, 0x76)} <= colours
    assert (pixels == pixels[0]).all(axis=1).mean() < 0.98  # not an empty page
