# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled functions of one norm, by the layouts of its tensors and its options."""

from typing import Any

import torch
from torch import Tensor

from rmsnorm._native import Function, layout_key, signature
from rmsnorm.contexts import default_context
from rmsnorm.nn import reference
from rmsnorm.nn.options import Options

Tensors = tuple[Tensor | None, ...]

_known: dict[Any, "Kernels"] = {}
MAX_KNOWN = 4096


class Kernels:
    """The compiled functions of one norm for given dtypes, shapes and options."""

    def __init__(self, tensors: Tensors, options: Options, return_sum: bool) -> None:
        x, weight, bias, eps_param, residual, residual_scale, gate = tensors
        assert x is not None
        rank = x.dim()
        self.options = options
        self.return_sum = return_sum
        self.axes = tuple(sorted(axis % rank for axis in options.axes))
        # The sum that is returned is what was normalised, or equals it.
        self.from_sum = (
            residual is not None
            and gate is None
            and return_sum
            and (options.round_sum or x.dtype in (torch.float32, torch.float64))
        )
        self.has_rstd = eps_param is None
        eps = reference.default_eps(x.dtype) if options.eps is None else options.eps
        smallest = (
            reference.default_min_rms(x.dtype) if options.min_rms is None else options.min_rms
        )
        if eps_param is not None:
            eps = 0.0
        elif eps**0.5 >= smallest:
            smallest = 0.0  # cannot act
        self._number, shape = signature(x)
        self._extents = tuple(
            extent if axis in self.axes else -1 for axis, extent in enumerate(shape)
        )
        self._spec: dict[str, Any] = {
            "scale": self._parameter(weight, rank),
            "bias": self._parameter(bias, rank),
            "eps": eps,
            "min_rms": smallest,
            "residual": residual is not None,
            "residual_scale": options.residual_factor,
            "round_sum": options.round_sum and residual is not None,
            "scale_offset": options.weight_offset if weight is not None else 0.0,
            "cast_before_scale": options.cast_before_weight,
        }
        if eps_param is not None:
            self._spec["eps_param"] = self._parameter(eps_param, rank)
        if residual_scale is not None:
            self._spec["residual_scale_param"] = self._parameter(residual_scale, rank)
        if gate is not None:
            self._spec["gate"] = options.gate_kind
            self._spec["gate_before_norm"] = options.gate_before_norm
        self._forward: dict[bool, Function] = {}
        self._backward: dict[Any, Function] = {}

    def _parameter(self, tensor: Tensor | None, rank: int) -> Any:
        if tensor is None:
            return None
        number, shape = signature(tensor)
        missing = rank - len(shape)
        # Extents along the rows are as open as x's.
        return number, tuple(
            extent if extent == 1 or missing + i in self.axes else -1
            for i, extent in enumerate(shape)
        )

    def _compile(self, **more: Any) -> Function:
        spec = {**self._spec, **more}
        artifact = default_context().compile_norm(self._number, self._extents, self.axes, **spec)
        return artifact["main"]

    def forward(self, rstd: bool) -> Function:
        """Takes x, residual, weight, bias, eps, residual scale, gate; gives y, sum, rstd."""
        function = self._forward.get(rstd)
        if function is None:
            function = self._compile(return_sum=self.return_sum, return_rstd=rstd)
            self._forward[rstd] = function
        return function

    def backward(self, grads: int, dsum: bool, rstd: bool) -> Function:
        """Takes dy, dsum, and what the forward takes; gives the gradients of the mask."""
        key = (grads, dsum, rstd)
        function = self._backward.get(key)
        if function is None:
            function = self._compile(
                backward=True,
                grads=grads,
                dsum=dsum,
                rstd=rstd,
                input_is_sum=self.from_sum,
                round_sum=self.from_sum or self._spec["round_sum"],
            )
            self._backward[key] = function
        return function


def kernels(tensors: Tensors, options: Options, return_sum: bool) -> Kernels:
    """The kernels for these tensors; compiled when they are first called."""
    key = (layout_key(*tensors), options, return_sum)
    found = _known.get(key)
    if found is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        found = _known[key] = Kernels(tensors, options, return_sum)
    return found
