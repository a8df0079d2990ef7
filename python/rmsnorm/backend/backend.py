# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The backend: finds the norms of a graph, replaces them, and gives the graph to Inductor."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.fx import Graph, GraphModule, Node

from rmsnorm.backend.effects import Barriers, drop_unused
from rmsnorm.backend.fuse import fuse_neighbours
from rmsnorm.backend.neighbours import is_plain_norm
from rmsnorm.backend.regions import Region, example, regions_of, residual_of, roots
from rmsnorm.backend.report import GraphReport, remember
from rmsnorm.log import logger
from rmsnorm.nn.functional import rms_norm
from rmsnorm.patching.forms import Form, find_form
from rmsnorm.patching.proof import NotANorm, prove

_FEWEST_ELEMENTS = 4096


def _shape(node: Node) -> tuple[int, ...]:
    """Extents as numbers; of a dynamic one, the hint."""
    value = example(node)
    assert value is not None
    return tuple(
        int(extent.node.hint) if isinstance(extent, torch.SymInt) else extent
        for extent in value.shape
    )


def _as_module(region: Region) -> tuple[nn.Module, dict[str, Node]]:
    """The region as a module with parameters of its own; they by name."""
    graph = Graph()
    root = nn.Module()
    copies: dict[Node, Node] = {region.x: graph.placeholder("x")}
    names: dict[str, Node] = {}
    for number, parameter in enumerate(region.parameters):
        name = f"parameter{number}"
        value = example(parameter)
        assert value is not None
        made = torch.ones(_shape(parameter), dtype=value.dtype)
        root.register_buffer(name, made)
        copies[parameter] = graph.get_attr(name)
        names[name] = parameter
    for node in region.nodes:
        copies[node] = graph.node_copy(node, lambda n: copies[n])
    graph.output(copies[region.output])
    return GraphModule(root, graph), names


def _find(region: Region) -> tuple[Form, dict[str, Node]] | None:
    """The form of the norm that a region is, if it is one."""
    value = example(region.x)
    if value is None or not value.is_floating_point():
        return None
    try:
        module, names = _as_module(region)
    except KeyError:
        return None  # reads something that is no tensor: an extent, say
    shape = _shape(region.x)
    norm = prove(module, shape, value.dtype)
    if isinstance(norm, NotANorm):
        logger.debug("%s: no norm: %s", region.output.name, norm.reason)
        return None
    axes = tuple(axis - norm.rank for axis in norm.axes)
    # More rows, to see a rounding in the wrong place.
    elements = max(1, torch.Size(shape).numel())
    rows = shape[0] * -(-_FEWEST_ELEMENTS // elements) if -norm.rank not in axes else shape[0]
    form = find_form(module, (rows, *shape[1:]), value.dtype, axes, norm.eps, norm.min_rms)
    return None if form is None else (form, names)


def _replace(region: Region, form: Form, names: dict[str, Node]) -> None:
    graph = region.output.graph
    roles = [None if n is None else names[n] for n in (form.weight, form.bias)]
    options: dict[str, Any] = {"eps": form.eps, "axes": form.axes, "min_rms": form.min_rms}
    if not form.promote:
        options |= {
            "weight_offset": form.weight_offset,
            "cast_before_weight": form.cast_before_weight,
        }
    arguments = (None, None) if form.promote else tuple(roles)
    place = region.nodes[0]
    # A parameter may be defined behind the first node of the region.
    for role in roles:
        if role is not None and place < role:
            place = role.next
    with graph.inserting_before(place):
        y = graph.call_function(rms_norm, (region.x, *arguments), options)
        y.meta.update(region.output.meta)
        x = example(region.x)
        assert x is not None
        if form.promote:
            y.meta["example_value"] = torch.empty_like(x)
            for role, function in zip(roles, (operator.mul, operator.add), strict=True):
                if role is not None:
                    y = _with_example(graph.call_function(function, (y, role)))
            y.meta.update(region.output.meta)
    region.output.replace_all_uses_with(y)


def _with_example(node: Node) -> Node:
    """The node of an operation on two tensors, with its example value."""
    assert callable(node.target)
    node.meta["example_value"] = node.target(*(example(n) for n in node.all_input_nodes))
    return node


def take_residuals(graph: Graph) -> None:
    """Puts additions in front of norms into their operator, which then returns the sum, too."""
    for norm in list(graph.nodes):
        if not is_plain_norm(norm):
            continue
        x = norm.args[0]
        summands = residual_of(x) if isinstance(x, Node) else None
        if summands is None or not isinstance(x, Node) or Barriers(graph).between({x, norm}):
            continue
        if any(used > x for used in norm.all_input_nodes):
            continue  # a parameter that is not there yet
        options = {**norm.kwargs, "residual": summands[1], "return_sum": True, "round_sum": True}
        with graph.inserting_before(x):
            pair = graph.call_function(rms_norm, (summands[0], *norm.args[1:]), options)
            y = graph.call_function(operator.getitem, (pair, 0))
            total = graph.call_function(operator.getitem, (pair, 1))
        y.meta.update(norm.meta)
        total.meta.update(x.meta)
        norm.replace_all_uses_with(y)
        graph.erase_node(norm)
        x.replace_all_uses_with(total)
        graph.erase_node(x)


def find_norms(module: GraphModule) -> int:
    """Replaces the norms of a graph of torch functions by calls of ``rms_norm``, in place.

    Args:
        module: as Dynamo hands it to a backend, every node with its example value.

    Returns:
        The number of norms.
    """
    known: dict[Any, Form | None] = {}
    barriers = Barriers(module.graph)
    count = 0
    for root in roots(module.graph):
        if not root.users:
            continue  # of a norm that is replaced already
        for region in regions_of(root):
            if not region.output.users:
                break
            if barriers.between(set(region.nodes)):
                continue  # it may read what is changed on the way
            candidate = _cached(region, known)
            if candidate is not None:
                _replace(region, *candidate)
                drop_unused(module.graph)
                count += 1
                break
    return count


def replace_norms(module: GraphModule, *, neighbours: bool = False) -> int:
    """Replaces the norms of a graph of torch functions by our kernels, in place.

    Args:
        module: as Dynamo hands it to a backend, every node with its example value.
        neighbours: put what stands around a norm into its kernel; else a residual addition
            in front of it only.

    Returns:
        The number of norms. ``last_report`` has the details.
    """
    # Pieces are exported on the way: not in the terms of the graph that is being compiled.
    with torch._guards.tracing(None):
        count = find_norms(module)
        kernels = fuse_neighbours(module) if neighbours and count else []
    take_residuals(module.graph)
    module.graph.lint()
    module.recompile()
    remember(GraphReport(count, tuple(kernels)))
    for kernel in kernels:
        logger.info("torch.compile: %s", kernel)
    return count


def _cached(region: Region, known: dict[Any, Form | None]) -> tuple[Form, dict[str, Node]] | None:
    """``_find``, once for regions of the same text, extents and dtypes."""
    numbers: dict[Node, str] = {region.x: "x"}
    numbers.update({p: f"parameter{i}" for i, p in enumerate(region.parameters)})
    numbers.update({n: f"n{i}" for i, n in enumerate(region.nodes)})

    def spell(argument: Any) -> Any:
        return numbers.get(argument, argument) if isinstance(argument, Node) else argument

    text = [
        (
            str(n.target),
            str(torch.fx.map_arg(n.args, spell)),
            str(torch.fx.map_arg(n.kwargs, spell)),
        )
        for n in region.nodes
    ]
    outside = (region.x, *region.parameters)
    values = [(str(v.dtype), tuple(v.shape)) for v in map(example, outside) if v is not None]
    key = str((text, values))
    if key not in known:
        found = _find(region)
        known[key] = None if found is None else found[0]
    form = known[key]
    if form is None:
        return None
    return form, {f"parameter{i}": p for i, p in enumerate(region.parameters)}


def compile_graph(
    module: GraphModule,
    example_inputs: Sequence[Any],
    *,
    options: dict[str, Any] | None = None,
    mode: str | None = None,
) -> Callable[..., Any]:
    """The backend ``"rmsnorm"`` of ``torch.compile``.

    Args:
        module: Dynamo's graph.
        example_inputs: of it.
        options: Inductor's, as for ``torch.compile(options=...)``.
        mode: Inductor's, as for ``torch.compile(mode=...)``.

    Returns:
        What Inductor makes of the graph with the norms replaced.

    Raises:
        RuntimeError: there is no such mode; the message names those that there are.
    """
    from torch._inductor import list_mode_options
    from torch._inductor.compile_fx import compile_fx

    if mode is not None:
        options = {**list_mode_options(mode), **(options or {})}

    count = replace_norms(module, neighbours=True)
    logger.info("torch.compile: %d norms go to the kernels of rmsnorm", count)
    compiled: Any = compile_fx(module, list(example_inputs), config_patches=options)
    return cast(Callable[..., Any], compiled)
