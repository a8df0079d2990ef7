# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.RMSNorm``."""

import numbers
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from rmsnorm.nn import dispatch, eager, reference
from rmsnorm.nn.functional import non_negative
from rmsnorm.nn.options import Options
from rmsnorm.nn.preparation import (
    check_extents,
    check_tensor,
    effective_eps,
    eps_fits,
    fitting_eps,
    module_axes,
    parameter_view,
)

EPS_WARNING = (
    "eps_param does not broadcast to the input: the epsilon given at construction is used instead"
)


class RMSNorm(nn.Module):
    """``y = x / max(sqrt(mean(x^2) + eps), min_rms) * (weight_offset + weight) + bias``.

    Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019. A drop-in for ``torch.nn.RMSNorm``: the same
    positional arguments and state dict. Computed in f32 (f64 for f64) and rounded once to
    the dtype of the input, whatever the dtype of the parameters.

    Args:
        normalized_shape: extents of the normalised axes; -1 stands for any and gives the
            parameters extent 1 there.
        eps: added to the mean square; ``None``: the machine epsilon of the compute type.
        elementwise_affine: have a ``weight`` (and a ``bias`` if asked for).
        device: of the parameters.
        dtype: of the parameters.
        bias: have a learnable ``bias``, also without ``elementwise_affine``.
        normalized_axes: where ``normalized_shape[i]`` lies, negative from the end; the last
            axes by default.
        learnable_eps: have ``eps_param``, an epsilon per feature that starts at ``eps`` and
            is clamped from below by ``finfo(compute type).tiny``.
        min_rms: smallest denominator, ``max(finfo(x).tiny, sqrt(finfo(compute).tiny))`` by
            default: rows of zeros give zeros. Where it acts, the denominator is a constant
            for the gradient.
        weight_offset: added to the weight, 1.0 for Gemma. ``reset_parameters`` then starts
            from ``1 - weight_offset``.
        cast_before_weight: round to the dtype of the input before multiplying by the
            weight, as Llama does.
        recompute: save only the inputs for the backward, which computes the rest again.

    Shape:
        Input and output: any, with ``normalized_shape`` in the normalised axes; zero rows
        and rank 1 included. A parameter of exactly ``normalized_shape`` aligns with those
        axes, any other broadcasts as NumPy does.

    Raises:
        ValueError: an argument, the input or a parameter does not fit; the message names
            it, what was given and what was expected.
    """

    __constants__: ClassVar[list[str]] = [
        "normalized_shape",
        "normalized_axes",
        "elementwise_affine",
        "weight_offset",
        "cast_before_weight",
    ]
    if TYPE_CHECKING:  # TorchScript would take annotations for its own
        weight: Any
        bias: Any
        eps_param: Any
    eps: float | None
    min_rms: float | None
    _shape: list[int]
    _axes: list[int] | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = False,
        normalized_axes: int | Sequence[int] | None = None,
        learnable_eps: bool = False,
        min_rms: float | None = None,
        weight_offset: float = 0.0,
        cast_before_weight: bool = False,
        recompute: bool = False,
    ) -> None:
        super().__init__()
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = (int(normalized_shape),)
        self.normalized_shape = tuple(int(extent) for extent in normalized_shape)  # type: ignore[union-attr]
        if not self.normalized_shape or min(self.normalized_shape) < -1:
            raise ValueError(
                f"normalized_shape: given {self.normalized_shape}, expected at least one "
                "extent, none below -1"
            )
        if isinstance(normalized_axes, numbers.Integral):
            normalized_axes = (int(normalized_axes),)
        self.normalized_axes = None if normalized_axes is None else tuple(normalized_axes)  # type: ignore[arg-type]
        given = self.normalized_axes
        if given is not None and (
            len(given) != len(self.normalized_shape) or len(set(given)) != len(given)
        ):
            raise ValueError(
                f"normalized_axes: given {given}, expected {len(self.normalized_shape)} "
                "different axes (one for each extent of normalized_shape)"
            )
        self.eps = non_negative("eps", eps)
        self.min_rms = non_negative("min_rms", min_rms)
        self.elementwise_affine = bool(elementwise_affine)
        self.weight_offset = float(weight_offset)
        self.cast_before_weight = bool(cast_before_weight)
        self.recompute = bool(recompute)
        self._shape = list(self.normalized_shape)
        self._axes = None if given is None else list(given)
        self._eps_warned = False
        shape = [max(extent, 1) if extent == -1 else extent for extent in self.normalized_shape]

        def parameter(wanted: bool, kind: torch.dtype | None) -> nn.Parameter | None:
            return nn.Parameter(torch.empty(shape, device=device, dtype=kind)) if wanted else None

        self.register_parameter("weight", parameter(self.elementwise_affine, dtype))
        self.register_parameter("bias", parameter(bias, dtype))
        compute = reference.compute_dtype(dtype or torch.get_default_dtype())
        self.register_parameter("eps_param", parameter(learnable_eps, compute))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight such that the factor is 1, bias 0, ``eps_param`` the construction's epsilon."""
        with torch.no_grad():
            if self.weight is not None:
                self.weight.fill_(1.0 - self.weight_offset)
            if self.bias is not None:
                self.bias.zero_()
            if self.eps_param is not None:
                default = reference.default_eps(self.eps_param.dtype)
                self.eps_param.fill_(default if self.eps is None else self.eps)

    def forward(self, x: Tensor) -> Tensor:
        """Normalises ``x`` (any shape with ``normalized_shape`` in the normalised axes)."""
        if torch.jit.is_scripting():
            return self._scripted(x, None, None, 1.0, False)[0]
        if not torch.compiler.is_compiling():
            return self._short(x)
        y: Tensor = self._run(x)
        return y

    @torch.jit.unused
    def _short(self, x: Tensor) -> Tensor:
        """The usual case, checked once for each layout."""
        # Not self.weight: torch's lookup costs as much as a small norm. A parametrised
        # module has no such entry.
        try:
            parameters = self._parameters
            weight, bias = parameters["weight"], parameters["bias"]
            if self._axes is not None or parameters["eps_param"] is not None:
                return self._run(x)
        except KeyError:
            return self._run(x)
        given = (
            self.normalized_shape,
            self.eps,
            self.min_rms,
            self.weight_offset,
            self.cast_before_weight,
        )
        y = eager.call_checked(x, weight, bias, given, self.recompute)
        if y is None:
            y = self._run(x)
            axes = tuple(range(-len(self.normalized_shape), 0))
            eager.remember(x, weight, bias, given, Options(axes, *given[1:]))
        return y

    def _scripted(
        self,
        x: Tensor,
        residual: Tensor | None,
        residual_scale: Tensor | None,
        residual_factor: float,
        round_sum: bool,
        gate: Tensor | None = None,
        gate_kind: int = 0,
        gate_before_norm: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Plain operations only, so that a scripted module needs no package."""
        axes = module_axes(x.dim(), self._axes, len(self._shape))
        if self.eps_param is None:
            check_extents(x, self._shape, axes)
        eps_param = fitting_eps(self.eps_param, x, axes)
        return reference.norm(
            x,
            parameter_view("weight", self.weight, x, axes),
            parameter_view("bias", self.bias, x, axes),
            eps_param,
            residual,
            parameter_view("residual_scale", residual_scale, x, axes),
            gate,
            axes,
            self.eps,
            self.min_rms,
            self.weight_offset,
            self.cast_before_weight,
            residual_factor,
            round_sum,
            gate_kind,
            gate_before_norm,
        )

    @torch.jit.unused
    def _eps_tensor(self, x: Tensor, axes: list[int]) -> Tensor | None:
        """The learnt epsilon for ``x``, or None (after one warning) if it does not fit."""
        eps_param = self.eps_param
        assert eps_param is not None
        if not eps_fits(eps_param, x, axes):
            if not self._eps_warned:
                self._eps_warned = True
                warnings.warn(EPS_WARNING, stacklevel=4)
            return None
        view = parameter_view("eps_param", eps_param, x, axes)
        assert view is not None
        return effective_eps(view, x.dtype)

    @torch.jit.unused
    def _run(
        self,
        x: Tensor,
        residual: Tensor | None = None,
        residual_scale: Tensor | None = None,
        residual_factor: float = 1.0,
        round_sum: bool = False,
        return_sum: bool = False,
        gate: Tensor | None = None,
        gate_kind: int = 0,
        gate_before_norm: bool = False,
    ) -> Any:
        check_tensor("input", x)
        axes = module_axes(x.dim(), self._axes, len(self._shape))
        eps_param = None
        if self.eps_param is None:
            check_extents(x, self._shape, axes)
        else:
            eps_param = self._eps_tensor(x, axes)
        weight, bias = self.weight, self.bias
        if self._axes is not None or weight is None or weight.shape != self.normalized_shape:
            weight = parameter_view("weight", weight, x, axes)
        if bias is not None:
            bias = parameter_view("bias", bias, x, axes)
        if residual_scale is not None:
            residual_scale = parameter_view("residual_scale", residual_scale, x, axes)
        options = Options(
            tuple(axes),
            self.eps,
            self.min_rms,
            self.weight_offset,
            self.cast_before_weight,
            residual_factor,
            round_sum,
            gate_kind,
            gate_before_norm,
        )
        tensors = (x, weight, bias, eps_param, residual, residual_scale, gate)
        return dispatch.norm(tensors, options, return_sum, self.recompute)

    def extra_repr(self) -> str:
        """The arguments that differ from the defaults, after torch.nn.RMSNorm's three."""
        text = (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )
        for name, value, default in (
            ("bias", self.bias is not None, False),
            ("normalized_axes", self.normalized_axes, None),
            ("learnable_eps", self.eps_param is not None, False),
            ("min_rms", self.min_rms, None),
            ("weight_offset", self.weight_offset, 0.0),
            ("cast_before_weight", self.cast_before_weight, False),
            ("recompute", self.recompute, False),
        ):
            if value != default:
                text += f", {name}={value}"
        return text
