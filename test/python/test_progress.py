# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What ``compile`` says while it works, and where it says nothing."""

import io
import logging
import sys
import time
from pathlib import Path

import pytest

import rmsnorm
from rmsnorm import progress

MODULE = """
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
    ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>)
  return %y : tensor<4x8xf32>
}
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.mlir"
    path.write_text(MODULE)
    return path


@pytest.mark.parametrize("verbose", [None, False])
def test_silent(model: Path, verbose: bool | None, capfd: pytest.CaptureFixture[str]) -> None:
    rmsnorm.compile(model, verbose=verbose)
    assert capfd.readouterr() == ("", "")


def test_a_line_for_each_step(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rmsnorm.compile(model, verbose=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "rmsnorm: importing the model ..."
    assert lines[2] == "rmsnorm: compiling for cpu ..."
    assert lines[3].startswith("rmsnorm: compiling for cpu: ")
    assert len(lines) == 4


def test_counter_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "DELAY_SECONDS", 0.05)
    with progress.Progress().step("working"):
        deadline = time.monotonic() + 10
        while "working: 0 s" not in terminal.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert terminal.getvalue() == "\r\x1b[Krmsnorm: working: 0 s\r\x1b[K"


def test_failures_leave_the_terminal_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyError), progress.Progress().step("failing"):
        raise KeyError
    assert terminal.getvalue() == ""


def test_the_log_has_the_times(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="rmsnorm"):
        rmsnorm.compile(model)
    said = [record.getMessage() for record in caplog.records]
    assert any(message.startswith("compiling for cpu: ") for message in said)
