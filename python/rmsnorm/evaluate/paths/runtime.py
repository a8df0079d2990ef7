# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The C runtime on NumPy arrays, without torch."""

from rmsnorm._native import Context
from rmsnorm.errors import RMSNormError
from rmsnorm.evaluate import lowering
from rmsnorm.evaluate.norm import Norm, Results


def call(lowered: lowering.Lowered) -> Results:
    """Runs a compiled function; its results by name."""
    got = lowered.artifact["main"](*lowered.arguments)
    values = got if isinstance(got, tuple) else (got,)
    return lowered.finish(dict(zip(lowered.results, values, strict=True)))


class RuntimePath:
    """Norms compiled and called through the runtime's C interface, with NumPy data."""

    name = "runtime"
    title = "the C runtime, called with NumPy arrays"

    def __init__(self) -> None:
        self._context: Context | None = None

    @property
    def context(self) -> Context:
        """Without a cache on disk, so that what is measured is compiled by this compiler."""
        if self._context is None:
            self._context = Context(cache_directory="")
        return self._context

    def unavailable(self) -> str | None:
        """The compiler library is missing."""
        try:
            self.context.compile_norm(4, (-1, 8), (1,), disk_cache=False)
        except RMSNormError as error:
            return str(error) if error.status == "NO_COMPILER" else None
        return None

    def run(self, norm: Norm) -> dict[str, Results]:
        """Forward and backward; the backward gets the forward's rstd where it can."""
        results = call(lowering.forward(self.context, norm))
        rstd = results.pop("rstd", None)
        if norm.backward:
            results |= call(lowering.backward(self.context, norm, rstd))
        return {"runtime": results}
