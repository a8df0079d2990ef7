# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a norm with its neighbours, and sees to it that one kernel comes of it."""

import hashlib
import json
import subprocess
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Node, map_arg

from rmsnorm.backend.neighbours import Neighbourhood, is_one, is_plain_norm
from rmsnorm.backend.region_operator import Kernel, enter
from rmsnorm.backend.regions import example
from rmsnorm.contexts import default_context
from rmsnorm.errors import RMSNormError, ToolNotFoundError
from rmsnorm.importer import import_torch
from rmsnorm.log import logger
from rmsnorm.nn import reference
from rmsnorm.nn.functional import rms_norm
from rmsnorm.nn.options import Options
from rmsnorm.nn.preparation import parameter_view
from rmsnorm.tools import find_tool

_PIPELINE = [
    "--inline",
    "--canonicalize",
    "--cse",
    "--rmsnorm-raise",
    "--rmsnorm-decompose-tensor-ops",
    "--rmsnorm-fuse",
    "--canonicalize",
    "--cse",
    "--rmsnorm-report-traffic=output=-",
]
# Extents of an example, unlike each other.
_PRIMES = (3, 5, 7, 2, 11, 13)

_known: dict[str, str | None] = {}


class NoKernelError(Exception):
    """No one kernel comes of a neighbourhood; says why."""


def _spelled(x: Tensor, weight: Any = None, bias: Any = None, **options: Any) -> Tensor:
    """``rms_norm`` in operations that the importer knows."""
    order = tuple(options.pop("axes"))
    weight, bias = (
        parameter_view(name, value, x, list(order))
        for name, value in (("weight", weight), ("bias", bias))
    )
    arguments: Any = Options(axes=order, **options).arguments()
    y: Tensor = reference.norm(x, weight, bias, None, None, None, None, *arguments)[0]
    return y


def _again(*args: Any, **options: Any) -> Any:
    """``rms_norm`` in a backward: nothing is kept."""
    return rms_norm(*args, **options, recompute=True)


def _pattern(value: Tensor, at: Neighbourhood) -> tuple[int | str, ...]:
    """Each extent of an operand as a number, or as the axis of the rows that it is equal to."""
    missing = len(at.shape) - value.dim()
    result: list[int | str] = []
    for axis, extent in enumerate(value.shape):
        if is_one(extent):
            result.append(1)
        elif missing + axis in at.axes:
            result.append(int(extent))
        else:
            result.append(f"d{missing + axis}")
    return tuple(result)


def _module(at: Neighbourhood, inputs: list[Node], norm: Any) -> GraphModule:
    """The neighbourhood as a module that takes its inputs and returns a tuple."""
    graph = Graph()
    copies = {node: graph.placeholder(f"x{i}") for i, node in enumerate(inputs)}
    for node in at.ordered():
        copies[node] = graph.node_copy(node, lambda n: copies[n])
        copies[node].meta = {}
        if is_plain_norm(node):
            copies[node].target = norm
    graph.output(tuple(copies[node] for node in at.outputs()))
    return GraphModule(torch.nn.Module(), graph)


def _name(at: Neighbourhood, inputs: list[Node]) -> str:
    """A hash of everything that the code depends on."""
    numbers: dict[Node, str] = {node: f"%{i}" for i, node in enumerate(inputs)}
    numbers.update({node: f"%n{i}" for i, node in enumerate(at.ordered())})

    def spell(argument: Any) -> Any:
        return map_arg(argument, lambda n: numbers[n])

    operands = [example(node) for node in inputs]
    text = [
        [(str(v.dtype), _pattern(v, at)) for v in operands if v is not None],
        [
            (
                torch.typename(n.target) if callable(n.target) else n.target,
                getattr(n.target, "__name__", ""),
            )
            + (repr(spell(n.args)), repr(spell(dict(n.kwargs))))
            for n in at.ordered()
        ],
        [numbers[node] for node in at.outputs()],
        (len(at.shape), at.axes),
    ]
    return hashlib.sha256(repr(text).encode()).hexdigest()


def _check_one_kernel(text: str) -> None:
    done = subprocess.run(
        [find_tool("rmsnorm-opt"), *_PIPELINE, "-o", "/dev/null"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise NoKernelError(f"it cannot be compiled: {done.stderr.strip().splitlines()[-1:]}")
    (function,) = json.loads(done.stdout)["functions"]
    kinds = [operation["kind"] for operation in function["operations"]]
    if kinds != ["row_kernel"]:
        raise NoKernelError(f"the compiler makes {len(kinds)} operations of it: {', '.join(kinds)}")


def _examples(at: Neighbourhood, inputs: list[Node]) -> tuple[list[Tensor], Any]:
    tensors: list[Tensor] = []
    dynamic: list[dict[int, Any]] = []
    for node in inputs:
        value = example(node)
        assert value is not None
        extents, axes = [], {}
        for axis, extent in enumerate(_pattern(value, at)):
            if isinstance(extent, str):
                number = int(extent[1:])
                axes[axis] = torch.export.Dim(extent)
                extent = _PRIMES[number % len(_PRIMES)] + number // len(_PRIMES)
            extents.append(extent)
        tensors.append(torch.ones(extents, dtype=value.dtype))
        dynamic.append(axes)
    return tensors, (tuple(dynamic),)


def _places(at: Neighbourhood, inputs: list[Node], output: Node) -> tuple[Any, ...]:
    """Where each extent of a result is to be found."""
    value = example(output)
    assert value is not None
    places: list[int | tuple[int, int]] = []
    for extent in _pattern(value, at):
        place: Any = extent
        if isinstance(extent, str):
            for number, node in enumerate(inputs):
                operand = example(node)
                assert operand is not None
                pattern = _pattern(operand, at)
                if extent in pattern:
                    place = (number, pattern.index(extent))
                    break
            else:
                raise NoKernelError("an extent of its result is that of no operand")
        places.append(place)
    return tuple(places)


class _Wrapped(torch.nn.Module):
    """The module with one argument, so that shapes can be given whatever names there are."""

    def __init__(self, inner: GraphModule) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *tensors: Tensor) -> Any:
        return self.inner(*tensors)


def _check_types(at: Neighbourhood, module: GraphModule, tensors: list[Tensor]) -> None:
    """Outside all modes the types have to be those in the graph: autocast changes some."""
    seen: dict[str, torch.dtype] = {}

    class Look(torch.fx.Interpreter):
        def run_node(self, n: Node) -> Any:
            value = super().run_node(n)
            if isinstance(value, Tensor):
                seen[n.name] = value.dtype
            return value

    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        Look(module).run(*tensors)
    made = [n for n in module.graph.nodes if n.op in ("call_function", "call_method")]
    for node, copy in zip(at.ordered(), made, strict=True):
        value = example(node)
        if value is None or value.dtype != seen[copy.name]:
            raise NoKernelError(f"{node.name} has another type under autocast")


def _build(at: Neighbourhood, inputs: list[Node], name: str) -> None:
    outputs = at.outputs()
    module = _module(at, inputs, _spelled)
    tensors, shapes = _examples(at, inputs)
    _check_types(at, module, tensors)
    dtypes = []
    for node in outputs:
        value = example(node)
        assert value is not None
        dtypes.append(value.dtype)
    extents = tuple(_places(at, inputs, node) for node in outputs)
    try:
        with torch.autocast("cpu", enabled=False):
            text = import_torch(_Wrapped(module), tuple(tensors), dynamic_shapes=shapes).text
        _check_one_kernel(text)
        function = default_context().compile_text(text)["main"]
    except (NoKernelError, ToolNotFoundError):
        raise
    except Exception as error:  # torch.export and torch-mlir raise anything
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise NoKernelError(f"it cannot be compiled: {lines[0]}") from error
    enter(name, Kernel(function, _module(at, inputs, _again), tuple(dtypes), extents))


def kernel_of(at: Neighbourhood) -> str:
    """The name of the kernel of a neighbourhood, for ``call_region``; compiled once a process.

    Raises:
        NoKernelError: it does not become one kernel.
    """
    inputs = at.inputs()
    name = _name(at, inputs)
    if name not in _known:
        try:
            _build(at, inputs, name)
            _known[name] = None
        except (NoKernelError, RMSNormError, ToolNotFoundError) as error:
            logger.debug("%s with its neighbours: %s", at.norm.name, error)
            _known[name] = str(error)
    reason = _known[name]
    if reason is not None:
        raise NoKernelError(reason)
    return name
