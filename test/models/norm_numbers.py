# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far results may be from PyTorch's, and a float64 run of the same module.

f32: within 4 ulp of the float64 run, and 2 ulp more for each gate (a gate is
computed in f32 as well). What is no RMS norm is compared to 1e-5 of its largest
value in f32, because means that are subtracted cancel. f16 and bf16, whose modules say where
they round: against PyTorch itself, at most 1 ulp and at most 2 % of the elements
different (a rounding in the wrong place moves 20 to 30 % of them).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

F32_ULP = 4.0
GATE_ULP = 2.0
F32_RELATIVE = 1e-5
LOW_ULP = 1.0
LOW_SHARE = 0.02
_FLOATS = (torch.float16, torch.bfloat16, torch.float32)


class Widened(TorchFunctionMode):
    """Every conversion to a shorter floating type becomes one to float64."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        wide_args = tuple(map(_wide, args))
        wide_kwargs = {key: _wide(value) for key, value in (kwargs or {}).items()}
        if func in (torch.Tensor.float, torch.Tensor.half, torch.Tensor.bfloat16):
            func = torch.Tensor.double
        return func(*wide_args, **wide_kwargs)


def _wide(value: Any) -> Any:
    short = isinstance(value, torch.dtype) and value in _FLOATS
    return torch.float64 if short else value


def float64_run(module: torch.nn.Module, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The module with float64 weights, inputs and intermediates; its tensors in order."""
    with torch.no_grad(), Widened():
        return flat(module.double()(*(x.double() for x in inputs)))


def flat(result: Any) -> list[torch.Tensor]:
    leaves = torch.utils._pytree.tree_leaves(result)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


def _like(addend: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
    """The addend if it stands along the last dimension, else its largest element."""
    return addend if addend.numel() == result.shape[-1] else addend.max()


@dataclass(frozen=True)
class Difference:
    """The worst in ulp, the share of elements that differ, the worst of the largest value."""

    ulp: float
    share: float
    relative: float

    def within(self, dtype: torch.dtype, gates: int = 0, is_norm: bool = True) -> bool:
        """Whether that is allowed for a result of ``dtype``."""
        if dtype == torch.float32 and not is_norm:
            return self.relative <= F32_RELATIVE
        if dtype == torch.float32:
            return self.ulp <= F32_ULP + gates * GATE_ULP
        return self.ulp <= LOW_ULP and self.share <= LOW_SHARE

    def __str__(self) -> str:
        return f"{self.ulp:.2f} ulp, {100 * self.share:.2f} % differ"


def difference(
    got: Sequence[torch.Tensor],
    want: Sequence[torch.Tensor],
    dtype: torch.dtype,
    addend: torch.Tensor | None = None,
) -> Difference:
    """Compares in ulp of ``dtype`` at the wanted value, or at the sum with ``addend``.

    Where a bias cancels, the unit is that of what cancels.

    Raises:
        ValueError: the numbers of tensors, their shapes or where they are not finite differ.
    """
    if [tuple(g.shape) for g in got] != [tuple(w.shape) for w in want]:
        raise ValueError(f"shapes: {[g.shape for g in got]}, expected {[w.shape for w in want]}")
    worst, different, elements, relative = 0.0, 0.0, 0, 0.0
    for ours, theirs in zip(got, want):
        a, b = ours.double(), theirs.double()
        if not torch.equal(torch.isfinite(a), torch.isfinite(b)):
            raise ValueError("infinities or NaN in different places")
        a, b = torch.nan_to_num(a, 0.0, 0.0, 0.0), torch.nan_to_num(b, 0.0, 0.0, 0.0)
        size = b.abs() if addend is None else b.abs() + _like(addend.double().abs(), b)
        info = torch.finfo(dtype)
        exponent = torch.floor(torch.log2(size.clamp_min(info.tiny)))
        ulp = torch.exp2(exponent) * info.eps
        error = (a - b).abs() / ulp
        if error.numel():
            worst = max(worst, float(error.max()))
            relative = max(relative, float((a - b).abs().max() / b.abs().max().clamp_min(1e-30)))
        different += float((a != b).sum())
        elements += a.numel()
    return Difference(worst, different / max(elements, 1), relative)
