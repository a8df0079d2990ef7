# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a module spells its norm, told from its results: offsets, roundings, where the weight enters."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rmsnorm.nn.functional import rms_norm
from rmsnorm.patching.candidates import own_tensors, randomized

# Of 16-bit results at most this part may differ, by one unit in the last place: a rounding
# in the wrong place moves 20 to 30 % of them.
_MOST_MOVED = 0.02
_RELATIVE = {torch.float32: 4e-6, torch.float64: 4e-14}


@dataclass(frozen=True)
class Form:
    """The arguments of ``rms_norm`` that a module is equal to.

    Attributes:
        axes: normalised axes, from the end.
        eps: added to the mean square.
        min_rms: smallest denominator.
        weight: name of the module's tensor that is the weight, if any.
        bias: of the one that is the bias.
        weight_offset: added to the weight.
        cast_before_weight: round before the weight is multiplied in.
        promote: the weight multiplies the rounded norm outside, with torch's promotion of
            types: an f32 weight makes an f32 result of a bf16 input.
    """

    axes: tuple[int, ...]
    eps: float
    min_rms: float
    weight: str | None = None
    bias: str | None = None
    weight_offset: float = 0.0
    cast_before_weight: bool = False
    promote: bool = False

    def apply(self, x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        """The norm of ``x``, with the tensors that ``weight`` and ``bias`` name."""
        if not self.promote:
            y: Tensor = rms_norm(
                x,
                weight,
                bias,
                eps=self.eps,
                axes=self.axes,
                weight_offset=self.weight_offset,
                cast_before_weight=self.cast_before_weight,
                min_rms=self.min_rms,
            )
            return y
        y = rms_norm(x, eps=self.eps, axes=self.axes, min_rms=self.min_rms)
        if weight is not None:
            y = y * weight
        return y if bias is None else y + bias


def _forms(axes: tuple[int, ...], eps: float, min_rms: float, names: list[str]) -> Iterator[Form]:
    """Every form with these attributes; every tensor of the module is used."""
    pairs: list[tuple[str | None, str | None]] = [(None, None)]
    if len(names) == 1:
        pairs = [(names[0], None), (None, names[0])]
    elif len(names) == 2:
        pairs = [(names[0], names[1]), (names[1], names[0])]
    elif names:
        return
    for weight, bias in pairs:
        offsets = (0.0, 1.0) if weight is not None else (0.0,)
        for offset, cast in itertools.product(offsets, (False, True)):
            yield Form(axes, eps, min_rms, weight, bias, offset, cast)
        if weight is not None:
            yield Form(axes, eps, min_rms, weight, bias, promote=True)


def difference(got: Tensor, want: Tensor) -> float | None:
    """How far ``got`` is from ``want``: 0 to 1 within what is allowed, ``None`` beyond it."""
    if got.shape != want.shape or got.dtype != want.dtype:
        return None
    same = (got == want) | (got.isnan() & want.isnan())
    if bool(same.all()):
        return 0.0
    if got.dtype in _RELATIVE:
        # Elements may cancel against a bias: the unit is that of the row's largest.
        limit = _RELATIVE[got.dtype] * want.abs().nan_to_num(0.0, 0.0, 0.0).amax()
        worst = torch.where(same, torch.zeros_like(got), (got - want).abs()).max()
        return float(worst / limit) if bool(worst <= limit) else None
    if got.dtype not in (torch.float16, torch.bfloat16):
        return None
    steps = (_ordered(got) - _ordered(want)).abs()
    steps = torch.where(same, torch.zeros_like(steps), steps)
    moved = float((steps > 0).float().mean())
    return moved if int(steps.max()) <= 1 and moved <= _MOST_MOVED else None


def _ordered(values: Tensor) -> Tensor:
    """16-bit floats as integers in their order, neighbours one apart."""
    bits = values.contiguous().view(torch.int16).to(torch.int32)
    return torch.where(bits < 0, -32768 - bits, bits)


def sample_inputs(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> list[Tensor]:
    """Rows of several sizes, one of them zero."""
    generator = torch.Generator().manual_seed(22)
    result = []
    for scale in (1.0, 1e-2, 30.0):
        x = scale * torch.randn(shape, generator=generator, dtype=torch.float64)
        x.reshape(-1)[: shape[-1]] *= 0.0 if scale == 1.0 else 1e-3
        result.append(x.to(dtype).to(device))
    return result


def find_form(
    module: nn.Module,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    axes: tuple[int, ...],
    eps: float,
    min_rms: float,
) -> Form | None:
    """The form that is nearest to the module on inputs of this shape and dtype, if one is near.

    Args:
        module: compared with the parameters' dtypes as they are, their values random.
        shape: of the input.
        dtype: of the input.
        axes: normalised axes, from the end.
        eps: as raised.
        min_rms: as raised.
    """
    twin = randomized(module)
    tensors = own_tensors(twin)
    device = next(iter(tensors.values())).device if tensors else torch.device("cpu")
    inputs = sample_inputs(shape, dtype, device)
    with torch.no_grad():
        try:
            wanted = [twin.forward(x) for x in inputs]
        except Exception:
            return None  # the module does not take this dtype or rank
        best: tuple[float, Form] | None = None
        for form in _forms(axes, eps, min_rms, list(tensors)):
            try:
                roles = [None if n is None else tensors[n] for n in (form.weight, form.bias)]
                found = [
                    difference(form.apply(x, *roles), want)
                    for x, want in zip(inputs, wanted, strict=True)
                ]
            except ValueError:
                continue  # a tensor does not broadcast in this role
            worst = max((d for d in found if d is not None), default=0.0)
            if all(d is not None for d in found) and (best is None or worst < best[0]):
                best = (worst, form)
    return None if best is None else best[1]
