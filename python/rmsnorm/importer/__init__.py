# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Importers: models of other frameworks as MLIR text that the compiler reads.

Nothing here is imported by ``import rmsnorm`` itself; torch, torch-mlir and
transformers are optional.
"""

from rmsnorm.importer.torch_importer import ImportedModule, import_torch

__all__ = ["ImportedModule", "import_torch"]
