# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What PyTorch's tests of its own ``rms_norm`` check, on ours.

After torch's database of operators: sample and error inputs, forward-mode, views.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn import functional

import rmsnorm

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
# Wrong types are given on purpose.
RMSNorm: Any = rmsnorm.RMSNorm
rms_norm: Any = rmsnorm.rms_norm
torch_norm: Any = nn.RMSNorm


def sample(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape) + len(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


# Of the operator's sample inputs: shape, normalised shape, epsilon; a negative one is refused.
SAMPLES = (
    ((1, 2, 3), (1, 2, 3), 0.5),
    ((2, 2, 3), (2, 3), 0.5),
    ((1,), (1,), None),
    ((1, 2), (2,), None),
    ((0, 1), (1,), None),
)
ALL_TYPES = (*DTYPES, torch.complex64, torch.complex128)


@pytest.mark.parametrize("dtype", ALL_TYPES, ids=str)
@pytest.mark.parametrize("given", SAMPLES)
def test_operator_samples(given: Any, dtype: torch.dtype) -> None:
    shape, normalized, eps = given
    axes = tuple(range(-len(normalized), 0))
    x = 1000 * sample(*shape).to(dtype)
    for weight in (None, sample(*normalized).to(dtype)):
        leaves = [x.requires_grad_()] + ([] if weight is None else [weight.requires_grad_()])
        got = rms_norm(x, weight, eps=eps, axes=axes)
        want = functional.rms_norm(x, normalized, weight, eps)
        if eps is None and dtype == torch.float16 and x.numel() > 0:
            assert want.isfinite().all()
        torch.testing.assert_close(
            got, want, rtol=None if eps else 2e-3, atol=None if eps else 1e-3
        )
        grad = torch.ones_like(got)
        for one, other in zip(
            torch.autograd.grad(got, leaves, grad),
            torch.autograd.grad(want, leaves, grad),
            strict=True,
        ):
            if x.numel() > 1:  # a row of one element has a gradient of rounding errors
                torch.testing.assert_close(one, other, rtol=2e-2, atol=2e-3)


def test_forward_mode() -> None:
    dual: Any = forward_ad  # it has no types
    x, t = sample(3, 5, dtype=torch.float64), sample(5, 3, dtype=torch.float64).T
    module = RMSNorm(5).double()
    with dual.dual_level():
        got = dual.unpack_dual(module(dual.make_dual(x, t))).tangent
        want = dual.unpack_dual(
            functional.rms_norm(dual.make_dual(x, t), (5,), module.weight)
        ).tangent
    torch.testing.assert_close(got, want)


Make = Callable[[Tensor], Tensor]
VIEWS: dict[str, Make] = {
    "negated": torch._neg_view,
    "imaginary_part_of_a_conjugate": lambda x: torch.complex(x, x).conj().imag,
    "zeros": lambda x: torch._efficientzerotensor(x.shape),
    "lazy_clone": torch._lazy_clone,
    "expanded": lambda x: x[:1].expand(4, 6),
    "overlapping": lambda x: x.flatten().as_strided((4, 6), (2, 1)),
    "slices": lambda x: x.repeat(1, 2)[:, ::2],
    "reversed_columns": lambda x: x.flip(1),
    "unaligned": lambda x: torch.cat([x.new_zeros(1), x.flatten()])[1:].view(4, 6),
}


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_other_memory(view: str) -> None:
    make = VIEWS[view]
    x, weight = sample(4, 6), sample(6, 4)[:, 0]
    got, want = rms_norm(make(x), weight), functional.rms_norm(make(x), (6,), weight)
    torch.testing.assert_close(got, want)
    whole = make(x)
    got = rms_norm(x, whole, whole, residual=whole, eps=1e-6)
    want = functional.rms_norm(x + whole, (6,), eps=1e-6) * whole + whole
    torch.testing.assert_close(got, want)
    for module in (RMSNorm(6), RMSNorm(6, bias=True, learnable_eps=True)):
        leaf, twin = x.clone().requires_grad_(), x.clone().requires_grad_()
        module(leaf).backward(make(x))
        theirs: Any = functional.rms_norm(twin, (6,))
        theirs.backward(make(x))
        torch.testing.assert_close(leaf.grad, twin.grad, rtol=1e-4, atol=1e-5)


def test_a_compiled_function_refuses_negated_tensors() -> None:
    x = torch._neg_view(sample(4, 6))
    context = rmsnorm.default_context()
    with pytest.raises(ValueError, match=r"argument 0: given a tensor that is negated lazily"):
        rms_norm(x, context=context)
    with pytest.raises(ValueError, match="out 0: given a tensor that is negated lazily"):
        rms_norm(sample(4, 6), out=x)


def test_inference_tensors() -> None:
    module = RMSNorm(6)
    with torch.inference_mode():
        x = sample(4, 6)
        want = module(x)
    y = module(x)  # recorded: the weight requires it
    assert torch.equal(y, want)
    loss: Any = y.sum()
    loss.backward()
    assert module.weight.grad is not None


def test_jagged_tensors() -> None:
    rows = [sample(2, 6), sample(3, 6)]
    x = torch.nested.nested_tensor(rows, layout=torch.jagged)
    got, want = RMSNorm(6)(x), nn.RMSNorm(6)(x)
    torch.testing.assert_close(got.values(), want.values())


REFUSED: tuple[tuple[Callable[[], Any], type[Exception], str], ...] = (
    (lambda: RMSNorm(()), ValueError, r"normalized_shape: given \(\)"),
    (lambda: RMSNorm(-8), ValueError, "normalized_shape: given"),
    (lambda: RMSNorm((2, 2))(sample(2, 2, 3)), ValueError, r"given shape \[2, 2, 3\]"),
    (lambda: RMSNorm((2, 2))(sample(2)), ValueError, "input: given rank 1, expected 2"),
    (lambda: RMSNorm(1)(torch.tensor(1.0)), ValueError, "input: given rank 0"),
    (lambda: RMSNorm(8)([1.0] * 8), TypeError, "input: given list, expected a torch"),
    (lambda: RMSNorm(8)(None), TypeError, "input: given NoneType"),
    (lambda: RMSNorm(8, eps="1e-5"), TypeError, "eps: given str"),
    (lambda: RMSNorm(8, eps=-0.5), ValueError, "eps: given -0.5"),
    (lambda: RMSNorm(8, eps=float("nan")), ValueError, "eps: given nan"),
    (lambda: RMSNorm(8)(torch.ones(8, dtype=torch.int32)), TypeError, "torch.int32"),
    (lambda: rms_norm(torch.ones(8, dtype=torch.bool)), TypeError, "torch.bool"),
    (
        lambda: rms_norm(torch.ones(8).to(torch.float8_e4m3fn)),
        TypeError,
        "float8_e4m3fn",
    ),
    (lambda: rms_norm(torch.ones(8).to_sparse()), NotImplementedError, "sparse_coo"),
    (
        lambda: rms_norm(sample(8), torch.ones(8).to_sparse()),
        NotImplementedError,
        "weight: given layout torch.sparse_coo",
    ),
    (lambda: rms_norm(sample(8), 2.0), TypeError, "weight: given float"),
    (
        lambda: rms_norm(sample(8), torch.ones(8, dtype=torch.int64)),
        TypeError,
        "weight: given torch.int64",
    ),
    (lambda: rms_norm(sample(2, 8), torch.ones(7)), ValueError, r"weight: given shape \[7"),
    (
        lambda: rms_norm(sample(8), torch.ones(8, device="meta")),
        ValueError,
        "weight: given one on meta, expected the input's cpu",
    ),
    (lambda: rms_norm(sample(8), residual=sample(8).double()), ValueError, "residual"),
    (
        lambda: rms_norm(sample(8), residual=torch.ones(8, device="meta")),
        ValueError,
        "residual: given one on meta",
    ),
    (lambda: rms_norm(sample(8), residual=1.0), TypeError, "residual: given float"),
    (lambda: rms_norm(sample(8), axes=1), ValueError, "axes: given 1"),
    (lambda: rms_norm(sample(8), axes=()), ValueError, "axes: given none"),
    (lambda: rms_norm(sample(8), axes=(1.0,)), TypeError, "axes: given"),
    (lambda: rms_norm(sample(8), axes="last"), TypeError, "axes: given 'last'"),
)


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number: int) -> None:
    call, kind, message = REFUSED[number]
    with pytest.raises(kind, match=message):
        call()
