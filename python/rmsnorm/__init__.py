# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RMS normalisation: compiled kernels and models, called from Python.

``load`` opens an artifact, ``compile`` makes one of a model, ``rms_norm``
normalises a tensor of any library with a kernel compiled on first use.
"""

from typing import TYPE_CHECKING, Any

from rmsnorm._native import Artifact, Context, Function, runtime_version
from rmsnorm.contexts import default_context, load
from rmsnorm.errors import CompileError, RMSNormError, ToolNotFoundError
from rmsnorm.functional import rms_norm

if TYPE_CHECKING:
    from rmsnorm.compiler import CompiledModel, compile

__all__ = [
    "Artifact",
    "CompileError",
    "CompiledModel",
    "Context",
    "Function",
    "RMSNormError",
    "ToolNotFoundError",
    "compile",
    "default_context",
    "load",
    "rms_norm",
    "runtime_version",
]

__version__ = ".".join(map(str, runtime_version()))

_NEEDS_TORCH = ("CompiledModel", "compile")


def __getattr__(name: str) -> Any:
    # torch takes a second to import and is optional: only who compiles models needs it.
    if name in _NEEDS_TORCH:
        from rmsnorm import compiler

        return getattr(compiler, name)
    raise AttributeError(f"module 'rmsnorm' has no attribute {name!r}")
