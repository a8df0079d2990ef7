# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What PyTorch's tests of its own ``nn.RMSNorm`` check, on ours.

After torch's module database: construction, devices and dtypes, copies, layouts, gradients.
"""

import copy
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck

import rmsnorm

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
# Wrong types are given on purpose.
RMSNorm: Any = rmsnorm.RMSNorm
rms_norm: Any = rmsnorm.rms_norm
torch_norm: Any = nn.RMSNorm

# Arguments of the constructor and the input's shape.
CASES: dict[str, tuple[tuple[Any, ...], tuple[int, ...]]] = {
    "one_axis": (([5], 1e-3), (4, 5, 5)),
    "many_rows": (([5], 1e-3), (128, 5, 5)),
    "no_weight": (([5], 1e-3, False), (4, 5, 5)),
    "three_axes": (([2, 2, 5], 1e-3), (4, 2, 2, 5)),
    "three_axes_no_weight": (([2, 2, 5], 1e-3, False), (4, 2, 2, 5)),
    "no_rows": (([5], 1e-3), (0, 5)),
    "all_axes": (([2, 2, 5], 1e-3), (2, 2, 5)),
    "default_eps": ((5,), (4, 5)),
}
by_case = pytest.mark.parametrize("case", CASES)


def sample(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape) + len(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def pair(case: str, dtype: torch.dtype = torch.float32) -> tuple[Any, Any, Tensor]:
    """Our module, torch's with the same weight, and an input."""
    arguments, shape = CASES[case]
    theirs: Any = torch_norm(*arguments, dtype=dtype)
    if theirs.weight is not None:
        with torch.no_grad():
            theirs.weight.copy_(sample(*theirs.weight.shape, dtype=dtype))
    ours = RMSNorm(*arguments, dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs, sample(*shape, dtype=dtype)


def with_gaps(tensor: Tensor) -> Tensor:
    """The same values, not contiguous."""
    copied = tensor.new_zeros((*tensor.shape, 2))
    copied[..., 0] = tensor.detach()
    return copied[..., 0].requires_grad_(tensor.requires_grad)


@by_case
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_forward(case: str, dtype: torch.dtype) -> None:
    ours, theirs, x = pair(case, dtype)
    y = ours(x)
    assert y.dtype == dtype
    eps = ours.eps if ours.eps is not None else torch.finfo(torch.float32).eps
    if case == "default_eps" and dtype == torch.float64:
        eps = torch.finfo(dtype).eps
    dims = list(range(-len(ours.normalized_shape), 0))
    wide = x.double()
    want = wide * torch.rsqrt(wide.square().mean(dims, keepdim=True) + eps)
    if ours.weight is not None:
        want = want * ours.weight.double()
    torch.testing.assert_close(y, want.to(dtype))
    torch.testing.assert_close(y, theirs(x))


@by_case
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_factory_arguments(case: str, dtype: torch.dtype) -> None:
    arguments, _ = CASES[case]
    for device in ("cpu", "meta"):
        built = [RMSNorm(*arguments, device=device, dtype=dtype)]
        with torch.device(device):
            built.append(RMSNorm(*arguments, dtype=dtype))
        for module in built:
            for parameter in module.parameters():
                assert parameter.dtype == dtype
                assert parameter.device.type == device
    module = RMSNorm(*arguments)
    assert all(parameter.dtype == torch.float32 for parameter in module.parameters())
    assert isinstance(repr(module), str)


@by_case
def test_copies_and_moves(case: str) -> None:
    ours, theirs, x = pair(case)
    want = ours(x)
    for other in (pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours), copy.copy(ours)):
        assert torch.equal(other(x), want)
    assert repr(ours) == repr(theirs)
    assert ours.double()(x.double()).dtype == torch.float64
    assert ours.to(torch.bfloat16)(x.bfloat16()).dtype == torch.bfloat16
    on_meta = ours.to("meta")
    assert on_meta(x.to("meta", torch.bfloat16)).shape == x.shape
    back = on_meta.to_empty(device="cpu")
    back.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(back.float()(x), want, rtol=2e-2, atol=2e-2)


@by_case
def test_assigned_state(case: str) -> None:
    ours, theirs, x = pair(case)
    with torch.device("meta"):
        empty = RMSNorm(*CASES[case][0])
    empty.load_state_dict(ours.state_dict(), assign=True)
    assert torch.equal(empty(x), ours(x))
    theirs.load_state_dict(empty.state_dict())
    if ours.weight is not None:
        with pytest.raises(RuntimeError, match="Missing key"):
            ours.load_state_dict({})
    with pytest.raises(RuntimeError, match="Unexpected key"):
        ours.load_state_dict({**ours.state_dict(), "other": x})


@by_case
def test_training_mode_and_repetition(case: str) -> None:
    ours, _, x = pair(case)
    want = ours.train()(x)
    assert torch.equal(ours.eval()(x), want)
    assert torch.equal(ours(x), want)


@by_case
def test_inputs_stay(case: str) -> None:
    ours, _, x = pair(case)
    before = x.clone()
    y = ours(x)
    assert torch.equal(x, before)
    assert y.data_ptr() != x.data_ptr() or x.numel() == 0


@by_case
def test_not_contiguous(case: str) -> None:
    ours, theirs, x = pair(case)
    grad = sample(*x.shape).flip(0)
    reference: list[Tensor] | None = None
    for x_of in (lambda t: t, with_gaps):
        for grad_of in (lambda t: t, with_gaps):
            for weight_of in (lambda t: t, with_gaps):
                leaf = x_of(x).requires_grad_()
                module = copy.deepcopy(ours)
                if module.weight is not None:
                    module.weight = nn.Parameter(weight_of(module.weight.detach()))
                y = module(leaf)
                found = torch.autograd.grad(y, (leaf, *module.parameters()), grad_of(grad))
                if reference is None:
                    leaf = x.clone().requires_grad_()
                    y = theirs(leaf)
                    wanted = torch.autograd.grad(y, (leaf, *theirs.parameters()), grad)
                    reference = [y.detach(), *wanted]
                for one, other in zip((y.detach(), *found), reference, strict=True):
                    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("case", ["one_axis", "no_weight", "three_axes", "no_rows", "default_eps"])
def test_gradients(case: str) -> None:
    ours, _, x = pair(case, torch.float64)
    names = [name for name, _ in ours.named_parameters()]

    def call(x: Tensor, *parameters: Tensor) -> Tensor:
        y: Tensor = torch.func.functional_call(ours, dict(zip(names, parameters)), (x,))
        return y

    inputs = (x.requires_grad_(), *ours.parameters())
    assert gradcheck(call, inputs, check_batched_grad=True, check_forward_ad=True)
    assert gradgradcheck(call, inputs, check_fwd_over_rev=True)


FORMATS = (torch.contiguous_format, torch.channels_last)


@pytest.mark.parametrize("memory_format", FORMATS, ids=str)
@pytest.mark.parametrize("shape", [(5,), (4, 5), (3, 4, 5)])
@pytest.mark.parametrize("recorded", [False, True])
def test_memory_format(memory_format: Any, shape: tuple[int, ...], recorded: bool) -> None:
    x = sample(2, 3, 4, 5).to(memory_format=memory_format).requires_grad_(recorded)
    y, want = RMSNorm(shape)(x), nn.RMSNorm(shape)(x)
    torch.testing.assert_close(y, want)
    assert y.stride() == want.stride()
    assert y.is_contiguous(memory_format=memory_format)
    five = sample(2, 3, 4, 5, 5).to(memory_format=torch.channels_last_3d)
    assert RMSNorm(5)(five).is_contiguous(memory_format=torch.channels_last_3d)
