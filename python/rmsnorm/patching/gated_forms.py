# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a module spells its gated norm: where the gate enters, and what ``forms`` tells of norms."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rmsnorm.nn import reference
from rmsnorm.nn.functional import rms_norm
from rmsnorm.nn.variants import GATES, split_parameter
from rmsnorm.patching.candidates import own_tensors, randomized
from rmsnorm.patching.forms import difference, sample_inputs

# Dtypes of the input and of the gate.
Dtypes = tuple[torch.dtype, torch.dtype]


@dataclass(frozen=True)
class GatedForm:
    """The arguments of the gated norm that a module is equal to.

    Attributes:
        groups: parts of the last axis that are normalised each by itself.
        eps: added to the mean square.
        min_rms: smallest denominator.
        activation: ``"silu"`` or ``"sigmoid"``, of the gate.
        gate_before_norm: multiplied in before the norm, else after the weight.
        weight: name of the module's tensor that is the weight, if any.
        weight_offset: added to the weight.
        cast_before_weight: round before the weight is multiplied in.
        promote: the weight multiplies the rounded norm outside, with torch's promotion of
            types.
    """

    groups: int
    eps: float
    min_rms: float
    activation: str
    gate_before_norm: bool
    weight: str | None = None
    weight_offset: float = 0.0
    cast_before_weight: bool = False
    promote: bool = False

    def _parts(self, tensor: Tensor | None) -> Tensor | None:
        if tensor is None or self.groups == 1:
            return tensor
        extent = tensor.size(-1)
        return split_parameter(tensor, [self.groups, extent // self.groups])

    def apply(self, x: Tensor, gate: Tensor, weight: Tensor | None, plain: bool = False) -> Tensor:
        """The norm of ``x``.

        Args:
            x: the input.
            gate: of its shape; converted to its dtype, which has to be one that loses nothing.
            weight: the tensor that ``weight`` names.
            plain: by torch operations, for comparing many forms without compiling them.
        """
        parts, gates = self._parts(x), self._parts(gate.to(x.dtype))
        scale = None if self.promote else self._parts(weight)
        kind = GATES[self.activation]
        assert parts is not None
        assert gates is not None
        if plain:
            y: Tensor = reference.norm(
                *(parts, scale, None, None, None, None, gates, [-1]),
                *(self.eps, self.min_rms, self.weight_offset, self.cast_before_weight),
                *(1.0, False, kind, self.gate_before_norm),
            )[0]
        else:
            y = rms_norm(
                parts,
                scale,
                eps=self.eps,
                min_rms=self.min_rms,
                weight_offset=self.weight_offset,
                cast_before_weight=self.cast_before_weight,
                gate=gates,
                gate_kind=kind,
                gate_before_norm=self.gate_before_norm,
            )
        y = y if self.groups == 1 else y.flatten(-2, -1)
        return y * weight if self.promote and weight is not None else y


def _forms(groups: int, eps: float, min_rms: float, names: list[str]) -> Iterator[GatedForm]:
    """Every form with these attributes; every tensor of the module is used."""
    if len(names) > 1:
        return
    weight = names[0] if names else None
    offsets = (0.0, 1.0) if weight is not None else (0.0,)
    for activation, before in itertools.product(GATES, (False, True)):
        common = (groups, eps, min_rms, activation, before, weight)
        for offset, cast in itertools.product(offsets, (False, True)):
            yield GatedForm(*common, offset, cast)
        if before and weight is not None:
            yield GatedForm(*common, promote=True)


def _widens(gate: torch.dtype, x: torch.dtype) -> bool:
    """Whether a gate's values are the same in the input's dtype."""
    return gate == x or torch.promote_types(gate, x) == x


def find_gated_form(
    module: nn.Module,
    shape: tuple[int, ...],
    dtypes: Dtypes,
    groups: int,
    eps: float,
    min_rms: float,
) -> GatedForm | None:
    """The form that is nearest to the module on inputs of this shape and dtype, if one is near.

    Args:
        module: compared with the parameters' dtypes as they are, their values random.
        shape: of the input and the gate.
        dtypes: of the input and the gate.
        groups: parts of the last axis.
        eps: as raised.
        min_rms: as raised.
    """
    if not _widens(dtypes[1], dtypes[0]):
        return None
    twin = randomized(module)
    tensors = own_tensors(twin)
    device = next(iter(tensors.values())).device if tensors else torch.device("cpu")
    inputs = sample_inputs(shape, dtypes[0], device)
    generator = torch.Generator().manual_seed(23)
    noise = torch.randn(shape, generator=generator, dtype=torch.float64)
    gates = [(scale * noise).to(dtypes[1]).to(device) for scale in (1.0, 4.0, 1.0)]

    def distance(form: GatedForm, plain: bool) -> float | None:
        weight = None if form.weight is None else tensors[form.weight]
        worst = 0.0
        for x, gate, want in zip(inputs, gates, wanted, strict=True):
            found = difference(form.apply(x, gate, weight, plain), want)
            if found is None:
                return None
            worst = max(worst, found)
        return worst

    with torch.no_grad():
        try:
            wanted = [twin.forward(x, gate) for x, gate in zip(inputs, gates, strict=True)]
        except Exception:
            return None  # the module does not take this dtype or rank
        near: list[tuple[float, GatedForm]] = []
        for form in _forms(groups, eps, min_rms, list(tensors)):
            try:
                worst = distance(form, True)
            except ValueError:
                return None  # the weight does not broadcast
            if worst is not None:
                near.append((worst, form))
        if not near:
            return None
        form = min(near, key=lambda pair: pair[0])[1]
        return form if distance(form, False) is not None else None
