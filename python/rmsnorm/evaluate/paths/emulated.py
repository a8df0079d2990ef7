# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""GPU kernels, executed on the CPU.

``rmsnorm-emulate`` compiles a function for a GPU and makes the launches that the artifact for
it lists, running each kernel's LLVM IR thread by thread; every access is checked on the way.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rmsnorm._native import Context
from rmsnorm.errors import ToolNotFoundError
from rmsnorm.evaluate import lowering
from rmsnorm.evaluate.compare import Failure, NotApplicable
from rmsnorm.evaluate.formats import DTYPES, Array
from rmsnorm.evaluate.lowering import Lowered
from rmsnorm.evaluate.norm import Norm, Results
from rmsnorm.tools import find_tool

CHIP = "sm_90"
_NO_GPU_CODE = 5  # exit status
_TIMEOUT_S = 600.0


def _save(path: Path, value: Array) -> None:
    """As .npy; dtypes that NumPy has not, as unsigned integers of their size."""
    known = value.dtype.isbuiltin == 1
    plain = np.ascontiguousarray(value).reshape(value.shape)
    np.save(path, plain if known else plain.view(f"u{value.dtype.itemsize}"))


def _load(path: Path, eight_bits: str | None) -> Array:
    """What the emulator wrote: bf16 as bytes, and so the 8-bit floats (``eight_bits`` names it)."""
    value: Array = np.load(path)
    if value.dtype == np.dtype("V2"):
        return value.view(DTYPES["bf16"])
    if value.dtype == np.dtype("V1") and eight_bits is not None:
        return value.view(DTYPES[eight_bits])
    return value


class EmulatedPath:
    """Norms as their GPU kernels compute them, in the emulator."""

    name = "nvptx"
    title = f"the GPU kernels for {CHIP}, in the emulator"

    def __init__(self) -> None:
        self._context: Context | None = None

    def unavailable(self) -> str | None:
        """The emulator is missing."""
        try:
            find_tool("rmsnorm-emulate")
        except ToolNotFoundError as error:
            return str(error)
        return None

    def emulate(self, lowered: Lowered, eight_bits: str | None) -> Results:
        """Runs a function; its results by name.

        Raises:
            NotApplicable: there is no GPU code for it.
            Failure: a kernel did something wrong, or the emulator failed.
        """
        if self._context is None:
            self._context = Context(cache_directory="")
        with tempfile.TemporaryDirectory(prefix="rmsnorm-evaluate-") as name:
            folder = Path(name)
            text = folder / "norm.mlir"
            text.write_text(lowered.code.text(self._context), encoding="utf-8")
            command = [find_tool("rmsnorm-emulate"), str(text), "--function=main"]
            command.append(f"--chip={CHIP}")
            for i, value in enumerate(lowered.arguments):
                _save(folder / f"in{i}.npy", value)
                command.append(f"--in={folder / f'in{i}.npy'}")
            outputs = [folder / f"out{i}.npy" for i in range(len(lowered.results))]
            command += [f"--out={path}" for path in outputs]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
            )
            message = done.stderr.strip()
            if done.returncode == _NO_GPU_CODE:
                raise NotApplicable(message.removeprefix("rmsnorm-emulate: "))
            if done.returncode:
                raise Failure(f"rmsnorm-emulate ended with status {done.returncode}: {message}")
            return lowering.named(lowered, tuple(_load(path, eight_bits) for path in outputs))

    def run(self, norm: Norm) -> dict[str, Results]:
        """Forward and backward."""
        return {CHIP: lowering.call(lambda lowered: self.emulate(lowered, norm.quantised), norm)}
