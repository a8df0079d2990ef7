# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Comparisons of floating-point tensors with integers, as comparisons with floats.

torch-mlir folds a comparison of a constant tensor with an integer as one of integers, whatever
the tensor's type: of floats it reads the bits, and what stands beside the type in memory decides
whether these have a sign. ``softplus(parameter)`` (which asks ``parameter > 20``) then is the
parameter itself in some processes and not in others.
"""

import torch
from torch.fx import GraphModule, Node

aten = torch.ops.aten
_COMPARISONS = (
    aten.eq.Scalar,
    aten.ge.Scalar,
    aten.gt.Scalar,
    aten.le.Scalar,
    aten.lt.Scalar,
    aten.ne.Scalar,
)
# Every integer up to here is a float64.
_EXACT = 1 << 53


def compare_with_floats(module: GraphModule) -> None:
    """Makes floats of the integers that floating-point tensors are compared with.

    PyTorch converts the number to the tensor's type either way.
    """
    for node in module.graph.nodes:
        if node.target not in _COMPARISONS:
            continue
        tensor, scalar = node.args
        value = tensor.meta.get("val") if isinstance(tensor, Node) else None
        if not isinstance(value, torch.Tensor) or not value.dtype.is_floating_point:
            continue
        if isinstance(scalar, int) and abs(scalar) <= _EXACT:
            node.update_arg(1, float(scalar))
    module.recompile()
