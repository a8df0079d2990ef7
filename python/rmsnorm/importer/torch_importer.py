# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.nn.Module`` to MLIR text (``func``, ``arith``, ``math``, ``linalg``, ``tensor``)."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.export.graph_signature import (
    ConstantArgument,
    InputKind,
    InputSpec,
    TensorArgument,
)

from rmsnorm.importer.comparisons import compare_with_floats
from rmsnorm.importer.complex_pairs import complex_to_pairs
from rmsnorm.importer.constants import constants_out_of_lists, zeros_for_empty
from rmsnorm.importer.decompositions import decomposition_table
from rmsnorm.importer.diagnostics import explained, refuse_foreign_operations
from rmsnorm.importer.dynamic_axes import checked_shapes
from rmsnorm.importer.huggingface import (
    as_when_run,
    exportable_configuration,
    is_huggingface_model,
    persistent_buffers,
    ready_masks,
)
from rmsnorm.importer.imported import ImportedModule, Weights, check_weights
from rmsnorm.importer.locations import shorten_traces
from rmsnorm.importer.reshapes import drop_metadata_assertions, split_dynamic_views
from rmsnorm.importer.unsigned import interface_tensors, mark_unsigned, widen_unsigned

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


def _make_buffers_persistent(program: torch.export.ExportedProgram) -> None:
    """torch-mlir finds a buffer's value in the state dictionary only."""
    for spec in program.graph_signature.input_specs:
        if spec.kind == InputKind.BUFFER and not spec.persistent and spec.target is not None:
            program.state_dict[spec.target] = program.constants[spec.target]
            spec.persistent = True


def _drop_constants(program: torch.export.ExportedProgram) -> None:
    """Numbers, flags and None among the arguments: their values are in the graph already."""
    specs = program.graph_signature.input_specs
    constants = {spec.arg.name for spec in specs if isinstance(spec.arg, ConstantArgument)}
    for node in program.graph.find_nodes(op="placeholder"):
        if node.name in constants and not node.users:
            program.graph.erase_node(node)
            specs[:] = [spec for spec in specs if spec.arg.name != node.name]
    program.graph_module.recompile()


def _checked(leaves: Sequence[Any], expected: Sequence[Any]) -> list[Any]:
    """The tensors among arguments; anything else has to be what it was in the example."""
    for leaf, argument in zip(leaves, expected):
        if isinstance(argument, ConstantArgument):
            if type(leaf) is not type(argument.value) or leaf != argument.value:
                raise TypeError(
                    f"{argument.name}: given {leaf!r}, expected {argument.value!r}, the example's "
                    "value, which is part of the compiled code"
                )
        elif isinstance(argument, TensorArgument) and not isinstance(leaf, torch.Tensor):
            raise TypeError(
                f"{argument.name}: given {type(leaf).__name__}, expected a torch tensor"
            )
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


def import_program(
    program: torch.export.ExportedProgram,
    *,
    entry: str = "main",
    weights: Weights = "constants",
) -> ImportedModule:
    """Imports an exported program; the arguments and the result are those of ``import_torch``.

    Raises:
        UnsupportedModelError: torch-mlir cannot import it; says which operation.
    """
    from torch_mlir import fx

    expected = [
        spec.arg
        for spec in program.graph_signature.input_specs
        if spec.kind == InputKind.USER_INPUT
    ]
    program = program.run_decompositions(decomposition_table())
    _drop_constants(program)
    shorten_traces(program)
    drop_metadata_assertions(program.graph_module)
    complex_to_pairs(program)
    widen_unsigned(program)
    split_dynamic_views(program.graph_module)
    compare_with_floats(program.graph_module)
    constants_out_of_lists(program)
    zeros_for_empty(program.graph_module)
    _make_buffers_persistent(program)
    in_spec, out_spec = program.call_spec.in_spec, program.call_spec.out_spec
    lifted = _lift_weights(program) if weights == "arguments" else ()
    with explained():
        imported = fx.export_and_import(
            program,
            output_type="linalg-on-tensors",
            func_name=entry,
            # An empty table: the program is decomposed already.
            decomposition_table={},
        )
        text = str(imported)
    refuse_foreign_operations(text)
    mark_unsigned(imported, *interface_tensors(program))

    def flatten(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        leaves, spec = torch.utils._pytree.tree_flatten((tuple(args), dict(kwargs)))
        if spec != in_spec:
            raise TypeError(
                f"arguments: given the structure {spec}, expected that of the "
                f"example inputs, {in_spec}"
            )
        return _checked(leaves, expected)

    def unflatten(results: list[Any]) -> Any:
        return torch.utils._pytree.tree_unflatten(results, out_spec)

    text = imported.operation.get_asm(enable_debug_info=True)
    return ImportedModule(
        text=text, entry=entry, lifted=lifted, unflatten=unflatten, flatten=flatten
    )


def _export(
    module: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    dynamic_shapes: Any,
    *contexts: contextlib.AbstractContextManager[None],
) -> torch.export.ExportedProgram:
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(persistent_buffers(module))
        for context in contexts:
            stack.enter_context(context)
        if is_huggingface_model(module):
            stack.enter_context(exportable_configuration(module))
            if dynamic_shapes is None and kwargs.get("attention_mask") is None:
                stack.enter_context(ready_masks(module, args, dict(kwargs)))
        return torch.export.export(
            module, args, dict(kwargs), dynamic_shapes=dynamic_shapes, strict=False
        )


def _exported(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], dynamic_shapes: Any
) -> torch.export.ExportedProgram:
    """The module, exported; where its code for compilers fails, with its code for running."""
    try:
        return _export(module, args, kwargs, dynamic_shapes)
    except Exception:
        if not is_huggingface_model(module):
            raise
        with contextlib.suppress(Exception):  # the first failure is the one to be told of
            return _export(module, args, kwargs, dynamic_shapes, as_when_run(module))
        raise


def import_torch(
    module: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    entry: str = "main",
    weights: Weights = "constants",
) -> ImportedModule:
    """Imports a module as linalg on tensors.

    Args:
        module: any exportable module, in evaluation mode; models of
            ``transformers`` are taken as they are (eager attention, no cache,
            the causal mask as a constant where shapes are fixed and no ``attention_mask``
            is among ``kwargs``, else computed when the model runs).
        args: example positional arguments; their shapes are fixed unless
            ``dynamic_shapes`` names them.
        kwargs: example keyword arguments.
        dynamic_shapes: as in ``torch.export.export``; axes may be negative.
        entry: name of the function.
        weights: ``"constants"`` puts parameters into the text, ``"arguments"``
            makes them leading arguments (see ``ImportedModule.lifted``).

    Returns:
        The text, and what is needed to call what is compiled from it.

    Raises:
        TypeError: ``module`` is not a ``torch.nn.Module``, or a dynamic axis no integer.
        UnsupportedModelError: torch-mlir cannot import the model; says which operation.
        ValueError: ``weights`` is neither of the two, the model's outputs are not tensors, or
            an input has not the axis that ``dynamic_shapes`` names.
    """
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module: given {type(module).__name__}, expected a torch.nn.Module")
    check_weights(weights)
    named = dict(kwargs or {})
    dynamic_shapes = checked_shapes(module, args, named, dynamic_shapes)
    program = _exported(module, args, named, dynamic_shapes)
    return import_program(program, entry=entry, weights=weights)
