# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A norm as functions to compile, for the paths without torch.

Most are specs (``rmsn_jit_compile_spec`` in C, ``Context.compile_norm`` in Python), which is
what applications compile; quantised norms are the operation with linalg around it, written
out (``texts``), partial ones the row kernels of ``rmsnorm.nn.partial_kernels``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rmsnorm._native import Artifact, Context, signature
from rmsnorm.evaluate import texts
from rmsnorm.evaluate.formats import DTYPES, Array, name_of, tiny
from rmsnorm.evaluate.norm import Norm, Results
from rmsnorm.nn.partial_kernels import PartialNorm
from rmsnorm.nn.partial_kernels import text as partial_text

# Bits of rmsn_norm_grad, in the order of the results.
_BITS = {
    "dx": 1,
    "dresidual": 2,
    "dweight": 4,
    "dbias": 8,
    "deps": 16,
    "dresidual_scale": 32,
    "dgate": 64,
}
_GATES = {"silu": 1, "sigmoid": 2}


@dataclass(frozen=True)
class Code:
    """A function called main: a norm that the runtime describes, or MLIR text.

    Attributes:
        spec: arguments of ``Context.compile_norm``.
        written: the text, without a spec.
    """

    spec: dict[str, Any] | None = None
    written: str = ""

    def compile(self, context: Context) -> Artifact:
        """Compiled just in time by the context."""
        if self.spec is None:
            return context.compile_text(self.written, (), None, False)
        return context.compile_norm(**self.spec, disk_cache=False)

    def text(self, context: Context) -> str:
        """The MLIR."""
        return self.written if self.spec is None else context.norm_text(**self.spec)


@dataclass(frozen=True)
class Lowered:
    """A function with its arguments.

    Attributes:
        code: the function.
        arguments: what it is called with.
        results: names of what it returns.
        finish: from the results by name to those of the norm.
    """

    code: Code
    arguments: tuple[Array, ...]
    results: tuple[str, ...]
    finish: Callable[[Results], Results]


def _parameter(norm: Norm, parameter: Array | None) -> tuple[int, tuple[int, ...]] | None:
    if parameter is None:
        return None
    number, shape = signature(parameter)
    missing = norm.x.ndim - len(shape)
    return number, tuple(
        extent if extent == 1 or (missing + i in norm.sorted_axes and not norm.open_extents) else -1
        for i, extent in enumerate(shape)
    )


def _aligned(norm: Norm, given: Array) -> Array:
    """A parameter as it broadcasts from the right, without unit extents before the first axis."""
    aligned = norm.aligned(given)
    if aligned is given:
        return given
    return aligned.reshape(aligned.shape[norm.sorted_axes[0] :])


def _view(norm: Norm) -> Norm:
    """Parameters aligned; groups as an axis of their own; ScaleNorm as the norm that it is."""
    changes: dict[str, Any] = {
        name: _aligned(norm, value)
        for name in ("weight", "bias", "eps", "residual_scale")
        if isinstance(value := getattr(norm, name), np.ndarray)
    }
    norm = replace(norm, axes=norm.sorted_axes, **changes)
    if norm.scale_norm is not None:
        root = norm.x.shape[-1] ** 0.5
        assert norm.weight is not None
        weight = np.asarray(norm.weight.astype(np.float64) / root, DTYPES[norm.compute])
        return replace(norm, weight=weight, eps=0.0, min_rms=norm.scale_norm / root)
    if norm.groups > 1:
        split: dict[str, Any] = {
            name: value.reshape(*value.shape[:-1], norm.groups, -1)
            for name in ("x", "weight", "bias", "eps")
            if isinstance(value := getattr(norm, name), np.ndarray)
        }
        return replace(norm, axes=(-1,), **split)
    return norm


def _finish(norm: Norm) -> Callable[[Results], Results]:
    """Results of the viewed norm as those of the norm itself."""

    def finish(results: Results) -> Results:
        found = {}
        for name, value in results.items():
            owner = {"dweight": norm.weight, "dbias": norm.bias, "deps": norm.eps}.get(name)
            if name == "dresidual_scale":
                owner = norm.residual_scale
            if name == "deps":
                # Below the smallest epsilon that one is used, a constant.
                assert isinstance(owner, np.ndarray)
                kept = norm.aligned(owner).reshape(value.shape) >= tiny(norm.compute)
                value = np.where(kept, value, 0).astype(owner.dtype)
            if name == "dweight" and norm.scale_norm is not None:
                assert isinstance(owner, np.ndarray)
                value = np.asarray(value / np.float64(norm.x.shape[-1] ** 0.5), owner.dtype)
            if isinstance(owner, np.ndarray):
                value = _given_order(norm, value, owner)
            elif norm.groups > 1:
                value = value.reshape(norm.x.shape)
            found[name] = value
        return found

    return finish


def _given_order(norm: Norm, value: Array, owner: Array) -> Array:
    """A parameter's gradient in the order in which the parameter was given."""
    if norm.aligned(owner).shape == owner.shape:
        return value.reshape(owner.shape)
    order = np.argsort([axis % norm.x.ndim for axis in norm.axes])
    return value.reshape([owner.shape[i] for i in order]).transpose(np.argsort(order))


def _spec(norm: Norm, **more: Any) -> Code:
    number, shape = signature(norm.x)
    extents = tuple(
        extent if axis in norm.sorted_axes and not norm.open_extents else -1
        for axis, extent in enumerate(shape)
    )
    given: dict[str, Any] = {
        "dtype": number,
        "shape": extents,
        "axes": norm.sorted_axes,
        "scale": _parameter(norm, norm.weight),
        "bias": _parameter(norm, norm.bias),
        "eps_param": _parameter(norm, norm.learnt_eps),
        "eps": norm.plain_eps,
        "min_rms": norm.smallest,
        "residual": norm.residual is not None,
        "round_sum": norm.round_sum,
        "scale_offset": norm.weight_offset,
        "cast_before_scale": norm.cast_before_weight,
        "gate": 0 if norm.gate is None else _GATES[norm.activation],
        "gate_before_norm": norm.gate_before,
    }
    if isinstance(norm.residual_scale, np.ndarray):
        given["residual_scale_param"] = _parameter(norm, norm.residual_scale)
    else:
        given["residual_scale"] = norm.residual_scale
    return Code(given | more)


def has_rstd(norm: Norm) -> bool:
    """Whether the forward hands 1/d to the backward."""
    return norm.learnt_eps is None and not norm.recompute and norm.backward


def forward(given: Norm) -> Lowered:
    """The forward; with ``rstd`` among the results where the backward is to get it."""
    if given.partial is not None:
        return _partial_forward(given)
    if given.quantised is not None:
        code = Code(written=texts.quantised(given))
        return Lowered(code, _present((given.x, given.weight)), ("q", "scale"), dict)
    norm = _view(given)
    rstd = has_rstd(norm)
    code = _spec(norm, return_sum=norm.return_sum, return_rstd=rstd)
    names = ["y"] + ["sum"] * norm.return_sum + ["rstd"] * rstd
    finish = _finish(given)

    def keep_rstd(results: Results) -> Results:
        statistic = {name: value for name, value in results.items() if name == "rstd"}
        rest = {name: value for name, value in results.items() if name != "rstd"}
        return {**finish(rest), **statistic}

    learnt = norm.residual_scale if isinstance(norm.residual_scale, np.ndarray) else None
    arguments = (norm.x, norm.residual, norm.weight, norm.bias, norm.learnt_eps, learnt, norm.gate)
    return Lowered(code, _present(arguments), tuple(names), keep_rstd)


def backward(given: Norm, rstd: Array | None) -> Lowered:
    """The backward for ``given.upstream()``; ``rstd`` is what the forward returned."""
    dy, dsum = given.upstream()
    norm = _view(replace(given, quantised=None))
    learnt = norm.residual_scale if isinstance(norm.residual_scale, np.ndarray) else None
    present = {
        "dx": True,
        "dresidual": norm.residual is not None,
        "dweight": norm.weight is not None,
        "dbias": norm.bias is not None,
        "deps": norm.learnt_eps is not None,
        "dresidual_scale": learnt is not None,
        "dgate": norm.gate is not None,
    }
    names = tuple(name for name, there in present.items() if there)
    code = _spec(
        norm,
        backward=True,
        grads=sum(_BITS[name] for name in names),
        dsum=norm.return_sum,
        rstd=rstd is not None,
    )
    bias = norm.bias if norm.gate is not None and not norm.gate_before else None
    arguments = (
        *(dy.reshape(norm.x.shape), dsum if norm.return_sum else None, norm.x, norm.residual),
        *(norm.weight, bias, norm.learnt_eps, learnt, norm.gate, rstd),
    )
    return Lowered(code, _present(arguments), names, _finish(given))


def _partial(norm: Norm) -> tuple[PartialNorm, Array]:
    """What the package's kernels of a partial norm depend on, and the mask of the part."""
    assert norm.partial is not None
    weight, bias = (None if p is None else name_of(p.dtype) for p in (norm.weight, norm.bias))
    spec = PartialNorm(
        norm.dtype,
        weight,
        bias,
        norm.x.shape[-1],
        norm.partial,
        norm.plain_eps,
        norm.smallest,
        norm.weight_offset,
        learnt_eps=norm.learnt_eps is not None,
        cast=norm.cast_before_weight,
    )
    return spec, (np.arange(spec.extent) < norm.partial).astype(DTYPES[norm.compute])


def _partial_forward(norm: Norm) -> Lowered:
    spec, mask = _partial(norm)
    arguments = (norm.x, mask, norm.weight, norm.bias, norm.learnt_eps)
    return Lowered(
        Code(written=partial_text("forward", spec)), _present(arguments), ("y", "rstd"), dict
    )


def _partial_backward(norm: Norm, statistic: Array) -> list[Lowered]:
    """A function for each gradient."""
    (spec, mask), dy, eps = _partial(norm), norm.upstream()[0], norm.learnt_eps
    wanted: dict[str, tuple[str, Array | None, tuple[Array | None, ...]]] = {
        "input": ("dx", norm.x, (dy, norm.x, mask, statistic, norm.weight, eps)),
        "weight": ("dweight", norm.weight, (dy, norm.x, statistic, eps)),
        "bias": ("dbias", norm.bias, (dy,)),
        "eps": ("deps", eps, (dy, norm.x, statistic, norm.weight, eps)),
    }
    return [
        Lowered(Code(written=partial_text(which, spec)), _present(arguments), (name,), dict)
        for which, (name, owner, arguments) in wanted.items()
        if owner is not None
    ]


def _present(arguments: tuple[Array | None, ...]) -> tuple[Array, ...]:
    return tuple(argument for argument in arguments if argument is not None)


Run = Callable[[Lowered], Results]  # computes a function's results, by name


def call(run: Run, norm: Norm) -> Results:
    """Forward and backward by one engine; the backward gets the forward's rstd where it can."""
    results = run(forward(norm))
    rstd = results.pop("rstd", None)
    if norm.backward and norm.partial is not None:
        assert rstd is not None
        for lowered in _partial_backward(norm, rstd):
            results |= run(lowered)
    elif norm.backward:
        results |= run(backward(norm, rstd))
    return results


def named(lowered: Lowered, values: tuple[Array, ...]) -> Results:
    """What a function returned, as the results of the norm."""
    return lowered.finish(dict(zip(lowered.results, values, strict=True)))
