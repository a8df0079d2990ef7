# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""No memory is lost over many calls."""

import subprocess
import sys
from pathlib import Path

import norm_cases as cases
import pytest
from conftest import CompileFixture

CALLS = 10_000
# A leak of one buffer of 64 bytes per call would be 625 KiB.
ALLOWED_KIB = 500


def growth_kib(artifact: Path) -> int:
    program = Path(__file__).parent / "resident_memory.py"
    done = subprocess.run(
        [sys.executable, program, artifact, str(CALLS)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_norm(compile_mlir: CompileFixture) -> None:
    text = cases.function_text("f32", 100, cases.VARIANTS[0])
    named = text.replace(cases.function_name("f32", 100, cases.VARIANTS[0]), "main")
    assert growth_kib(compile_mlir("leak_norm", named)) < ALLOWED_KIB


def test_llama(compile_mlir: CompileFixture) -> None:
    pytest.importorskip("torch_mlir", reason="torch-mlir is not installed")
    import small_models

    from rmsnorm.importer import import_torch

    tiny = small_models.llama(hidden_size=16, intermediate_size=16, head_dim=4, vocab_size=16)
    imported = import_torch(tiny, (small_models.token_ids(tokens=4, vocabulary=16),))
    assert growth_kib(compile_mlir("leak_llama", imported.text)) < ALLOWED_KIB
