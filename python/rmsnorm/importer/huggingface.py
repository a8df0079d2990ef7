# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a model of ``transformers`` needs before ``torch.export`` and torch-mlir take it.

Every change is undone when the context manager ends, so that the caller's
model is as it was.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import torch


def is_huggingface_model(module: torch.nn.Module) -> bool:
    """True when ``module`` is a ``PreTrainedModel`` (without importing transformers)."""
    return any(
        cls.__name__ == "PreTrainedModel" and cls.__module__.startswith("transformers.")
        for cls in type(module).__mro__
    )


@contextlib.contextmanager
def persistent_buffers(module: torch.nn.Module) -> Iterator[None]:
    """Makes every buffer persistent.

    torch-mlir finds a buffer's value through the state dictionary and fails
    on non-persistent ones (the rotary ``inv_freq``, for instance).
    """
    saved = [(m, m._non_persistent_buffers_set) for m in module.modules()]
    try:
        for submodule, _ in saved:
            submodule._non_persistent_buffers_set = set()
        yield
    finally:
        for submodule, names in saved:
            submodule._non_persistent_buffers_set = names


def _configs(module: torch.nn.Module) -> list[Any]:
    found: dict[int, Any] = {}
    for submodule in module.modules():
        config = getattr(submodule, "config", None)
        if config is not None:
            found[id(config)] = config
    return list(found.values())


@contextlib.contextmanager
def exportable_configuration(module: torch.nn.Module) -> Iterator[None]:
    """Eager attention (the others hide it behind custom operations) and no key-value cache.

    Experts gather their weights for each token (``batched_mm``), because the other ways loop
    over data-dependent counts or call custom operations.
    """
    wanted = {
        "_attn_implementation": "eager",
        "use_cache": False,
        "_experts_implementation": "batched_mm",
    }
    saved: list[tuple[Any, str, Any]] = []
    try:
        for config in _configs(module):
            for name, value in wanted.items():
                if getattr(config, name, None) is not None:
                    saved.append((config, name, getattr(config, name)))
                    setattr(config, name, value)
        yield
    finally:
        for config, name, value in reversed(saved):
            setattr(config, name, value)


def _sources(module: torch.nn.Module) -> list[ModuleType]:
    """The model's own source files."""
    files = sorted({type(submodule).__module__ for submodule in module.modules()})
    return [
        sys.modules[name]
        for name in files
        if name.startswith("transformers.") and name in sys.modules
    ]


def _mask_makers(module: torch.nn.Module) -> list[tuple[ModuleType, str, Callable[..., Any]]]:
    """The ``create_*_mask`` functions as the model's own source files see them."""
    return [
        (source, attribute, value)
        for source in _sources(module)
        for attribute, value in vars(source).items()
        if attribute.startswith("create_") and attribute.endswith("_mask") and callable(value)
    ]


@contextlib.contextmanager
def _replaced(makers: list[tuple[ModuleType, str, Callable[..., Any]]]) -> Iterator[None]:
    saved = [(source, name, getattr(source, name)) for source, name, _ in makers]
    try:
        for source, name, value in makers:
            setattr(source, name, value)
        yield
    finally:
        for source, name, value in saved:
            setattr(source, name, value)


@contextlib.contextmanager
def ready_masks(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[None]:
    """Attention masks become constants of the exported graph.

    The library's mask code makes a cumulative sum, imported as an operation
    that upstream MLIR does not know. The model is run once to record the masks
    that it makes for these arguments; while the context lasts the same masks
    are handed out again, in the same order.

    Only for fixed shapes and without an ``attention_mask`` among the arguments: as a constant
    it would silently be ignored by the compiled model.
    """
    makers = _mask_makers(module)
    recorded: list[Any] = []

    def recorder(function: Callable[..., Any]) -> Callable[..., Any]:
        def record(*a: Any, **k: Any) -> Any:
            recorded.append(function(*a, **k))
            return recorded[-1]

        return record

    with _replaced([(s, n, recorder(f)) for s, n, f in makers]), torch.no_grad():
        module(*args, **kwargs)
    remaining: list[Any] = []

    def hand_out(*_: Any, **__: Any) -> Any:
        if not remaining:  # a second trace of the same model
            remaining.extend(recorded)
        return remaining.pop(0)

    with _replaced([(s, n, hand_out) for s, n, _ in makers]):
        yield


@contextlib.contextmanager
def as_when_run(module: torch.nn.Module) -> Iterator[None]:
    """The model's files are told that nothing compiles them.

    Some make a missing ``attention_mask`` only where nothing does, and use it in any case.
    """
    name = "is_torchdynamo_compiling"
    files = [source for source in _sources(module) if hasattr(source, name)]
    with _replaced([(source, name, lambda: False) for source in files]):
        yield
