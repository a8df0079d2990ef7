# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One of two processes of ``test_torch_sharding.py``: arguments are its rank and a file."""

import faulthandler
import sys
from collections.abc import Callable
from typing import Any

# Before torch.distributed.tensor: the rules have to follow.
import rmsnorm  # isort: skip
import rmsnorm.nn.ops  # isort: skip

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import (
    DTensor,
    Partial,
    Placement,
    Replicate,
    Shard,
    distribute_module,
    distribute_tensor,
)
from torch.distributed.tensor.debug import CommDebugMode
from torch.distributed.tensor.parallel import SequenceParallel, parallelize_module

op = torch.ops.rmsnorm


def wide(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


X, R, G = wide(4, 6, 8), wide(4, 6, 8).flip(0), wide(4, 6, 8).flip(1)
W, B, E, S = wide(8), wide(1, 8), wide(8).abs() + 0.1, wide(1)
PER_ROW = wide(4, 1, 8)  # its first extent is sharded as x's is
FIRST = wide(4, 6)
# Function, its tensors, the extents that are normalised.
CASES: dict[str, tuple[Callable[..., Any], tuple[Tensor, ...], tuple[int, ...]]] = {
    "rms_norm": (op.rms_norm, (X, W, B), (2,)),
    "no_weight": (op.rms_norm, (X,), (2,)),
    "bias_only": (lambda x, b: op.rms_norm(x, None, b), (X, B), (2,)),
    "eps": (op.rms_norm, (X, W, B, E), (2,)),
    "per_row": (op.rms_norm, (X, PER_ROW), (2,)),
    "axes": (lambda x, w: op.rms_norm(x, w, axes=[1]), (X, wide(6, 1)), (1,)),
    "two_axes": (lambda x, w: op.rms_norm(x, w, axes=[0, 1]), (X, wide(4, 6, 1)), (0, 1)),
    "residual": (op.rms_norm_residual, (X, R, W), (2,)),
    "scaled_residual": (
        lambda x, r, w, s: op.rms_norm_residual(x, r, w, residual_scale=s),
        (X, R, W, S),
        (2,),
    ),
    "gated": (op.gated_rms_norm, (X, G, W), (2,)),
    "function": (
        lambda x, r, w: rmsnorm.rms_norm(x, w, residual=r, return_sum=True),
        (X, R, W),
        (2,),
    ),
    "rank_2": (lambda x, w: rmsnorm.rms_norm(x, w), (FIRST, wide(6)), (1,)),
}


def outputs_of(function: Callable[..., Any], tensors: Any) -> tuple[Any, ...]:
    result = function(*tensors)
    return result if isinstance(result, tuple) else (result,)


def full(tensor: Any) -> Tensor:
    assert isinstance(tensor, DTensor), type(tensor)
    whole: Tensor = tensor.full_tensor()
    return whole


def check_case(name: str, mesh: Any, placement: Placement) -> None:
    """Results and gradients are those of one process; rows are not communicated."""
    function, plain, normalised = CASES[name]
    sharded_rows = isinstance(placement, Shard) and placement.dim not in normalised
    leaves = [tensor.clone().requires_grad_() for tensor in plain]
    want = outputs_of(function, leaves)
    seeds = [wide(*y.shape).flip(0) for y in want]
    want_grads = torch.autograd.grad(want, leaves, seeds)
    distributed = [
        distribute_tensor(
            tensor, mesh, [placement if tensor.shape == plain[0].shape else Replicate()]
        ).requires_grad_()
        for tensor in plain
    ]
    mode: Any = CommDebugMode  # it has no types
    with mode() as communication:
        got = outputs_of(function, distributed)
        if sharded_rows or isinstance(placement, Replicate):
            assert communication.get_total_counts() == 0, (name, placement, communication)
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(full(one), other.detach())
        if sharded_rows:
            assert one.placements == (placement,), (name, one.placements)
    dseeds = [distribute_tensor(seed, mesh, y.placements) for seed, y in zip(seeds, got)]
    grads: Any = torch.autograd.grad(got, distributed, dseeds)
    for leaf, one, other in zip(distributed, grads, want_grads, strict=True):
        torch.testing.assert_close(full(one), other, msg=lambda m: f"{name} {placement}: {m}")
        if sharded_rows:  # a parameter's part on this device is summed by who needs the sum
            expected = placement if leaf.shape == plain[0].shape else Partial()
            if name != "per_row":  # a replicated parameter is cut
                assert one.placements == (expected,), (name, one.placements)


def check_modules(mesh: Any) -> None:
    """Modules whose parameters and inputs are distributed in torch's usual ways."""
    plain = rmsnorm.RMSNorm(8, bias=True, dtype=torch.float64)
    nn.init.normal_(plain.weight)
    dist.broadcast(plain.weight.detach(), 0)
    want = plain(X)
    (want_grad,) = torch.autograd.grad(want.square().sum(), plain.weight)
    replicated = rmsnorm.RMSNorm(8, bias=True, dtype=torch.float64)
    replicated.load_state_dict(plain.state_dict())
    distribute_module(replicated, mesh)
    y = replicated(distribute_tensor(X, mesh, [Shard(0)]))
    torch.testing.assert_close(full(y), want.detach())
    y.square().sum().backward()
    torch.testing.assert_close(full(replicated.weight.grad), want_grad)

    # Activations lie along the sequence, as tensor parallelism has them around norms.
    model = nn.Sequential(rmsnorm.RMSNorm(8, bias=True, dtype=torch.float64))
    model[0].load_state_dict(plain.state_dict())
    parallelize_module(model, mesh, {"0": SequenceParallel()})
    local = X.chunk(2, dim=1)[mesh.get_local_rank()]
    y = model(local)
    y = y if isinstance(y, DTensor) else DTensor.from_local(y, mesh, [Shard(1)])
    torch.testing.assert_close(full(y), want.detach())
    loss: Any = y.square().sum()
    loss.backward()
    torch.testing.assert_close(full(model[0].weight.grad), want_grad)


def check_options_are_part_of_the_cache(mesh: Any) -> None:
    """Calls that differ in their options alone do not share a strategy."""
    square = wide(6, 6)
    distributed = distribute_tensor(square, mesh, [Shard(0)])
    for axes in ([1], [0], [1]):
        got = op.rms_norm(distributed, axes=axes)
        torch.testing.assert_close(full(got), op.rms_norm(square, axes=axes))
    assert isinstance(op.rms_norm(distributed, axes=[0]).placements[0], Replicate | Shard)


def main() -> None:
    """Checks everything and says so."""
    faulthandler.dump_traceback_later(120, exit=True)
    rank, store = int(sys.argv[1]), sys.argv[2]
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    for name, (_, tensors, _) in CASES.items():
        for placement in (Replicate(), *(Shard(dim) for dim in range(tensors[0].dim()))):
            check_case(name, mesh, placement)
    partial = DTensor.from_local(X / 2, mesh, [Partial()])
    torch.testing.assert_close(full(op.rms_norm(partial)), op.rms_norm(X))
    check_modules(mesh)
    check_options_are_part_of_the_cache(mesh)
    dist.barrier()  # neither leaves while the other still waits for it
    dist.destroy_process_group()
    print(f"rank {rank}: right")


if __name__ == "__main__":
    main()
