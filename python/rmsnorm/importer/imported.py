# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What every importer returns: MLIR and how the compiled function is called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Weights = Literal["arguments", "constants"]


def check_weights(weights: str) -> None:
    """Raises ValueError unless it is one of ``Weights``."""
    if weights not in ("arguments", "constants"):
        raise ValueError(f"weights: given {weights!r}, expected 'constants' or 'arguments'")


def positional_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """The arguments of a function that takes its tensors by position only.

    Raises:
        TypeError: some are given by name.
    """
    if kwargs:
        raise TypeError(f"arguments: {sorted(kwargs)} given by name, expected positional ones")
    return list(args)


def one_or_tuple(results: list[Any]) -> Any:
    """One result as it is, several (or none) as a tuple."""
    return results[0] if len(results) == 1 else tuple(results)


@dataclass(frozen=True)
class ImportedModule:
    """An imported model.

    Attributes:
        text: linalg on tensors, with upstream dialects only, as MLIR text.
        entry: name of the function to call.
        lifted: tensors (name, value) that became the leading arguments of the
            function, in order; empty when the weights are constants.
        unflatten: makes the model's own output structure from the flat list of results.
        flatten: makes the flat list of tensors (those after the lifted ones)
            from the model's own arguments, or raises TypeError.
        path: a file that has it, in place of an empty ``text``.
        bytecode: the same as MLIR bytecode, in place of an empty ``text``.
    """

    text: str
    entry: str
    lifted: tuple[tuple[str, Any], ...] = ()
    unflatten: Callable[[list[Any]], Any] = field(default=one_or_tuple, repr=False)
    flatten: Callable[[Sequence[Any], Mapping[str, Any]], list[Any]] = field(
        default=positional_arguments, repr=False
    )
    path: Path | None = None
    bytecode: bytes | None = field(default=None, repr=False)
