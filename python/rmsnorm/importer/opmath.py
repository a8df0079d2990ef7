# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operations that PyTorch computes in f32 for f16 and bf16 and rounds once.

torch-mlir decomposes them in the tensor's own type: a bf16 mean is accumulated
in bf16, a bf16 sigmoid rounds after each of its four steps. Here the operands
are converted to f32 (the *opmath* type) before such an operation and the result
is converted back after it, which is what PyTorch's kernels do.
"""

import struct
from collections.abc import Callable
from typing import Any

import torch

aten = torch.ops.aten
_LOW = (torch.float16, torch.bfloat16)

# Reductions, accumulated in f32; and functions that torch-mlir spells as several operations.
_OPERATIONS = (
    aten.mean.default, aten.mean.dim, aten.sum.default, aten.sum.dim_IntList, aten.prod.default,
    aten.prod.dim_int, aten.var.default, aten.var.dim, aten.var.correction, aten.std.default,
    aten.std.dim, aten.std.correction, aten.var_mean.dim, aten.var_mean.correction,
    aten.linalg_vector_norm.default, aten.norm.ScalarOpt_dim, aten.logsumexp.default,
    aten.softmax.int, aten._softmax.default, aten.log_softmax.int, aten._log_softmax.default,
    aten.layer_norm.default, aten.native_layer_norm.default, aten.group_norm.default,
    aten.native_group_norm.default, aten.cumsum.default, aten.cumprod.default,
    aten.sigmoid.default, aten.silu.default, aten.softplus.default, aten.mish.default,
    aten.hardswish.default, aten.hardsigmoid.default, aten.elu.default, aten.selu.default,
    aten.celu.default, aten.log_sigmoid.default, aten.logaddexp.default, aten.lerp.Scalar,
    aten.lerp.Tensor, aten.addcmul.default, aten.addcdiv.default, aten.avg_pool1d.default,
    aten.avg_pool2d.default, aten.mse_loss.default, aten.div.Tensor_mode, aten.div.Scalar_mode,
    aten.floor_divide.default, aten.floor_divide.Scalar,
)  # fmt: skip

# A number as an operand is not rounded to the tensor's type: bf16 times 11.3137 is not times 11.3125.
_WITH_NUMBER = (
    aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor, aten.add.Scalar,
    aten.sub.Scalar, aten.mul.Scalar, aten.div.Scalar, aten.rsub.Scalar, aten.rsub.Tensor,
)  # fmt: skip


def _is_low(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype in _LOW


def _widened(leaf: Any) -> Any:
    if isinstance(leaf, torch.dtype):
        return torch.float32 if leaf in _LOW else leaf
    return leaf.to(torch.float32) if _is_low(leaf) else leaf


def _leaves(args: Any) -> list[Any]:
    return torch.utils._pytree.tree_leaves(args)


def in_opmath(operation: Any, otherwise: Callable[..., Any] | None) -> Callable[..., Any]:
    """A decomposition: ``operation`` in f32 where an operand is f16 or bf16.

    Args:
        operation: an overload of ATen.
        otherwise: the decomposition for other types; None leaves those alone.
    """

    def decomposed(*args: Any, **kwargs: Any) -> Any:
        low = [leaf.dtype for leaf in _leaves((args, kwargs)) if _is_low(leaf)]
        if not low:
            return NotImplemented if otherwise is None else otherwise(*args, **kwargs)
        wanted = [leaf for leaf in _leaves((args, kwargs)) if isinstance(leaf, torch.dtype)]
        result_type = wanted[0] if wanted else low[0]
        wide_args, wide_kwargs = torch.utils._pytree.tree_map(_widened, (args, kwargs))
        result = operation(*wide_args, **wide_kwargs)
        return torch.utils._pytree.tree_map(
            lambda leaf: leaf.to(result_type) if isinstance(leaf, torch.Tensor) else leaf, result
        )

    return decomposed


def _is_exact(number: float, dtype: torch.dtype) -> bool:
    # In plain Python: a tensor made here would become part of the graph that is traced.
    try:
        if dtype == torch.float16:
            return bool(struct.unpack("<e", struct.pack("<e", number))[0] == number)
        packed = struct.pack("<f", number)
    except OverflowError:
        return False
    return bool(struct.unpack("<f", packed)[0] == number) and packed[:2] == b"\0\0"


def _is_wide_number(value: Any) -> bool:
    return (
        isinstance(value, torch.Tensor)
        and value.dim() == 0
        and value.dtype in (torch.float32, torch.float64)
    )


def with_number_in_opmath(
    operation: Any, otherwise: Callable[..., Any] | None
) -> Callable[..., Any]:
    """A decomposition: in f32 where a short tensor meets a number that its type does not have.

    A wider tensor without dimensions is such a number, too: PyTorch does not round it to the
    other's type.

    Args:
        operation: an overload of ATen with two operands.
        otherwise: the decomposition for other cases; None leaves those alone.
    """
    wide = in_opmath(operation, otherwise)

    def decomposed(x: Any, other: Any, **kwargs: Any) -> Any:
        numbers = [n for n in (other, *kwargs.values()) if isinstance(n, float | int)]
        if _is_low(x) and not all(_is_exact(n, x.dtype) for n in numbers):
            return wide(x, other, **kwargs)
        for tensor, number in ((x, other), (other, x)):
            if _is_low(tensor) and _is_wide_number(number) and tensor.dim() > 0:
                return wide(x, other, **kwargs).to(tensor.dtype)
        return NotImplemented if otherwise is None else otherwise(x, other, **kwargs)

    return decomposed


def opmath_decompositions(table: dict[Any, Callable[..., Any]]) -> dict[Any, Callable[..., Any]]:
    """The table's entries for these operations, with f32 in front for the short types."""
    entries = {operation: in_opmath(operation, table.get(operation)) for operation in _OPERATIONS}
    for operation in _WITH_NUMBER:
        entries[operation] = with_number_in_opmath(operation, table.get(operation))
    return entries
