# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Counts the RMS norms that PyTorch itself executes, by what the operations compute.

This is the expectation that raising is held to; it knows nothing of the
compiler. A norm is a root of a mean of squares of values that were not
centred (no mean subtracted). Each value carries what it is made of as long as
only casts, views and scalars touch it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


@dataclass
class ExecutedNorm:
    """One root of a mean or sum of squares.

    Attributes:
        statistic: ``"mean"``, ``"sum"`` or ``"norm"`` (``vector_norm``).
        dims: the dimensions reduced, negative.
        eps: what was added before the root.
        dtype: the type in which the squares were computed.
        centred: a mean had been subtracted.
        applied: values were multiplied with the root or divided by it.
        weighted: a parameter was multiplied in before anything was rounded or reshaped.
        reshaped: the normalised value was reshaped before it was rounded or weighted. A
            weight behind that means the same as an operand and outside of the op.
        rounded: the root was rounded to a short type before it was applied.
        scaled: the squares were of values that a parameter had been multiplied into.
    """

    statistic: str
    dims: tuple[int, ...]
    eps: float
    dtype: torch.dtype
    centred: bool
    applied: bool = False
    weighted: bool = False
    reshaped: bool = False
    rounded: bool = False
    scaled: bool = False

    @property
    def is_rms(self) -> bool:
        """A root mean square by which values were divided."""
        return self.statistic == "mean" and not self.centred and self.applied


@dataclass(frozen=True)
class _Root:
    norm: ExecutedNorm = field(compare=False)


@dataclass(frozen=True)
class _Normalised:
    norm: ExecutedNorm = field(compare=False)


@dataclass(frozen=True)
class _Parameter:
    """A parameter of the module, perhaps with a constant added."""


@dataclass(frozen=True)
class _Scaled:
    """Values multiplied by a parameter."""


@dataclass(frozen=True)
class _Average:
    """A mean of plain values."""


@dataclass(frozen=True)
class _Centred:
    """Values with their mean subtracted."""


@dataclass(frozen=True)
class _Square:
    dtype: torch.dtype
    centred: bool
    scaled: bool


_PASSING = {
    "_to_copy", "view", "_unsafe_view", "unsqueeze", "squeeze", "expand", "clone", "alias",
    "detach", "reshape", "transpose", "t", "permute", "slice", "select", "split", "clamp",
    "clamp_min", "div", "mul", "masked_fill", "flatten",
}  # fmt: skip
_ROOTS = {"sqrt", "rsqrt"}


class NormTrace(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the norms executed while it is active, in ``norms``."""

    def __init__(self, parameters: Iterable[torch.Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.norms: list[ExecutedNorm] = []
        self._tags: dict[int, tuple[torch.Tensor, Any]] = {
            id(parameter): (parameter, _Parameter()) for parameter in parameters
        }

    def rms_norms(self) -> list[ExecutedNorm]:
        return [norm for norm in self.norms if norm.is_rms]

    def _tag(self, value: Any) -> Any:
        found = self._tags.get(id(value))
        return found[1] if found is not None and found[0] is value else None

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.rstrip("_")
        tag = self._tag_of_result(name, args, kwargs or {})
        if tag is not None:
            for value in result if isinstance(result, tuple | list) else (result,):
                if isinstance(value, torch.Tensor):
                    self._tags[id(value)] = (value, tag)  # keeps it alive: ids stay unique
        return result

    def _tag_of_result(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        first = args[0] if args else None
        if not isinstance(first, torch.Tensor):
            return None
        second = args[1] if len(args) > 1 else None
        pair = (self._tag(first), self._tag(second))
        tag = pair[0] if pair[0] is not None else pair[1]
        if name in ("mul", "div") and isinstance(second, torch.Tensor):
            for root, other in (pair, pair[::-1]):
                if isinstance(root, _Root):
                    root.norm.applied = True
                    root.norm.weighted = isinstance(other, _Scaled) and not root.norm.scaled
                    return _Normalised(root.norm)
        if _is_square(name, first, second):
            return _Square(first.dtype, isinstance(tag, _Centred), isinstance(tag, _Scaled))
        if name in ("mean", "sum"):
            return self._reduction(name, first, args, kwargs, tag)
        if name == "linalg_vector_norm" and (second is None or second == 2):
            dims, centred = _negative(first, args[2:3]), isinstance(tag, _Centred)
            self.norms.append(ExecutedNorm("norm", dims, 0.0, first.dtype, centred))
            return _Root(self.norms[-1])
        if name == "sub" and any(isinstance(t, _Average) for t in pair):
            return _Centred()
        if isinstance(tag, _Root) and _narrows(name, kwargs):
            tag.norm.rounded = True
        if isinstance(tag, ExecutedNorm):
            return self._after_reduction(name, second, tag)
        if isinstance(tag, _Normalised) or isinstance(pair[1], _Normalised):
            return _after_norm(name, pair, kwargs)
        if isinstance(tag, _Parameter) and name == "mul" and isinstance(second, torch.Tensor):
            return _Scaled()
        if isinstance(tag, _Parameter) and name == "add" and not isinstance(second, torch.Tensor):
            return tag
        return tag if name in _PASSING else None

    def _reduction(
        self, name: str, x: torch.Tensor, args: tuple[Any, ...], kwargs: Mapping[str, Any], tag: Any
    ) -> Any:
        if isinstance(tag, _Square):
            dims = _negative(x, args[1:2] or [kwargs.get("dim")])
            return ExecutedNorm(name, dims, 0.0, tag.dtype, tag.centred, scaled=tag.scaled)
        return _Average()

    def _after_reduction(self, name: str, second: Any, tag: ExecutedNorm) -> Any:
        if name in _ROOTS or (name == "pow" and second in (0.5, -0.5)):
            self.norms.append(tag)
            return _Root(tag)
        if name == "reciprocal":
            return tag
        if name == "add":
            eps = float(second) if not isinstance(second, torch.Tensor) else float("nan")
            if isinstance(second, torch.Tensor) and second.numel() == 1:
                eps = float(second)
            return replace(tag, eps=tag.eps + eps)
        if name == "div" and tag.statistic == "sum" and isinstance(second, int | float):
            return replace(tag, statistic="mean")
        return tag if name in _PASSING else None


def _is_square(name: str, first: torch.Tensor, second: Any) -> bool:
    return (
        name == "square" or (name == "pow" and second == 2) or (name == "mul" and first is second)
    )


def _narrows(name: str, kwargs: Mapping[str, Any]) -> bool:
    return name == "_to_copy" and kwargs.get("dtype") in (torch.float16, torch.bfloat16)


def _after_norm(name: str, pair: tuple[Any, Any], kwargs: Mapping[str, Any]) -> Any:
    normalised = pair[0] if isinstance(pair[0], _Normalised) else pair[1]
    other = pair[1] if normalised is pair[0] else pair[0]
    if name == "mul" and isinstance(other, _Parameter):
        normalised.norm.weighted = not normalised.norm.reshaped
        return None
    if name in ("view", "reshape", "_unsafe_view"):
        normalised.norm.reshaped = True
        return normalised
    kept = name in ("_to_copy", "alias", "detach", "clone") and not _narrows(name, kwargs)
    return normalised if kept else None


def _negative(x: torch.Tensor, dims: Sequence[Any]) -> tuple[int, ...]:
    given = dims[0] if dims and dims[0] is not None else range(x.dim())
    listed = [given] if isinstance(given, int) else list(given)
    return tuple(sorted(d if d < 0 else d - x.dim() for d in listed))


def executed_norms(module: torch.nn.Module, *args: Any, **kwargs: Any) -> NormTrace:
    """Runs a module once and returns what was recorded."""
    trace = NormTrace(module.parameters())
    with torch.no_grad(), trace:
        module(*args, **kwargs)
    return trace
