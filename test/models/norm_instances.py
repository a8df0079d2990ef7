# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runnable instances of the bodies that ``norm_sources`` finds.

Arguments are inferred from signatures: a size where one is required, both
values of a flag, with and without groups, with and without a gate. Input
shapes are tried until the body runs.
"""

import importlib
import inspect
import itertools
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from norm_sources import Body, Site

FEATURES = 64
GROUPS = 4
# 64 rows: PyTorch computes the last rows of a number that is no multiple of
# its vector length by other code, which rounds bf16 twice.
ROWS = (2, 32)
MOST_INSTANCES = 8
_SIZES = ("hidden_size", "dim", "normalized_shape", "num_features")


@dataclass(frozen=True)
class Instance:
    """A module, one example of its inputs (f32) and the dimension that counts rows."""

    label: str
    make: Callable[[], torch.nn.Module]
    shapes: tuple[tuple[int, ...], ...]
    row_dim: int


class CannotInstantiateError(Exception):
    """Why no instance of a body could be made."""


class FunctionModule(torch.nn.Module):
    """A function, or a method that needs no object, as a module."""

    def __init__(self, function: Callable[..., Any], bound: tuple[Any, ...]) -> None:
        super().__init__()
        self.function = function
        self.bound = bound

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(*self.bound, *tensors)


def _attribute(site: Site) -> Any:
    module = importlib.import_module(site.module)
    owner = getattr(module, site.owner) if site.owner else module
    return owner if site.owner and site.function == "forward" else getattr(owner, site.function)


def _configuration(annotation: Any, module: str) -> Any:
    if isinstance(annotation, str):
        annotation = getattr(importlib.import_module(module), annotation, None)
    if not inspect.isclass(annotation):
        raise CannotInstantiateError("the type of its configuration is not annotated")
    return annotation()


def _choices(parameter: inspect.Parameter, module: str) -> list[Any]:
    """Values to try for one parameter of a constructor."""
    name, default = parameter.name, parameter.default
    if name in ("config", "configuration"):
        return [_configuration(parameter.annotation, module)]
    if "group" in name:
        sizes = FEATURES // GROUPS if "size" in name else GROUPS
        return [sizes] if default is inspect.Parameter.empty else [default, sizes]
    if isinstance(default, bool):
        return [default, not default]
    if default is None and name in _SIZES:
        return [FEATURES]
    if default is not inspect.Parameter.empty:
        return [default]
    if "head" in name and "dim" not in name:
        return [GROUPS]
    if "threshold" in name or "eps" in name:
        return [1e-5 if "eps" in name else 4.0]
    return [FEATURES]


def _randomised(module: torch.nn.Module) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(1.0 + 0.3 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    listed = inspect.signature(function).parameters.values()
    return [p for p in listed if p.name != "self" and p.kind not in kinds]


def _takes_tensor(parameter: inspect.Parameter) -> bool:
    if parameter.default is inspect.Parameter.empty:
        return True
    return "Tensor" in str(parameter.annotation) or (
        parameter.default is None and parameter.annotation is inspect.Parameter.empty
    )


def _input_shapes(features: int) -> list[tuple[tuple[int, ...], int]]:
    return [
        ((*ROWS, features), 1),
        ((*ROWS, GROUPS, features), 1),
        ((*ROWS, features, FEATURES), 1),
        ((2, features, *ROWS), 2),
        ((64, features), 0),
    ]


def _running(
    label: str, make: Callable[[], torch.nn.Module], tensors: int, features: int
) -> Instance:
    """The first input shapes with which the module runs and gives tensors."""
    reason = ""
    for shape, row_dim in _input_shapes(features):
        try:
            with torch.no_grad():
                make()(*(torch.randn(shape) for _ in range(tensors)))
        except Exception as error:  # whatever the body raises
            reason = reason or f"{type(error).__name__}: {str(error).splitlines()[0]}"
            continue
        return Instance(label, make, (shape,) * tensors, row_dim)
    raise CannotInstantiateError(f"does not run on tensors of floats alone: {reason}")


def _tensor_counts(function: Callable[..., Any]) -> list[int]:
    listed = [p for p in _parameters(function) if _takes_tensor(p)]
    required = sum(p.default is inspect.Parameter.empty for p in listed)
    return sorted({max(required, 1), len(listed)})


def _of_class(cls: Any, site: Site) -> Iterator[Instance]:
    parameters = _parameters(cls.__init__) if cls.__init__ is not torch.nn.Module.__init__ else []
    choices = [_choices(parameter, site.module) for parameter in parameters]
    for values in itertools.islice(itertools.product(*choices), MOST_INSTANCES):
        named = dict(zip((p.name for p in parameters), values, strict=True))

        def make(named: dict[str, Any] = named) -> torch.nn.Module:
            module = cls(**named)
            if isinstance(module, torch.nn.Module):
                return _randomised(module)
            raise CannotInstantiateError("not a torch.nn.Module")

        weight = next(iter(make().parameters()), None)
        vector = weight is not None and weight.dim() == 1
        features = weight.numel() if vector and weight is not None else FEATURES
        varied = {
            p.name: named[p.name] for p, c in zip(parameters, choices, strict=True) if len(c) > 1
        }
        label = ", ".join(f"{name}={value}" for name, value in varied.items())
        counts = _tensor_counts(cls.forward)
        failures = []
        for tensors in counts:
            extra = f"{tensors} inputs" if len(counts) > 1 else ""
            try:
                yield _running(", ".join(filter(None, (label, extra))), make, tensors, features)
            except CannotInstantiateError as failure:  # the gate may be required after all
                failures.append(failure)
        if len(failures) == len(counts):
            raise failures[0]


def _of_function(function: Any, site: Site) -> Iterator[Instance]:
    bound: tuple[Any, ...] = (None,) if site.owner else ()
    parameters = _parameters(function)
    tensors = 0
    trailing: list[Any] = []
    for parameter in parameters:
        if parameter.default is not inspect.Parameter.empty:
            continue
        if "eps" in parameter.name:
            trailing.append(1e-6)
        elif typing.get_origin(parameter.annotation) is None and not trailing:
            tensors += 1
        else:
            raise CannotInstantiateError(f"no value for its argument {parameter.name}")
    if trailing:
        names = [p.name for p in parameters if p.default is inspect.Parameter.empty]
        keywords = dict(zip(names[tensors:], trailing, strict=True))
        inner = function

        def function(*given: Any) -> Any:
            return inner(*given, **keywords)

    def make() -> torch.nn.Module:
        return FunctionModule(function, bound)

    yield _running("", make, tensors, FEATURES)


def instances(body: Body) -> list[Instance]:
    """All instances of a body.

    Raises:
        CannotInstantiateError: with the reason.
    """
    site = body.sites[0]
    if not body.separable:
        raise CannotInstantiateError("part of a larger body, not to be run by itself")
    found = _attribute(site)
    made = _of_class(found, site) if inspect.isclass(found) else _of_function(found, site)
    try:
        return list(made)
    except CannotInstantiateError:
        raise
    except Exception as error:
        raise CannotInstantiateError(f"{type(error).__name__}: {error}") from error
