# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rotary embeddings in complex numbers, imported as pairs of real ones."""

from collections.abc import Callable

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm import UnsupportedModelError  # noqa: E402
from rmsnorm.importer import import_torch  # noqa: E402
from rmsnorm.importer.imported import Weights  # noqa: E402

HEADS, HEAD = 3, 8


class Rotary(torch.nn.Module):
    """A norm of heads and the rotary embedding of Llama 4: angles from positions."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.RMSNorm(HEAD, eps=1e-5)
        self.frequencies = torch.nn.Buffer(
            1.0 / 100.0 ** (torch.arange(0, HEAD, 2) / HEAD), persistent=False
        )

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        angles = positions[..., None].float() * self.frequencies
        turns = torch.polar(torch.ones_like(angles), angles) * 0.5
        pairs = torch.view_as_complex(self.norm(x).float().reshape(*x.shape[:-1], -1, 2))
        return torch.view_as_real(pairs * turns[:, :, None, :]).flatten(3).type_as(x)


class Table(torch.nn.Module):
    """The rotary embedding of the first Llama: a table of complex numbers is a buffer."""

    def __init__(self) -> None:
        super().__init__()
        angles = torch.outer(torch.arange(16.0), 1.0 / 100.0 ** (torch.arange(0, HEAD, 2) / HEAD))
        self.table = torch.nn.Buffer(torch.polar(torch.ones_like(angles), angles))

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
        return torch.view_as_real(pairs * self.table[positions][:, :, None, :]).flatten(3).to(x)


class Arithmetic(torch.nn.Module):
    """What else is said of the parts."""

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        z = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
        w = torch.complex(z.imag, z.real + 1.0)
        sums = (z + 2.0 * w.conj() - 1.5) * (0.5 + 2.0j) + positions[..., None, None]
        return torch.view_as_real(torch.cat([sums, -z / 4.0], -1)).transpose(1, 2)


def example(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    return torch.randn(2, 5, HEADS, HEAD).to(dtype), torch.arange(5).repeat(2, 1) + 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["f32", "bf16"])
@pytest.mark.parametrize("weights", ["arguments", "constants"])
@pytest.mark.parametrize("make", [Rotary, Table, Arithmetic])
def test_numbers(make: Callable[[], torch.nn.Module], weights: Weights, dtype: torch.dtype) -> None:
    module, given = make(), example(dtype)
    with torch.no_grad():
        want = module(*given)
    got = rmsnorm.compile(module, given, weights=weights)(*given)
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    tolerance = 2e-6 if want.dtype == torch.float32 else 2.0**-8
    torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance)


def test_a_program_can_be_imported_twice() -> None:
    module, given = Table(), example(torch.float32)
    program = torch.export.export(module, given)
    first, second = (rmsnorm.compile(program)(*given) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_complex_argument_is_refused() -> None:
    class Argument(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return torch.view_as_real(z * z)

    with pytest.raises(UnsupportedModelError, match=r"argument z.*view_as_real"):
        import_torch(Argument(), (torch.randn(4, dtype=torch.complex64),))


def test_complex_result_is_refused() -> None:
    class Result(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.view_as_complex(x)

    with pytest.raises(UnsupportedModelError, match=r"result .*view_as_real"):
        import_torch(Result(), (torch.randn(4, 2),))


def test_unknown_operation_is_named() -> None:
    class Root(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.view_as_real(torch.view_as_complex(x).sqrt())

    with pytest.raises(UnsupportedModelError, match="sqrt"):
        import_torch(Root(), (torch.randn(4, 2),))
