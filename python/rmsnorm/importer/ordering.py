# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sorting, scanning and scattering said in comparisons and sums.

torch-mlir makes operations of its own dialect of ``topk``, ``sort``, ``cumsum`` and ``scatter``
(``tm_tensor.sort``, ``tm_tensor.scan``, ``tm_tensor.scatter``), which upstream MLIR does not know. These
decompositions are exact; they compare all pairs of elements, so they are for the short
dimensions that models sort (experts, groups of experts), not for vocabularies.
"""

from collections.abc import Callable
from typing import Any

import torch

aten = torch.ops.aten
LONGEST = 2048  # above, the pairs would be more than 4 million


def cumsum(x: torch.Tensor, dim: int, *, dtype: torch.dtype | None = None) -> torch.Tensor:
    """``aten.cumsum`` as a masked sum; integers and booleans give int64.

    Element i is the sum over j <= i, taken from left to right as PyTorch does: quadratic
    work in the extent, like the attention mask that it usually serves.
    """
    integer = not (x.is_floating_point() or x.is_complex())
    x = x.to(dtype or (torch.int64 if integer else x.dtype))
    if x.dim() == 0:
        return x.clone()
    last = x.movedim(dim, -1)
    position = torch.arange(last.shape[-1], device=x.device)
    before = position.unsqueeze(0) <= position.unsqueeze(1)
    zero = torch.zeros((), dtype=last.dtype, device=x.device)
    terms = torch.where(before, last.unsqueeze(-2), zero)
    return terms.sum(-1).movedim(-1, dim)


def _leading(x: torch.Tensor, count: Any, descending: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """The first ``count`` elements of the sorted last dimension, and where they were.

    Of equal elements the one with the lower index comes first; NaN is the largest.
    """
    position = torch.arange(x.shape[-1], device=x.device)
    this, other = x.unsqueeze(-1), x.unsqueeze(-2)
    ahead = other > this if descending else other < this
    if x.is_floating_point():
        nan_this, nan_other = this != this, other != other
        better = nan_other & ~nan_this if descending else nan_this & ~nan_other
        same = (other == this) | (nan_this & nan_other)
        ahead = ahead | better
    else:
        same = other == this
    ahead = ahead | (same & (position.unsqueeze(0) < position.unsqueeze(1)))
    rank = ahead.to(torch.int64).sum(-1)
    wanted = torch.arange(count, device=x.device)
    chosen = rank.unsqueeze(-2) == wanted.unsqueeze(-1)
    zero = torch.zeros((), dtype=torch.int64, device=x.device)
    indices = torch.where(chosen, position, zero).sum(-1)
    return torch.gather(x, -1, indices), indices


def _too_long(x: torch.Tensor, dim: int) -> bool:
    extent = x.shape[dim] if x.dim() else 1
    return not isinstance(extent, int) or extent > LONGEST or x.dim() == 0


def topk(x: torch.Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """``aten.topk``: values and int64 indices; always sorted."""
    if _too_long(x, dim):
        return NotImplemented
    values, indices = _leading(x.movedim(dim, -1), k, largest)
    return values.movedim(-1, dim), indices.movedim(-1, dim)


def sort(x: torch.Tensor, dim: int = -1, descending: bool = False) -> Any:
    """``aten.sort``: values and int64 indices; stable."""
    if _too_long(x, dim):
        return NotImplemented
    values, indices = _leading(x.movedim(dim, -1), x.shape[dim], descending)
    return values.movedim(-1, dim), indices.movedim(-1, dim)


def stable_sort(
    x: torch.Tensor, *, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> Any:
    """``aten.sort.stable``."""
    return sort(x, dim, descending)


def argsort(x: torch.Tensor, dim: int = -1, descending: bool = False) -> Any:
    """``aten.argsort``."""
    result = sort(x, dim, descending)
    return result if result is NotImplemented else result[1]


def _named(x: torch.Tensor, dim: int, index: torch.Tensor) -> torch.Tensor | None:
    """Which entries of ``index`` (last dimension) name which places of ``x`` (the one before).

    None where the other dimensions differ, or the pairs are too many.
    """
    rest = [d for d in range(x.dim()) if d != dim]
    if _too_long(x, dim) or any(x.shape[d] != index.shape[d] for d in rest):
        return None
    position = torch.arange(x.shape[dim], device=x.device)
    return index.movedim(dim, -1).unsqueeze(-2) == position.unsqueeze(-1)


def scatter_value(x: torch.Tensor, dim: int, index: torch.Tensor, value: float | int) -> Any:
    """``aten.scatter.value``: the places that ``index`` names become ``value``."""
    dim = dim % max(x.dim(), 1)
    named = _named(x, dim, index)
    if named is None:
        return NotImplemented
    chosen = named.to(torch.int64).sum(-1).movedim(-1, dim) > 0
    return torch.where(chosen, torch.full_like(x, value), x)


def scatter_src(x: torch.Tensor, dim: int, index: torch.Tensor, src: torch.Tensor) -> Any:
    """``aten.scatter.src``: the places that ``index`` names become the elements of ``src``.

    Of several entries that name the same place the last one counts, as on PyTorch's CPU.
    """
    dim = dim % max(x.dim(), 1)
    named = _named(x, dim, index)
    if named is None:
        return NotImplemented
    entry = torch.arange(index.shape[dim], device=x.device)
    last = torch.where(named, entry, torch.full_like(entry, -1)).amax(-1).movedim(-1, dim)
    chosen = last >= 0
    return torch.where(chosen, torch.gather(src, dim, last.clamp(min=0)), x)


def ordering_decompositions() -> dict[Any, Callable[..., Any]]:
    """Entries for ``run_decompositions``."""
    return {
        aten.cumsum.default: cumsum,
        aten.topk.default: topk,
        aten.sort.default: sort,
        aten.sort.stable: stable_sort,
        aten.argsort.default: argsort,
        aten.scatter.src: scatter_src,
        aten.scatter.value: scatter_value,
    }
