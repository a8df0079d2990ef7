# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How ``DTensor`` shards the operators.

Rows are independent of each other: an input that is sharded along a dimension that is not
normalised needs no communication, and gives partial sums for gradients of parameters that
lie whole on every device. Anything else (a sharded normalised axis, a pending sum) is
redistributed by ``DTensor`` before the call.
"""

import importlib.abc
import importlib.util
import sys
from types import ModuleType
from typing import Any

import torch

from rmsnorm.log import logger

_MODULE = "torch.distributed.tensor"

# Tensor arguments: "whole" has x's shape, "parameter" broadcasts to it, "rows" has an extent
# for each dimension that is not normalised.
_NORM = ("whole", "parameter", "parameter", "parameter", "whole", "parameter", "whole")
_FORWARD_INPUTS = _NORM
_BACKWARD_INPUTS = ("whole", "whole", *_NORM, "rows")
# Which argument of rms_norm_backward a result is the gradient of.
_OWNERS = (2, 6, 3, 4, 5, 7, 8)


def _row_dims(x: Any, axes: Any) -> list[int]:
    normalised = {axis % x.ndim for axis in axes}
    return [dim for dim in range(x.ndim) if dim not in normalised]


def _input_placement(kind: str, argument: Any, x: Any, dim: int, rows: list[int]) -> Any:
    """Where an argument lies if x is sharded along ``dim``."""
    from torch.distributed.tensor import Replicate, Shard

    if kind == "whole":
        return Shard(dim)
    if kind == "rows":
        return Shard(rows.index(dim))
    own = dim - (x.ndim - argument.ndim)
    return Shard(own) if own >= 0 and argument.shape[own] != 1 else Replicate()


def _strategy(schema: Any) -> Any:
    """All ways to shard a call along one dimension of the mesh, as ``DTensor`` wants them."""
    from torch.distributed.tensor import Partial, Replicate, Shard
    from torch.distributed.tensor._ops.utils import (
        expand_to_full_mesh_op_strategy,
    )

    backward = "backward" in schema.op.name()
    kinds = _BACKWARD_INPUTS if backward else _FORWARD_INPUTS
    arguments = list(schema.args_schema)
    arguments += [None] * (len(kinds) - len(arguments))
    options = schema.kwargs_schema
    x = arguments[2 if backward else 0]
    rows = _row_dims(x, options.get("axes", [-1]))
    given = [(kind, a) for kind, a in zip(kinds, arguments) if a is not None]
    results = len(schema.op._schema.returns)
    ways: list[Any] = [[Replicate()] * (results + len(given))]
    for dim in rows:
        if backward:
            outputs = []
            for bit, owner in enumerate(_OWNERS):
                placement: Any = Replicate()  # an empty tensor
                if options.get("grads", 1) >> bit & 1 and arguments[owner] is not None:
                    placement = _input_placement(kinds[owner], arguments[owner], x, dim, rows)
                    if placement.is_replicate():
                        placement = Partial()
                outputs.append(placement)
        else:
            has_sum = options.get("return_sum", False) and arguments[4] is not None
            outputs = [
                Shard(dim),
                Shard(dim) if has_sum else Replicate(),
                Shard(rows.index(dim)) if options.get("return_rstd", False) else Replicate(),
            ]
        inputs = [_input_placement(kind, a, x, dim, rows) for kind, a in given]
        ways.append(outputs + inputs)
    return expand_to_full_mesh_op_strategy(
        schema.get_mesh_from_args(), schema, ways, input_index=results
    )


def _register() -> None:
    from torch.distributed.tensor import DTensor
    from torch.distributed.tensor._op_schema import RuntimeSchemaInfo

    # The public register_sharding would not do: it caches by the integers among the options
    # only, so that calls that differ in their axes would share a strategy.
    for op in (torch.ops.rmsnorm.rms_norm_forward, torch.ops.rmsnorm.rms_norm_backward):
        options = [a.name for a in op.default._schema.arguments if a.kwarg_only]
        DTensor._op_dispatcher.sharding_propagator.register_op_strategy(
            op.default, _strategy, RuntimeSchemaInfo(0, options)
        )


def _try_register() -> None:
    try:
        _register()
    except Exception as error:  # interfaces of torch that may change
        logger.warning("no sharding rules for DTensor in torch %s: %s", torch.__version__, error)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Registers when ``torch.distributed.tensor`` has been imported, which takes seconds."""

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> Any:
        """Finds only that module, once, by the other finders."""
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        loader: Any = None if spec is None else spec.loader
        if loader is None:
            return spec
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _try_register()

        loader.exec_module = exec_module
        return spec


def register() -> None:
    """Registers the rules, now or as soon as there can be a ``DTensor``; once, by ``ops``."""
    if _MODULE in sys.modules:
        _try_register()
    else:
        sys.meta_path.insert(0, _AfterImport())
