# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loops of StableHLO (``jax.lax.scan``, ``fori_loop``, ``while_loop``) as those of scf."""

from typing import Any


def rewrite_while(operation: Any) -> None:
    """``stablehlo.while`` becomes ``scf.while``: the same regions, the condition a scalar."""
    from torch_mlir import ir
    from torch_mlir.dialects import tensor

    types = [result.type for result in operation.results]
    with ir.InsertionPoint(operation), operation.location:
        loop = ir.Operation.create(
            "scf.while", results=types, operands=list(operation.operands), regions=2
        )
    for old, new in zip(operation.regions, loop.regions, strict=True):
        old.blocks[0].append_to(new)
    before, after = (region.blocks[0] for region in loop.regions)
    for block, name in ((before, "scf.condition"), (after, "scf.yield")):
        last = block.operations[len(block.operations) - 1].operation
        with ir.InsertionPoint(last), last.location:
            values = list(last.operands)
            if block == before:
                values = [tensor.extract(values[0], []), *before.arguments]
            ir.Operation.create(name, operands=values)
        last.erase()
    for old, new in zip(operation.results, loop.results, strict=True):
        old.replace_all_uses_with(new)
    operation.erase()
