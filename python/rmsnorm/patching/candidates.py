# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which modules are worth a proof: those whose output does not change with the input's scale."""

import copy
import inspect
import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

_ROWS = (2, 3)
_PLAIN_EXTENT = 64


def own_tensors(module: nn.Module) -> dict[str, Tensor]:
    """The module's own parameters and buffers of floating-point type, by name."""
    named = {**module._parameters, **module._buffers}
    return {
        name: tensor
        for name, tensor in named.items()
        if tensor is not None and tensor.is_floating_point()
    }


def _holds_only_its_own(module: nn.Module) -> bool:
    """Whether no submodule has parameters, and few are its own."""
    own = sum(1 for parameter in module._parameters.values() if parameter is not None)
    return own <= 2 and own == sum(1 for _ in module.parameters())


def probe_shapes(module: nn.Module) -> Iterator[tuple[int, ...]]:
    """Shapes that the module's input might have, from those of its parameters.

    A parameter ``[D]`` suggests ``[..., D]``, then channels first; extents of 1 in a
    parameter (``[C, 1, 1]``, ``[H, 1, D]``) stand for others in the input.
    """
    seen = set()

    def fresh(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if shape not in seen:
            seen.add(shape)
            yield shape

    for tensor in own_tensors(module).values():
        shape = tuple(tensor.shape)
        if math.prod(shape) <= 1:
            continue
        free = iter(range(3, 3 + len(shape)))
        filled = tuple(next(free) if extent == 1 else extent for extent in shape)
        if len(shape) > 1 and shape[0] == 1:
            filled = (2, *filled[1:])
        if shape[0] == 1 and len(shape) > 1:
            yield from fresh(filled)
        elif len(shape) == 1:
            yield from fresh((*_ROWS, *filled))
        yield from fresh((2, *filled))
        yield from fresh((*_ROWS, *filled))
        if len(shape) == 1:
            yield from fresh((2, shape[0], 3, 4))
            yield from fresh((2, shape[0], 5))
    if not seen:
        yield from fresh((*_ROWS, _PLAIN_EXTENT))


def randomized(module: nn.Module, dtype: torch.dtype | None = None) -> nn.Module:
    """A copy in evaluation mode with parameters that hide nothing (ones and zeros would)."""
    twin = copy.deepcopy(module).eval()
    for part in twin.modules():
        for hooks in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks"):
            getattr(part, hooks).clear()  # they are the model's, and have effects
    generator = torch.Generator().manual_seed(20)
    with torch.no_grad():
        for tensor in own_tensors(twin).values():
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
            tensor.copy_((1.0 + 0.3 * noise).to(tensor.dtype))
    return twin if dtype is None else twin.to(dtype)


def argument_names(module: nn.Module) -> tuple[str, ...]:
    """The names of ``forward``'s first two positional arguments; empty if it has not two."""
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())[:2]
    except (TypeError, ValueError):
        return ()
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if len(parameters) < 2 or any(parameter.kind != kind for parameter in parameters):
        return ()
    return tuple(parameter.name for parameter in parameters)


def gated_inputs(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """An input and a gate to look at a module with."""
    generator = torch.Generator().manual_seed(21)
    return 50.0 * torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def find_gated_probe(module: nn.Module) -> tuple[int, ...] | None:
    """The shape of an input and a gate on which the module acts like a gated norm, or ``None``.

    As for ``find_probe``; and the output depends on the gate.
    """
    if not _holds_only_its_own(module) or not argument_names(module):
        return None
    try:
        twin = randomized(module, torch.float32)
    except Exception:
        return None  # as in find_probe
    for shape in probe_shapes(twin):
        x, gate = gated_inputs(shape)
        try:
            with torch.no_grad():
                small, large, other = twin(x, gate), twin(2.0 * x, gate), twin(x, -gate)
        except Exception:
            continue  # not an input of this module
        if _like_a_norm(x, small, large) and not torch.equal(small, other):
            return shape
    return None


def _like_a_norm(x: Tensor, small: object, large: object) -> bool:
    """Whether the results for ``x`` and ``2 x`` are alike, but no constants."""
    if not isinstance(small, Tensor) or not isinstance(large, Tensor) or small.shape != x.shape:
        return False
    if not small.is_floating_point() or not bool(small.isfinite().all()):
        return False
    scale = small.abs().max()
    return bool(scale > 0 and small.std() > 0 and (small - large).abs().max() <= 1e-2 * scale)


def find_probe(module: nn.Module) -> tuple[int, ...] | None:
    """The shape of an input on which the module acts like a norm, or ``None``.

    Like a norm: one tensor in, one of the same shape out, which depends on the input but
    not on its scale. LayerNorm, L2 normalisation and their kin do, too: the proof tells
    them apart.
    """
    if not _holds_only_its_own(module) or type(module).forward is nn.Module.forward:
        return None
    try:
        twin = randomized(module, torch.float32)
    except Exception:
        return None  # cannot be copied or has no float type: nothing that we could replace
    for shape in probe_shapes(twin):
        generator = torch.Generator().manual_seed(21)
        x = 50.0 * torch.randn(shape, generator=generator)
        try:
            with torch.no_grad():
                small, large = twin(x), twin(2.0 * x)
        except Exception:
            continue  # not an input of this module
        if _like_a_norm(x, small, large):
            return shape
    return None
