# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``patch`` and ``unpatch``."""

from typing import Any

import torch
from torch import nn

from rmsnorm.nn.module import RMSNorm
from rmsnorm.patching.candidates import find_gated_probe, find_probe, own_tensors
from rmsnorm.patching.gated import PatchedGatedRMSNorm
from rmsnorm.patching.module import PatchedRMSNorm
from rmsnorm.patching.proof import NotANorm, RaisedNorm, prove
from rmsnorm.patching.report import PatchEntry, PatchReport

# Proof, shape of the probe, and the forms known so far.
_Verdict = tuple[RaisedNorm | NotANorm, tuple[int, ...], dict[Any, Any]]


def _signature(module: nn.Module) -> Any:
    """Equal for modules that are proved alike: code, attributes, shapes and dtypes."""
    plain = (int, float, str, bool, tuple, torch.dtype, type(None))
    attributes = tuple(
        sorted(
            (name, repr(value))
            for name, value in vars(module).items()
            if isinstance(value, plain) and name != "training"
        )
    )
    tensors = tuple((n, tuple(t.shape), t.dtype) for n, t in own_tensors(module).items())
    return type(module), vars(module).get("forward"), attributes, tensors


def _verdict(module: nn.Module, gated: bool, known: dict[Any, _Verdict | None]) -> _Verdict | None:
    """The proof, or the reason why there is none; ``None``: nothing like a (gated) norm."""
    try:
        signature = gated, _signature(module)
        if signature in known:
            return known[signature]
    except TypeError:  # something unhashable
        signature = gated, id(module)
    verdict: _Verdict | None = None
    probe = find_gated_probe(module) if gated else find_probe(module)
    if probe is not None:
        dtype = next((t.dtype for t in own_tensors(module).values()), torch.float32)
        verdict = prove(module, probe, dtype, gated), probe, {}
    known[signature] = verdict
    return verdict


def _describe(norm: RaisedNorm, module: PatchedRMSNorm) -> str:
    axes = ", ".join(map(str, module.normalized_axes or ()))
    text = f"axes [{axes}], eps {norm.eps:g}"
    if norm.min_rms:
        text += f", min_rms {norm.min_rms:g}"
    if module.description():
        text += f", {module.description()}"
    return f"{text}; equal in {', '.join(module.forms)}"


def _replacement(module: nn.Module, known: dict[Any, _Verdict | None]) -> tuple[Any, str] | None:
    """Our module and what it is; or ``None`` and why not; or nothing to be said."""
    why: str | None = None
    for gated, replacement in ((True, PatchedGatedRMSNorm), (False, PatchedRMSNorm)):
        verdict = _verdict(module, gated, known)
        if verdict is None:
            continue
        norm, probe, forms = verdict
        if isinstance(norm, NotANorm):
            why = why or norm.reason
            continue
        patched = replacement(module, norm, probe, forms)
        if patched.forms:
            return patched, _describe(norm, patched)
        patched.restored()
        why = why or "its results differ from those of every spelling that the kernels have"
    return None if why is None else (None, why)


def patch(model: nn.Module) -> PatchReport:
    """Replaces every submodule that computes an RMSNorm by ours, in place.

    A module is found by what it computes, not by its name: what acts like a norm on random
    inputs is imported and raised (which needs torch-mlir), and compared with our kernel in
    f32, bf16, f16 and f64. The replacement keeps the original's parameters (the same
    objects, under the same names), its rounding points, its output dtype and its hooks.
    Training goes on as before.

    Args:
        model: any module; also a norm itself is looked at, but only its submodules can be
            replaced in place.

    Returns:
        What was replaced, what was kept, and why; ``report.unpatch()`` undoes it.

    Raises:
        TypeError: ``model`` is not a ``torch.nn.Module``.
        ToolNotFoundError: ``rmsnorm-opt`` is not to be found.
        ModuleNotFoundError: torch-mlir is not installed.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: given {type(model).__name__}, expected a torch.nn.Module")
    import torch_mlir  # noqa: F401  before anything is changed

    report = PatchReport(model)
    known: dict[Any, _Verdict | None] = {}
    replacements: dict[int, tuple[Any, str] | None] = {}
    # Not while walking: replacing changes what is walked over.
    modules = [
        (path, parent, name, child)
        for path, parent in model.named_modules()
        for name, child in parent._modules.items()
        if child is not None
    ]
    for path, parent, name, child in modules:
        if isinstance(parent, RMSNorm) or isinstance(child, RMSNorm):
            continue
        if id(child) not in replacements:
            replacements[id(child)] = _replacement(child, known)
        found = replacements[id(child)]
        if found is None:
            continue
        patched, why = found
        where = f"{path}.{name}" if path else name
        report.entries.append(PatchEntry(where, type(child).__name__, patched is not None, why))
        if patched is not None:
            parent._modules[name] = patched
    return report


def unpatch(model: nn.Module) -> int:
    """Puts the modules back that ``patch`` replaced, with the parameters as they are now.

    Args:
        model: what ``patch`` was given, or a part of it.

    Returns:
        The number of places where one was put back.
    """
    originals: dict[int, nn.Module] = {}
    count = 0
    for parent in list(model.modules()):
        for name, child in parent._modules.items():
            if isinstance(child, PatchedRMSNorm):
                if id(child) not in originals:
                    originals[id(child)] = child.restored()
                parent._modules[name] = originals[id(child)]
                count += 1
    return count
