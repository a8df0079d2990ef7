# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RMS normalisation: compiled kernels and models, called from Python.

``load`` opens an artifact, ``compile`` makes one of a model, ``rms_norm``
normalises a tensor of any library with a kernel compiled on first use.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rmsnorm._native import Artifact, Context, Function, runtime_version
from rmsnorm.contexts import default_context, load
from rmsnorm.errors import (
    CompileError,
    MissingPackageError,
    RMSNormError,
    ToolNotFoundError,
    UnsupportedModelError,
)
from rmsnorm.functional import rms_norm

if TYPE_CHECKING:
    from rmsnorm.compiler import CompiledModel, compile
    from rmsnorm.nn.module import RMSNorm
    from rmsnorm.nn.partial import PartialRMSNorm, partial_rms_norm
    from rmsnorm.nn.quantized import QuantizedRMSNorm, rms_norm_quantized
    from rmsnorm.nn.residual import RMSNormWithResidual
    from rmsnorm.nn.variants import GatedRMSNorm, GroupedRMSNorm, ScaleNorm, gated_rms_norm
    from rmsnorm.patching import PatchReport, patch, unpatch

__all__ = [
    "Artifact",
    "CompileError",
    "CompiledModel",
    "Context",
    "Function",
    "GatedRMSNorm",
    "GroupedRMSNorm",
    "MissingPackageError",
    "PartialRMSNorm",
    "PatchReport",
    "QuantizedRMSNorm",
    "RMSNorm",
    "RMSNormError",
    "RMSNormWithResidual",
    "ScaleNorm",
    "ToolNotFoundError",
    "UnsupportedModelError",
    "compile",
    "default_context",
    "gated_rms_norm",
    "load",
    "partial_rms_norm",
    "patch",
    "rms_norm",
    "rms_norm_quantized",
    "runtime_version",
    "unpatch",
]

__version__ = ".".join(map(str, runtime_version()))

# torch takes a second to import and is optional: what needs it, and what compiles, is imported when
# asked for. Whoever has imported torch before has its operators at once.
_LAZY = {
    "CompiledModel": "compiler",
    "GatedRMSNorm": "nn.variants",
    "GroupedRMSNorm": "nn.variants",
    "PartialRMSNorm": "nn.partial",
    "PatchReport": "patching",
    "QuantizedRMSNorm": "nn.quantized",
    "RMSNorm": "nn.module",
    "RMSNormWithResidual": "nn.residual",
    "ScaleNorm": "nn.variants",
    "compile": "compiler",
    "gated_rms_norm": "nn.variants",
    "partial_rms_norm": "nn.partial",
    "patch": "patching",
    "rms_norm_quantized": "nn.quantized",
    "unpatch": "patching",
}


if "torch" in sys.modules:
    import_module("rmsnorm.nn.ops")  # torch.ops.rmsnorm


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        value = getattr(import_module(f"rmsnorm.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'rmsnorm' has no attribute {name!r}")
