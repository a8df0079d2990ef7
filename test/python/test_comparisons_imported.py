# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Comparisons of weights with integers: PyTorch's, whatever is folded while importing."""

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.importer.comparisons import compare_with_floats  # noqa: E402
from rmsnorm.importer.decompositions import decomposition_table  # noqa: E402

NUMBERS = (-21.5, -1.0, -0.5, -0.0, 0.0, 0.25, 1.0, 3.0, 19.5, 20.0, 20.5, float("nan"))


class Softplus(torch.nn.Module):
    """Each number is a parameter of one element, as xIELU has them."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.numbers = torch.nn.ParameterList(
            torch.nn.Parameter(torch.tensor([number], dtype=dtype)) for number in NUMBERS
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x * torch.nn.functional.softplus(each) for each in self.numbers])


class Compared(Softplus):
    """A tensor of different numbers too: it is folded elsewhere."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__(dtype)
        self.all = torch.nn.Parameter(torch.tensor(NUMBERS, dtype=dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        results = []
        for number in (0, 20):
            for each in (*self.numbers, self.all):
                flags = [each > number, each >= number, each < number, each <= number]
                flags += [each == number, each != number]
                bits = sum(flag.to(x.dtype) * 2**place for place, flag in enumerate(flags))
                results.append(x[: each.shape[0]] * bits)
        return torch.cat(results)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", [Softplus, Compared])
def test_comparisons_of_parameters(kind: type[Softplus], dtype: torch.dtype) -> None:
    module = kind(dtype).eval()
    x = torch.rand(len(NUMBERS), dtype=dtype) + 0.5
    got = rmsnorm.compile(module, (x,))(x)
    with torch.no_grad():
        torch.testing.assert_close(got, module(x), equal_nan=True)


def test_no_float_is_compared_with_an_integer() -> None:
    # What torch-mlir makes of such a comparison depends on the process, so that
    # the numbers above need not show it.
    program = torch.export.export(Softplus(torch.float32).eval(), (torch.rand(4),))
    module = program.run_decompositions(decomposition_table()).graph_module

    def numbers() -> list[object]:
        nodes = module.graph.find_nodes(op="call_function", target=torch.ops.aten.gt.Scalar)
        return [node.args[1] for node in nodes]

    assert numbers() == [20] * len(NUMBERS)
    compare_with_floats(module)
    assert [type(number) for number in numbers()] == [float] * len(NUMBERS)
