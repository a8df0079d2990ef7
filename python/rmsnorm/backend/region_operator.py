# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The operator that runs a norm with its neighbours, its fake kernel and its gradient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rmsnorm._native import Function
from rmsnorm.nn import ops


@dataclass(frozen=True)
class Kernel:
    """A compiled neighbourhood.

    Attributes:
        function: the compiled function; one result is no tuple.
        plain: the same as torch operations and ``rms_norm``, for the gradient: a tuple.
        dtypes: of the results.
        extents: of the results: each a number, or (argument, axis) where it is to be found.
    """

    function: Function
    plain: Callable[..., tuple[Tensor, ...]]
    dtypes: tuple[torch.dtype, ...]
    extents: tuple[tuple[int | tuple[int, int], ...], ...]


# By a hash of all that the code depends on, so that a name in compiled code that Inductor
# has on disk means the same in every process; the backend enters it before Inductor looks.
_kernels: dict[str, Kernel] = {}
_library: Any = torch.library.Library("rmsnorm_backend", "DEF")  # type: ignore[no-untyped-call]
_library.define(
    "region(Tensor[] inputs, str name) -> Tensor[]",
    tags=(torch.Tag.pt2_compliant_tag, torch.Tag.flexible_layout),
)


def _run(inputs: Sequence[Tensor], name: str) -> list[Tensor]:
    kernel = _kernels[name]
    results = kernel.function(*inputs)
    return list(results) if isinstance(results, tuple) else [results]


def _fake(inputs: Sequence[Tensor], name: str) -> list[Tensor]:
    kernel = _kernels[name]
    return [
        torch.empty(
            [e if isinstance(e, int) else inputs[e[0]].shape[e[1]] for e in extents],
            dtype=dtype,
            device=inputs[0].device,
        )
        for dtype, extents in zip(kernel.dtypes, kernel.extents, strict=True)
    ]


if not ops.AVAILABLE:  # else it is C++ (python/torch_ops/region.cpp)
    _library.impl("region", _run, "CPU")
torch.library.register_fake("rmsnorm_backend::region", _fake, lib=_library)


class _Recorded(torch.autograd.Function):
    """One kernel forward; the gradient through the torch operations, computed again."""

    @staticmethod
    def forward(ctx: Any, name: str, *inputs: Tensor) -> tuple[Tensor, ...]:
        results = torch.ops.rmsnorm_backend.region(list(inputs), name)
        ctx.save_for_backward(*inputs)
        ctx.name = name
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*(r for r in results if not r.is_floating_point()))
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        needed = ctx.needs_input_grad[1:]
        again = torch.is_grad_enabled()
        with torch.enable_grad():
            inputs = [
                (t.view_as(t) if again else t.detach().requires_grad_()) if need else t
                for t, need in zip(ctx.saved_tensors, needed, strict=True)
            ]
            results = _kernels[ctx.name].plain(*inputs)
            pairs = [
                (result, grad)
                for result, grad in zip(results, grads, strict=True)
                if grad is not None and result.requires_grad
            ]
            wanted = [t for t, need in zip(inputs, needed, strict=True) if need]
            found: Sequence[Tensor | None] = [None] * len(wanted)
            if pairs and wanted:
                found = torch.autograd.grad(
                    [result for result, _ in pairs],
                    wanted,
                    [grad for _, grad in pairs],
                    allow_unused=True,
                    create_graph=again,
                )
        values = iter(found)
        return (None, *(next(values) if need else None for need in needed))


_record: Any = _Recorded.apply


def enter(name: str, kernel: Kernel) -> None:
    """Makes a kernel known to ``call_region``, for good; the first of a name stays."""
    if name in _kernels:
        return
    if ops.AVAILABLE:
        places: list[int] = []
        for extents in kernel.extents:
            places.append(len(extents))
            for extent in extents:
                places += (-1, extent) if isinstance(extent, int) else extent
        ops.enter_region(name, kernel.function.handle, places)
    _kernels[name] = kernel


def call_region(name: str, *inputs: Tensor) -> tuple[Tensor, ...]:
    """Runs the kernel of that name: what stands in the graph for a norm with its neighbours."""
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs):
        recorded: tuple[Tensor, ...] = _record(name, *inputs)
        return recorded
    return tuple(torch.ops.rmsnorm_backend.region(list(inputs), name))
