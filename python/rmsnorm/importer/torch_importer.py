# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.nn.Module`` to MLIR text (``func``, ``arith``, ``math``, ``linalg``, ``tensor``)."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch.export.graph_signature import InputKind, InputSpec

from rmsnorm.importer.decompositions import decomposition_table
from rmsnorm.importer.huggingface import (
    exportable_configuration,
    is_huggingface_model,
    persistent_buffers,
    ready_masks,
)
from rmsnorm.importer.reshapes import split_dynamic_views


@dataclass(frozen=True)
class ImportedModule:
    """MLIR text of a model and what is needed to call it.

    Attributes:
        text: the module, with one public function ``entry``.
        entry: the function's name.
        lifted: parameters and buffers (name, value) that became the leading
            arguments of the function, in order; empty when the weights are constants.
        unflatten: makes the model's own output structure from the flat list of results.
    """

    text: str
    entry: str
    lifted: tuple[tuple[str, torch.Tensor], ...] = ()
    unflatten: Callable[[list[Any]], Any] = field(default=lambda results: results, repr=False)


_LIFTABLE = (InputKind.PARAMETER, InputKind.BUFFER)


def _lift_weights(
    program: torch.export.ExportedProgram,
) -> tuple[tuple[str, torch.Tensor], ...]:
    """Turns parameters and buffers into ordinary inputs; returns them in argument order."""
    lifted: list[tuple[str, torch.Tensor]] = []
    specs = program.graph_signature.input_specs
    for position, spec in enumerate(specs):
        if spec.kind in _LIFTABLE and spec.target is not None:
            lifted.append((spec.target, program.state_dict[spec.target].detach()))
            specs[position] = InputSpec(kind=InputKind.USER_INPUT, arg=spec.arg, target=None)
    return tuple(lifted)


def import_torch(
    module: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    entry: str = "main",
    weights: Literal["constants", "arguments"] = "constants",
) -> ImportedModule:
    """Imports a module as linalg on tensors.

    Args:
        module: any exportable module, in evaluation mode; models of
            ``transformers`` are taken as they are (eager attention, no cache,
            the causal mask as a constant).
        args: example positional arguments; their shapes are fixed unless
            ``dynamic_shapes`` names them.
        kwargs: example keyword arguments.
        dynamic_shapes: as in ``torch.export.export``.
        entry: name of the function.
        weights: ``"constants"`` puts parameters into the text, ``"arguments"``
            makes them leading arguments (see ``ImportedModule.lifted``).

    Returns:
        The text, and what is needed to call what is compiled from it.

    Raises:
        TypeError: ``module`` is not a ``torch.nn.Module``.
        ValueError: ``weights`` is neither of the two, or the model's outputs are not tensors.
    """
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module: given {type(module).__name__}, expected a torch.nn.Module")
    if weights not in ("constants", "arguments"):
        raise ValueError(f"weights: given {weights!r}, expected 'constants' or 'arguments'")
    from torch_mlir import fx

    named = dict(kwargs or {})
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(persistent_buffers(module))
        if is_huggingface_model(module):
            stack.enter_context(exportable_configuration(module))
            stack.enter_context(ready_masks(module, args, named))
        program = torch.export.export(
            module, args, named, dynamic_shapes=dynamic_shapes, strict=False
        ).run_decompositions(decomposition_table())
    split_dynamic_views(program.graph_module)
    lifted = _lift_weights(program) if weights == "arguments" else ()
    imported = fx.export_and_import(
        program,
        output_type="linalg-on-tensors",
        func_name=entry,
        # An empty table: the program is decomposed already.
        decomposition_table={},
    )
    spec = program.call_spec.out_spec

    def unflatten(results: list[Any]) -> Any:
        return torch.utils._pytree.tree_unflatten(results, spec)

    return ImportedModule(text=str(imported), entry=entry, lifted=lifted, unflatten=unflatten)
