# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The module that stands in for a model's own norm with a gate: ``forward(x, gate)``."""

from typing import Any

import torch
from torch import Tensor, nn

from rmsnorm.log import logger
from rmsnorm.patching.candidates import argument_names
from rmsnorm.patching.gated_forms import GatedForm, find_gated_form
from rmsnorm.patching.module import DTYPES, PatchedRMSNorm
from rmsnorm.patching.proof import RaisedNorm


class PatchedGatedRMSNorm(PatchedRMSNorm):
    """A model's gated RMSNorm, computed by our kernels with the same parameters and roundings.

    Made by ``rmsnorm.patch``; see ``PatchedRMSNorm``. A call without a gate, or with one of
    another shape than the input, goes to the original's code.
    """

    def __init__(
        self,
        original: nn.Module,
        norm: RaisedNorm,
        probe: tuple[int, ...],
        forms: dict[Any, Any],
    ) -> None:
        """``norm``: of a part of the last axis where the module has groups."""
        object.__setattr__(self, "_groups", probe[-1] // norm.extents[-1])
        object.__setattr__(self, "_names", argument_names(original))
        rank = len(probe)
        whole = RaisedNorm((rank - 1,), rank, norm.eps, norm.min_rms, probe)
        super().__init__(original, whole, probe, forms)

    def _usual_keys(self) -> list[Any]:
        tensors = self._tensor_dtypes()
        return [(dtype, rank, None, tensors, dtype) for dtype in DTYPES for rank in (2, 3)]

    def _compare(self, key: Any) -> GatedForm | None:
        dtype, rank, _, _, gate_dtype = key
        shape = self._compare_shape(rank)
        assert self.eps is not None
        assert self.min_rms is not None
        form = find_gated_form(
            self._original, shape, (dtype, gate_dtype), self._groups, self.eps, self.min_rms
        )
        self._forms[key] = form
        return form

    def description(self) -> str:
        """The groups and the gate, for the report."""
        form = next(iter(self.forms.values()))
        text = f"{self._groups} groups, " if self._groups > 1 else ""
        return f"{text}gate {form.activation} {'before' if form.gate_before_norm else 'after'}"

    def _named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """The input and the gate of a call, by position or name; ``None``: something else."""
        if len(args) == 2 and not kwargs:
            return args[0], args[1]
        rest = self._names[len(args) :]
        if len(args) > 2 or len(kwargs) != len(rest) or any(name not in kwargs for name in rest):
            return None, None
        values = (*args, *(kwargs[name] for name in rest))
        return values[0], values[1]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """As the original's."""
        x, gate = self._named(args, kwargs)
        if (
            not (isinstance(x, Tensor) and isinstance(gate, Tensor))
            or x.shape != gate.shape
            or x.device != gate.device
        ):
            return self._original.forward(*args, **kwargs)
        key = (*self._key(x), gate.dtype)
        form = self._forms.get(key)
        if form is None and key not in self._forms and not torch.compiler.is_compiling():
            form = self._compare(key)
            if form is None:
                logger.info(
                    "%s: no equal kernel for %s of rank %d (autocast %s, parameters %s) with a gate "
                    "of %s, the original runs",
                    type(self._original).__name__,
                    *key,
                )
        if form is None:
            return self._original.forward(*args, **kwargs)
        return form.apply(x, gate, self._tensor(form.weight))
