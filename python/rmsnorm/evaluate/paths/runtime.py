# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The C runtime on NumPy arrays, without torch."""

import tempfile
from pathlib import Path

from rmsnorm._native import Artifact, Context
from rmsnorm.compiler import compile_text
from rmsnorm.errors import RMSNormError, ToolNotFoundError
from rmsnorm.evaluate import lowering
from rmsnorm.evaluate.lowering import Lowered
from rmsnorm.evaluate.norm import Norm, Results
from rmsnorm.tools import find_tool


def _run(artifact: Artifact, lowered: Lowered) -> Results:
    got = artifact["main"](*lowered.arguments)
    return lowering.named(lowered, got if isinstance(got, tuple) else (got,))


class RuntimePath:
    """Norms called through the runtime's C interface, with NumPy data, by two engines.

    One compiles in this process (``rmsn_jit_compile_spec``), the other loads what
    ``rmsnorm-compile`` wrote to a file (``rmsn_artifact_open``).
    """

    name = "runtime"
    title = "the C runtime with NumPy arrays: just in time, and artifacts of rmsnorm-compile"

    def __init__(self) -> None:
        self._context: Context | None = None

    @property
    def context(self) -> Context:
        """Without a cache on disk, so that what is measured is compiled by this compiler."""
        if self._context is None:
            self._context = Context(cache_directory="")
        return self._context

    def unavailable(self) -> str | None:
        """The compiler, as a library or as a program, is missing."""
        try:
            find_tool("rmsnorm-compile")
            self.context.compile_norm(4, (-1, 8), (1,), disk_cache=False)
        except ToolNotFoundError as error:
            return str(error)
        except RMSNormError as error:
            return str(error) if error.status == "NO_COMPILER" else None
        return None

    def just_in_time(self, lowered: Lowered) -> Results:
        """Compiled in this process."""
        return _run(lowered.code.compile(self.context), lowered)

    def ahead_of_time(self, lowered: Lowered) -> Results:
        """Compiled by ``rmsnorm-compile`` to a file, which the runtime opens."""
        with tempfile.TemporaryDirectory(prefix="rmsnorm-evaluate-") as folder:
            text, artifact = Path(folder, "norm.mlir"), Path(folder, "norm.rmsn")
            text.write_text(lowered.code.text(self.context), encoding="utf-8")
            compile_text(text, artifact, ("cpu",))
            return _run(self.context.open(artifact), lowered)

    def run(self, norm: Norm) -> dict[str, Results]:
        """Forward and backward, by both engines."""
        return {
            "just in time": lowering.call(self.just_in_time, norm),
            "artifact": lowering.call(self.ahead_of_time, norm),
        }
