# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package's own torch operators in a model that is imported: what they mean, to be raised."""

from collections.abc import Callable
from typing import Any

import torch

from rmsnorm.nn import ops, plain_ops


def own_decompositions() -> dict[Any, Callable[..., Any]]:
    """Entries for ``run_decompositions``; none where the operators were not built."""
    if not ops.AVAILABLE:
        return {}
    return {torch.ops.rmsnorm.rms_norm_forward.default: plain_ops.composed_forward}
