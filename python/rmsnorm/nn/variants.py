# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gated, grouped, partial norms and ScaleNorm, as functions and as modules."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rmsnorm.nn import reference
from rmsnorm.nn.functional import non_negative, rms_norm
from rmsnorm.nn.module import RMSNorm
from rmsnorm.nn.preparation import (
    check_extents,
    check_tensor,
    effective_eps,
    module_axes,
    parameter_view,
)

GATES = {"silu": 1, "sigmoid": 2}


def gate_number(gate: str) -> int:
    """1 for ``"silu"``, 2 for ``"sigmoid"``.

    Raises:
        ValueError: it is neither.
    """
    if gate not in GATES:
        raise ValueError(f"gate: given {gate!r}, expected one of {', '.join(GATES)}")
    return GATES[gate]


def gated_rms_norm(
    x: Tensor,
    gate: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    activation: str = "silu",
    norm_before_gate: bool = True,
    **options: Any,
) -> Tensor:
    """``rms_norm(x) * act(gate)``, or ``rms_norm(x * act(gate))``.

    As in Mamba 2 (Dao and Gu, 2024) and gated linear attention. All in the compute type
    with one rounding at the end: weight, bias and gate included.

    Args:
        x: tensor of rank 1 or more.
        gate: of the shape and dtype of ``x``.
        weight, bias: broadcast to ``x`` from the right.
        activation: ``"silu"`` (``g * sigmoid(g)``) or ``"sigmoid"``.
        norm_before_gate: multiply after the norm; else before it.
        options: ``eps``, ``axes``, ``min_rms``, ``weight_offset``, ``cast_before_weight``,
            ``recompute``, as for ``rms_norm``.

    Returns:
        A tensor like ``x``.

    Raises:
        ValueError: an argument does not fit; the message names it.
    """
    y: Tensor = rms_norm(
        x,
        weight,
        bias,
        gate=gate,
        gate_kind=gate_number(activation),
        gate_before_norm=not norm_before_gate,
        **options,
    )
    return y


class GatedRMSNorm(RMSNorm):
    """``gated_rms_norm`` as a module: ``forward(x, gate)``.

    Args:
        normalized_shape and others: as for ``RMSNorm``.
        gate: ``"silu"`` or ``"sigmoid"``.
        norm_before_gate: ``rms_norm(x) * act(gate)``; False: ``rms_norm(x * act(gate))``.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        *args: Any,
        gate: str = "silu",
        norm_before_gate: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(normalized_shape, *args, **options)
        self.gate = gate
        self.norm_before_gate = bool(norm_before_gate)
        self.gate_kind = gate_number(gate)

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:  # type: ignore[override]
        """``gate`` has the shape and dtype of ``x``."""
        if not torch.jit.is_scripting():
            check_tensor("input", x)
            check_tensor("gate", gate)
        if x.shape != gate.shape or x.dtype != gate.dtype:
            raise ValueError(
                f"gate: given {gate.dtype} {list(gate.shape)}, expected the input's "
                f"{x.dtype} {list(x.shape)}"
            )
        if torch.jit.is_scripting():
            return self._scripted(
                x, None, None, 1.0, False, gate, self.gate_kind, not self.norm_before_gate
            )[0]
        y: Tensor = self._run(
            x, gate=gate, gate_kind=self.gate_kind, gate_before_norm=not self.norm_before_gate
        )
        return y

    def extra_repr(self) -> str:
        """As for ``RMSNorm``, and the gate's arguments."""
        return (
            f"{super().extra_repr()}, gate={self.gate!r}, norm_before_gate={self.norm_before_gate}"
        )


def split_parameter(parameter: Tensor | None, groups: list[int]) -> Tensor | None:
    """The parameter with its last dimension seen as groups, if it spans them; a view."""
    if parameter is None:
        return None
    if parameter.dim() == 0 or parameter.size(-1) != groups[0] * groups[1]:
        return parameter
    return parameter.unflatten(-1, groups)


class GroupedRMSNorm(RMSNorm):
    """Normalises each of ``num_groups`` equal parts of the last axis by itself.

    The parameters span the groups, as in Zamba 2: ``weight`` has the extent of the axis.

    Args:
        normalized_shape: extent of the last axis, a multiple of ``num_groups``.
        num_groups: number of groups.
        Others: as for ``RMSNorm``, but for ``normalized_axes``.

    Raises:
        ValueError: the extent is no multiple of ``num_groups``.
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], *args: Any, num_groups: int, **options: Any
    ) -> None:
        super().__init__(normalized_shape, *args, **options)
        if len(self.normalized_shape) != 1 or self.normalized_axes is not None:
            raise ValueError("normalized_shape: expected one extent, that of the last axis")
        extent = self.normalized_shape[0]
        if num_groups < 1 or extent % num_groups:
            raise ValueError(
                f"num_groups: given {num_groups}, expected a divisor of normalized_shape, {extent}"
            )
        self.num_groups = int(num_groups)

    def forward(self, x: Tensor) -> Tensor:
        """``x``: any shape whose last extent is ``normalized_shape``."""
        if not torch.jit.is_scripting():
            check_tensor("input", x)
        check_extents(x, self._shape, module_axes(x.dim(), None, 1))
        groups = [self.num_groups, self._shape[0] // self.num_groups]
        parts = x.unflatten(-1, groups)
        weight = split_parameter(self.weight, groups)
        bias = split_parameter(self.bias, groups)
        eps_param = split_parameter(self.eps_param, groups)
        if eps_param is not None:
            eps_param = effective_eps(eps_param, x.dtype)
        if torch.jit.is_scripting():
            y = self._scripted_parts(parts, weight, bias, eps_param)
        else:
            y = self._run_parts(parts, weight, bias, eps_param)
        return y.flatten(-2, -1)

    def _scripted_parts(
        self, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps_param: Tensor | None
    ) -> Tensor:
        return reference.norm(
            x,
            parameter_view("weight", weight, x, [-1]),
            parameter_view("bias", bias, x, [-1]),
            eps_param,
            None,
            None,
            None,
            [-1],
            self.eps,
            self.min_rms,
            self.weight_offset,
            self.cast_before_weight,
            1.0,
            False,
            0,
            False,
        )[0]

    @torch.jit.unused
    def _run_parts(
        self, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps_param: Tensor | None
    ) -> Tensor:
        y: Tensor = rms_norm(
            x,
            weight,
            bias,
            eps=self.eps if eps_param is None else eps_param,
            weight_offset=self.weight_offset,
            cast_before_weight=self.cast_before_weight,
            min_rms=self.min_rms,
            recompute=self.recompute,
        )
        return y

    def extra_repr(self) -> str:
        """As for ``RMSNorm``, and the number of groups."""
        return f"{super().extra_repr()}, num_groups={self.num_groups}"


class ScaleNorm(nn.Module):
    """``g * x / max(norm2(x), eps)`` over the last axis, with a single learnable ``g``.

    Nguyen and Salazar, "Transformers without Tears", 2019. It is ``rms_norm`` with epsilon
    0, ``min_rms = eps / sqrt(dim)`` and the scalar weight ``g / sqrt(dim)``.

    Args:
        dim: extent of the last axis.
        eps: smallest norm to divide by.
        scale: where ``g`` starts, ``sqrt(dim)`` by default.
        device, dtype: of the parameter ``weight``, of rank 0.

    Shape:
        Input and output: any whose last extent is ``dim``.
    """

    def __init__(
        self,
        dim: int,
        eps: float = 1e-5,
        scale: float | None = None,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"dim: given {dim}, expected 1 or more")
        self.dim = int(dim)
        self.eps = float(non_negative("eps", eps) or 0.0)
        self.scale = float(dim) ** 0.5 if scale is None else float(scale)
        self.weight = nn.Parameter(torch.empty([], device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """``g`` back to where it starts."""
        with torch.no_grad():
            self.weight.fill_(self.scale)

    def forward(self, x: Tensor) -> Tensor:
        """``x``: any shape whose last extent is ``dim``."""
        if not torch.jit.is_scripting():
            check_tensor("input", x)
        check_extents(x, [self.dim], module_axes(x.dim(), None, 1))
        root = float(self.dim) ** 0.5
        weight = self.weight.to(reference.compute_dtype(x.dtype)) / root
        if torch.jit.is_scripting():
            return reference.scripted_norm(x, weight, [-1], 0.0, self.eps / root)
        return self._run(x, weight, self.eps / root)

    @torch.jit.unused
    def _run(self, x: Tensor, weight: Tensor, min_rms: float) -> Tensor:
        y: Tensor = rms_norm(x, weight, eps=0.0, min_rms=min_rms)
        return y

    def extra_repr(self) -> str:
        """``dim`` and ``eps``."""
        return f"{self.dim}, eps={self.eps}"
