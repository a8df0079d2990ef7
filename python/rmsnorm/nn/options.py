# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a norm is told besides its tensors."""

from typing import Any, NamedTuple


class Options(NamedTuple):
    """Keyword arguments of ``torch.ops.rmsnorm.rms_norm_forward`` that shape its result.

    Attributes:
        axes: normalised axes, in the order of the parameters' dimensions.
        eps: added to the mean square; ``None``: machine epsilon of the compute type.
        min_rms: smallest denominator; ``None``: the default of ``reference.default_min_rms``.
        weight_offset: added to the weight.
        cast_before_weight: round to the input's dtype before the weight.
        residual_factor: the residual's scale where it is a number.
        round_sum: round the sum before it is normalised.
        gate_kind: 0 none, 1 silu, 2 sigmoid.
        gate_before_norm: multiply by the activation before the norm instead of after.
    """

    axes: tuple[int, ...] = (-1,)
    eps: float | None = None
    min_rms: float | None = None
    weight_offset: float = 0.0
    cast_before_weight: bool = False
    residual_factor: float = 1.0
    round_sum: bool = False
    gate_kind: int = 0
    gate_before_norm: bool = False

    def keywords(self) -> dict[str, Any]:
        """As keyword arguments of the operators."""
        return {**self._asdict(), "axes": list(self.axes)}

    def arguments(self) -> tuple[Any, ...]:
        """As the last arguments of ``reference.norm``."""
        return (list(self.axes), *self[1:])
