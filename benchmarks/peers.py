# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ways to compute one RMSNorm that are compared: ours and the peers'.

Each is a function of (x, weight, threads) that returns a call without
arguments; the call's result, or the tensor it writes, is checked.
"""

from collections.abc import Callable
from dataclasses import dataclass

import onnxruntime
import torch
import torch.nn.functional as functional
from onnx import TensorProto, helper

import rmsnorm

EPS = 1e-6


@dataclass(frozen=True)
class Candidate:
    """A call to be timed; ``result`` gives what the last call computed."""

    call: Callable[[], object]
    result: Callable[[], torch.Tensor]


def _returning(call: Callable[[], torch.Tensor]) -> Candidate:
    return Candidate(call, call)


def ours(x: torch.Tensor, weight: torch.Tensor, context: rmsnorm.Context) -> Candidate:
    """``rmsnorm.rms_norm``, which allocates its result as PyTorch does."""
    return _returning(lambda: rmsnorm.rms_norm(x, weight, eps=EPS, context=context))


def ours_given_output(x: torch.Tensor, weight: torch.Tensor, context: rmsnorm.Context) -> Candidate:
    """The same into a given tensor, as ONNX Runtime and the copy do."""
    out = torch.empty_like(x)
    return Candidate(
        lambda: rmsnorm.rms_norm(x, weight, eps=EPS, out=out, context=context), lambda: out
    )


def torch_eager(x: torch.Tensor, weight: torch.Tensor) -> Candidate:
    shape = (x.shape[-1],)
    return _returning(lambda: functional.rms_norm(x, shape, weight, EPS))


def torch_compiled(x: torch.Tensor, weight: torch.Tensor) -> Candidate:
    shape = (x.shape[-1],)
    compiled = torch.compile(
        lambda a, b: functional.rms_norm(a, shape, b, EPS), fullgraph=True, dynamic=False
    )
    compiled(x, weight)
    return _returning(lambda: compiled(x, weight))


_ONNX_TYPES = {
    torch.float32: TensorProto.FLOAT,
    torch.float16: TensorProto.FLOAT16,
    torch.bfloat16: TensorProto.BFLOAT16,
}


def onnx_runtime(x: torch.Tensor, weight: torch.Tensor, threads: int) -> Candidate:
    """ORT's fused operation, bound to the tensors' own memory, into a given output."""
    kind = _ONNX_TYPES[x.dtype]
    node = helper.make_node(
        "SimplifiedLayerNormalization", ["x", "weight"], ["y"], axis=-1, epsilon=EPS, stash_type=1
    )
    graph = helper.make_graph(
        [node],
        "norm",
        [
            helper.make_tensor_value_info("x", kind, list(x.shape)),
            helper.make_tensor_value_info("weight", kind, list(weight.shape)),
        ],
        [helper.make_tensor_value_info("y", kind, list(x.shape))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    out = torch.empty_like(x)
    binding = session.io_binding()
    for name, tensor in (("x", x), ("weight", weight)):
        binding.bind_input(name, "cpu", 0, kind, list(tensor.shape), tensor.data_ptr())
    binding.bind_output("y", "cpu", 0, kind, list(out.shape), out.data_ptr())
    return Candidate(lambda: session.run_with_iobinding(binding), lambda: out)


def copy(x: torch.Tensor) -> Candidate:
    """As many bytes read and written, without arithmetic."""
    out = torch.empty_like(x)
    return Candidate(lambda: out.copy_(x), lambda: out)
