# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ways in which a norm can be computed, each behind the same interface."""

from typing import Protocol

from rmsnorm.evaluate.norm import Norm, Results
from rmsnorm.evaluate.paths.emulated import EmulatedPath
from rmsnorm.evaluate.paths.runtime import RuntimePath
from rmsnorm.evaluate.paths.torch_paths import CompiledTorchPath, PlainTorchPath


class Path(Protocol):
    """One way to compute norms.

    Attributes:
        name: for the command line and the report.
        title: what it is, in a few words.
    """

    name: str
    title: str

    def unavailable(self) -> str | None:
        """Why this machine or installation has not got it; None if it has."""

    def run(self, norm: Norm) -> dict[str, Results]:
        """Computes a norm: for each engine of the path its results by name."""


def all_paths() -> dict[str, Path]:
    """The paths by name, none of them started."""
    paths: list[Path] = [PlainTorchPath(), CompiledTorchPath(), RuntimePath(), EmulatedPath()]
    return {path.name: path for path in paths}
