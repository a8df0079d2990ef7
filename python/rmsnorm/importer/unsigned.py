# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Unsigned integers of PyTorch.

Linalg's integers have no sign. torch-mlir drops it: sums and quotients of ``uint8`` come out as those
of ``int8``, and a remainder crashes it. Here what computes with unsigned integers does so in a
wider signed type, and the imported function says which of its tensors are unsigned.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch._guards import detect_fake_mode
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node

from rmsnorm.errors import UnsupportedModelError

aten = torch.ops.aten
UNSIGNED = (torch.uint8, torch.uint16, torch.uint32, torch.uint64)
_WIDER = {torch.uint8: torch.int32, torch.uint16: torch.int32, torch.uint32: torch.int64}

# Move elements, or convert them, which torch-mlir does right.
_MOVES = frozenset((
    aten._to_copy.default, aten.view.default, aten._unsafe_view.default, aten.reshape.default,
    aten.slice.Tensor, aten.select.int, aten.unsqueeze.default, aten.squeeze.default,
    aten.squeeze.dim, aten.squeeze.dims, aten.expand.default, aten.permute.default,
    aten.transpose.int, aten.t.default, aten.clone.default, aten.alias.default,
    aten.detach.default, aten.flip.default, aten.cat.default, aten.sym_size.int,
))  # fmt: skip


def _dtype(value: Any) -> torch.dtype | None:
    tensor = value.meta.get("val") if isinstance(value, Node) else None
    return tensor.dtype if isinstance(tensor, torch.Tensor) else None


def _converted(graph: Graph, value: Node, dtype: torch.dtype, origin: Node) -> Node:
    node = graph.call_function(aten._to_copy.default, (value,), {"dtype": dtype})
    mode = detect_fake_mode([value.meta["val"]])
    assert mode is not None  # every exported graph has one
    with mode:
        node.meta["val"] = value.meta["val"].to(dtype)
    for key in ("stack_trace", "nn_module_stack", "source_fn_stack"):
        if key in origin.meta:
            node.meta[key] = origin.meta[key]
    return node


def widen_unsigned(program: torch.export.ExportedProgram) -> int:
    """Rewrites a decomposed program in place: arithmetic on unsigned integers in a signed type.

    Returns:
        How many operations were rewritten.

    Raises:
        UnsupportedModelError: an operation computes with uint64, which has no wider type.
    """
    graph = program.graph_module.graph
    count = 0
    for node in list(graph.nodes):
        if node.op != "call_function" or node.target in _MOVES:
            continue
        if any(_dtype(value) == torch.uint64 for value in node.all_input_nodes):
            raise UnsupportedModelError(
                f"cannot import {node.target} of uint64, expected a signed or a narrower type"
            )
        given = [value for value in node.all_input_nodes if _dtype(value) in _WIDER]
        result = node.meta.get("val")
        if not given or not isinstance(result, torch.Tensor):
            continue
        with graph.inserting_before(node):
            for value in given:
                wide = _converted(graph, value, _WIDER[value.meta["val"].dtype], node)
                node.replace_input_with(value, wide)
        count += 1
        if result.dtype not in _WIDER:
            continue
        # It now has the wider type; who reads it gets the old one.
        mode = detect_fake_mode([result])
        assert mode is not None
        with mode:
            node.meta["val"] = result.to(_WIDER[result.dtype])
        node.meta.pop("tensor_meta", None)
        with graph.inserting_after(node):
            narrow = _converted(graph, node, result.dtype, node)
        node.replace_all_uses_with(narrow, delete_user_cb=lambda user, own=narrow: user is not own)
        program.graph_signature.replace_all_uses(node.name, narrow.name)
    if count:
        program.graph_module.recompile()
    return count


def interface_tensors(
    program: torch.export.ExportedProgram,
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The tensors that the imported function takes and gives, in order."""
    nodes = {node.name: node for node in program.graph.nodes}
    signature = program.graph_signature
    inputs = [spec.arg for spec in signature.input_specs if spec.kind == InputKind.USER_INPUT]
    outputs = [spec.arg for spec in signature.output_specs]
    found = [
        [nodes[arg.name].meta.get("val") for arg in args if getattr(arg, "name", None) in nodes]
        for args in (inputs, outputs)
    ]
    return (
        [value for value in found[0] if isinstance(value, torch.Tensor)],
        [value for value in found[1] if isinstance(value, torch.Tensor)],
    )


def mark_unsigned(
    module: Any, inputs: Sequence[torch.Tensor], outputs: Sequence[torch.Tensor]
) -> None:
    """Says which arguments and results of the module's one function are unsigned integers.

    Args:
        module: torch-mlir's.
        inputs: the arguments.
        outputs: the results.
    """
    from torch_mlir import ir

    function = next(op for op in module.body.operations if op.operation.name == "func.func")
    attributes = function.operation.attributes
    with module.context:
        for key, values in (("arg_attrs", inputs), ("res_attrs", outputs)):
            marks = [value.dtype in UNSIGNED for value in values]
            if not any(marks):
                continue
            known = attributes[key] if key in attributes else [ir.DictAttr.get()] * len(marks)
            attributes[key] = ir.ArrayAttr.get(
                [
                    ir.DictAttr.get(
                        {entry.name: entry.attr for entry in given}
                        | ({"rmsnorm.unsigned": ir.UnitAttr.get()} if mark else {})
                    )
                    for given, mark in zip(known, marks, strict=True)
                ]
            )
