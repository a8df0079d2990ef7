# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loops and branches of StableHLO (``jax.lax.scan``, ``while_loop``, ``cond``) as those of scf."""

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


def _move_branch(branch: Any, target: Any) -> None:
    """Moves the block of a branch into an empty region of scf."""
    from torch_mlir import ir

    branch.blocks[0].append_to(target)
    block = target.blocks[0]
    last = block.operations[len(block.operations) - 1].operation
    with ir.InsertionPoint(last), last.location:
        ir.Operation.create("scf.yield", operands=list(last.operands))
    last.erase()


def rewrite_branches(operation: Any) -> None:
    """``stablehlo.if`` and ``stablehlo.case`` become ``scf.if``, one inside the other.

    The last branch of a ``case`` is also that of every index outside.
    """
    from torch_mlir import ir
    from torch_mlir.dialects import arith, tensor

    types = [result.type for result in operation.results]
    branches = list(operation.regions)
    with ir.InsertionPoint(operation), operation.location:
        selector = tensor.extract(operation.operands[0], [])

        def choose(first: int) -> Any:
            condition = selector
            if operation.name == "stablehlo.case":
                index = arith.constant(selector.type, first)
                condition = arith.cmpi(arith.CmpIPredicate.eq, selector, index)
            choice = ir.Operation.create("scf.if", results=types, operands=[condition], regions=2)
            _move_branch(branches[first], choice.regions[0])
            if first + 2 < len(branches):
                block = choice.regions[1].blocks.append()
                with ir.InsertionPoint(block):
                    ir.Operation.create("scf.yield", operands=list(choose(first + 1).results))
            elif first + 1 < len(branches):
                _move_branch(branches[first + 1], choice.regions[1])
            return choice

        chosen = choose(0)
    for old, new in zip(operation.results, chosen.results, strict=True):
        old.replace_all_uses_with(new)
    operation.erase()
