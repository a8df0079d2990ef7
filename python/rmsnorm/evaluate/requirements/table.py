# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The requirements in their order, with the cases of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from rmsnorm.evaluate.norm import Norm
from rmsnorm.evaluate.requirements import behaviour, exports, numbers

Check = tuple[str, tuple[str, ...], Callable[[], None]]  # name, paths, case
_TORCH = ("torch",)
_SCRIPTS = ("script", "trace")
_OPSETS = (17, 18, 20, 22, 23)


def _both(name: str, case: Callable[[], None]) -> tuple[Check, Check]:
    """A case of the modules, by plain operations and by compiled kernels."""
    return (name, _TORCH, behaviour.plain(case)), (name, ("cpu",), case)


@dataclass(frozen=True)
class Requirement:
    """One requirement.

    Attributes:
        key: its number, or the name of a variant.
        title: what it is.
        norms: the norms that every path computes, for a dtype.
        checks: other cases, each for the paths that it exercises.
        elsewhere: paths that have no counterpart, and why.
    """

    key: str
    title: str
    norms: Callable[[str], list[Norm]] | None = None
    checks: tuple[Check, ...] = ()
    elsewhere: dict[str, str] = field(default_factory=dict)


_MODULES_ONLY = "TorchScript, ONNX and torch.export concern modules alone"
REQUIREMENTS = (
    Requirement("1", "RMS normalisation", numbers.normalisation),
    Requirement("2", "optional scale", numbers.scale),
    Requirement("3", "optional bias", numbers.bias),
    Requirement(
        "4",
        "one or several axes",
        numbers.axes,
        (
            ("wrong axes are refused", _TORCH, behaviour.axes_refused),
            ("wrong axes are refused", ("runtime",), behaviour.axes_refused_by_runtime),
        ),
    ),
    Requirement(
        "5",
        "dynamic shapes",
        numbers.dynamic,
        (
            *_both("one module, many shapes", behaviour.open_rows),
            ("one function, many shapes", ("runtime",), behaviour.open_rows_of_a_function),
        ),
    ),
    Requirement(
        "6",
        "broadcast of the parameters",
        numbers.broadcast,
        (("views, else reshapes", ("cpu",), behaviour.parameters_are_views),),
    ),
    Requirement("7", "mixed precision", numbers.precision),
    Requirement(
        "8",
        "learnable epsilon",
        numbers.learnt_eps,
        (
            *_both("one warning where it does not broadcast", behaviour.one_warning),
            *_both("stays positive in training", behaviour.eps_stays_positive),
        ),
    ),
    Requirement(
        "9",
        "zero-vector protection",
        numbers.zeros,
        _both("finite gradients of zero rows, eps 0", behaviour.finite_gradients),
    ),
    Requirement("10", "dtype preserved", numbers.dtypes),
    Requirement(
        "11",
        "TorchScript and ONNX",
        checks=(
            *((f"torch.jit.{w}", _TORCH, partial(exports.torchscript, w)) for w in _SCRIPTS),
            *((f"ONNX, opset {o}", _TORCH, partial(exports.onnx_export, o)) for o in _OPSETS),
            ("torch.export", ("cpu",), exports.torch_export),
            *(
                (f"torch.compile, {backend}", ("cpu",), partial(exports.torch_compile, backend))
                for backend in ("aot_eager", "rmsnorm")
            ),
        ),
        elsewhere={"runtime": _MODULES_ONLY, "nvptx": _MODULES_ONLY},
    ),
    Requirement(
        "12",
        "type hints and docstrings",
        checks=(("everything public", _TORCH, behaviour.documentation),),
        elsewhere={
            "cpu": "the same modules",
            "runtime": "the same package",
            "nvptx": "the same package",
        },
    ),
    Requirement("13", "residual scaling", numbers.residual),
    Requirement("empty", "empty tensors", numbers.empty),
    Requirement(
        "errors",
        "messages of errors",
        checks=(
            ("modules and functions", _TORCH, behaviour.messages),
            ("the runtime", ("runtime",), behaviour.runtime_messages),
        ),
        elsewhere={"cpu": "the same modules", "nvptx": "the same modules and runtime"},
    ),
    Requirement("gated", "gated norm", numbers.gated),
    Requirement("grouped", "grouped norm", numbers.grouped),
    Requirement("partial", "partial norm", numbers.partial),
    Requirement("offset", "weight offset, rounded before the weight", numbers.offset),
    Requirement("scalenorm", "L2 norm and ScaleNorm", numbers.scale_norm),
    Requirement("quantised", "quantised output", numbers.quantised),
)
