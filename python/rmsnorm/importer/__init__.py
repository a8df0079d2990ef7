# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Importers: models of other frameworks as MLIR text that the compiler reads.

Nothing here is imported by ``import rmsnorm`` itself; torch, torch-mlir,
transformers, onnx and jax are optional, and each is imported when a model needs it.
"""

from typing import TYPE_CHECKING, Any

from rmsnorm.importer.imported import ImportedModule
from rmsnorm.importer.routes import import_model

if TYPE_CHECKING:
    from rmsnorm.importer.torch_importer import import_torch

__all__ = ["ImportedModule", "import_model", "import_torch"]


def __getattr__(name: str) -> Any:
    if name == "import_torch":  # torch takes a second to import
        from rmsnorm.importer.torch_importer import import_torch

        return import_torch
    raise AttributeError(f"module 'rmsnorm.importer' has no attribute {name!r}")
