# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The module that stands in for one of a model's own."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from rmsnorm.log import logger
from rmsnorm.nn import eager
from rmsnorm.nn.module import RMSNorm
from rmsnorm.nn.options import Options
from rmsnorm.patching.candidates import own_tensors
from rmsnorm.patching.forms import find_form
from rmsnorm.patching.proof import RaisedNorm

DTYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
# Leading extents for comparing: enough elements to see a rounding in the wrong place.
_LEADING = (5, 6, 7, 8)
_FEWEST_ELEMENTS = 4096


class PatchedRMSNorm(RMSNorm):
    """A model's RMSNorm, computed by our kernels with the same parameters and roundings.

    Made by ``rmsnorm.patch``. Parameters and buffers are the original's own, under its
    names, so that state dictionaries, optimisers and training go on as before. A dtype, a
    rank, or an autocast mode in which the two have not been found equal, and a call with
    further arguments, go to the original's code.
    """

    def __init__(
        self,
        original: nn.Module,
        norm: RaisedNorm,
        probe: tuple[int, ...],
        forms: dict[Any, Any],
    ) -> None:
        """``forms``: those known already, shared by modules of the same code and attributes."""
        extents = tuple(probe[axis] for axis in norm.axes)
        trailing = norm.axes == tuple(range(norm.rank - len(norm.axes), norm.rank))
        axes = tuple(axis - norm.rank for axis in norm.axes) if trailing else norm.axes
        super().__init__(
            extents,
            norm.eps,
            elementwise_affine=False,
            normalized_axes=axes,
            min_rms=norm.min_rms,
        )
        self.train(original.training)
        self._trailing = trailing
        self._probe = probe
        # Shared, so that .to(), load_state_dict(assign=True) and the like reach both.
        self._parameters.update(original._parameters)
        self._buffers.update(original._buffers)
        self._non_persistent_buffers_set |= original._non_persistent_buffers_set
        object.__setattr__(self, "_original", original)
        original.__dict__["_parameters"] = self._parameters
        original.__dict__["_buffers"] = self._buffers
        for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks"):
            self.__dict__[name] = original.__dict__[name]
        self._forms = forms
        self._tensor_names = tuple(own_tensors(original))
        for key in self._usual_keys():
            if key not in forms:
                self._compare(key)

    def _usual_keys(self) -> list[Any]:
        """What is compared at once; see ``_key``."""
        tensors = self._tensor_dtypes()
        return [(dtype, rank, None, tensors) for dtype in DTYPES for rank in self._usual_ranks()]

    def description(self) -> str:
        """What else the report says of it."""
        return ""

    def _usual_ranks(self) -> tuple[int, ...]:
        least = len(self._axes or ()) + 1
        if self._trailing:
            return tuple(range(least, max(least, 4) + 1))
        return (len(self._probe),)

    def _compare_shape(self, rank: int) -> tuple[int, ...]:
        """An input of this rank with the normalised extents in their place."""
        if self._trailing:
            inner = self._probe[-(rank - 1) :]
            shape = [*_LEADING[: rank - len(inner)], *inner]
        else:
            shape = [*self._probe[:rank], *_LEADING[: max(0, rank - len(self._probe))]]
        shape[0] *= -(-_FEWEST_ELEMENTS // max(math.prod(shape), 1))
        return tuple(shape)

    def _key(self, x: Tensor) -> Any:
        kind = x.device.type
        autocast = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
        return x.dtype, x.dim(), autocast, self._tensor_dtypes()

    def _tensor(self, name: str | None) -> Tensor | None:
        if name is None:
            return None
        tensor = self._parameters.get(name)
        return self._buffers.get(name) if tensor is None else tensor

    def _tensor_dtypes(self) -> tuple[torch.dtype | None, ...]:
        tensors = map(self._tensor, self._tensor_names)
        return tuple(None if tensor is None else tensor.dtype for tensor in tensors)

    def _compare(self, key: Any) -> Any:
        """Finds the form that the original has in this dtype, and remembers it."""
        dtype, rank = key[:2]
        axes = tuple(self._axes or ())
        from_end = axes if self._trailing else tuple(axis - rank for axis in axes)
        assert self.eps is not None
        assert self.min_rms is not None
        form = find_form(
            self._original, self._compare_shape(rank), dtype, from_end, self.eps, self.min_rms
        )
        self._forms[key] = form
        return form

    @property
    def forms(self) -> dict[str, Any]:
        """The forms found so far for the parameters' dtypes, by dtype of the input."""
        own = self._tensor_dtypes()
        return {
            str(dtype).removeprefix("torch."): form
            for (dtype, _, _, tensors, *_), form in self._forms.items()
            if form is not None and tensors == own
        }

    def __getattr__(self, name: str) -> Any:
        # What else the model asks its own norm for: eps under another name, a size.
        try:
            return super().__getattr__(name)
        except AttributeError:
            original = self.__dict__.get("_original")
            if original is None:
                raise
            return getattr(original, name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """As the original's."""
        if kwargs or len(args) != 1 or not isinstance(args[0], Tensor):
            return self._original.forward(*args, **kwargs)
        x = args[0]
        key = self._key(x)
        form = self._forms.get(key)
        if form is None:
            if key not in self._forms and not torch.compiler.is_compiling():
                form = self._compare(key)
                if form is None:
                    logger.info(
                        "%s: no equal kernel for %s of rank %d (autocast %s, parameters %s), "
                        "the original runs",
                        type(self._original).__name__,
                        *key,
                    )
            if form is None:
                return self._original.forward(x)
        weight, bias = self._tensor(form.weight), self._tensor(form.bias)
        if not self._trailing or form.promote or torch.compiler.is_compiling():
            return form.apply(x, weight, bias)
        # Checked once for each layout, as in RMSNorm.
        given = (
            self.normalized_shape,
            form.eps,
            form.min_rms,
            form.weight_offset,
            form.cast_before_weight,
        )
        y = eager.call_checked(x, weight, bias, given, False)
        if y is None:
            y = form.apply(x, weight, bias)
            eager.remember(x, weight, bias, given, Options(form.axes, *given[1:]))
        return y

    def restored(self) -> nn.Module:
        """The original, with the parameters as they are now."""
        original: nn.Module = self._original
        own = {k: v for k, v in self._parameters.items() if v is not None}
        original.__dict__["_parameters"] = own
        original.__dict__["_buffers"] = dict(self._buffers)
        original.train(self.training)
        return original

    def extra_repr(self) -> str:
        """The original's class, then what it was found to be."""
        return f"{type(self._original).__name__}, {super().extra_repr()}"
