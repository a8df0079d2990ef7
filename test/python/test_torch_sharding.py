# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``DTensor``: two processes compute what one does, and communicate only where they must."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rmsnorm.nn import ops

pytestmark = [
    pytest.mark.skipif(not ops.AVAILABLE, reason="_torch_ops.so was not built"),
    pytest.mark.skipif(not torch.distributed.is_available(), reason="torch has no distributed"),
]
PROGRAM = Path(__file__).with_name("sharded_program.py")


def test_two_processes(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ranks = [
        subprocess.Popen(
            [sys.executable, PROGRAM, str(rank), str(store)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Without the interface gloo asks the name service for this machine's address.
            env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        )
        for rank in range(2)
    ]
    try:
        for rank, process in enumerate(ranks):
            out, err = process.communicate(timeout=240)
            assert process.returncode == 0, err
            assert out.strip() == f"rank {rank}: right"
    finally:
        for process in ranks:
            process.kill()


def test_importing_the_package_does_not_import_distributed() -> None:
    program = (
        "import sys, torch, rmsnorm; rmsnorm.RMSNorm(4)(torch.ones(1, 4)); "
        "print('torch.distributed.tensor' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "False", done.stderr
