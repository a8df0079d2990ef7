# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the modules do besides numbers: refusals, views, warnings, training, documentation.

Each function is one case (exports: ``exports``). It raises ``Failure`` or what it came upon.
"""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import rmsnorm
from rmsnorm._native import Context, signature
from rmsnorm.evaluate.compare import Failure, check


def refuses(call: Callable[[], Any], *parts: str) -> None:
    """Fails unless the call raises an error whose message has all parts."""
    try:
        call()
    except (ValueError, TypeError, rmsnorm.RMSNormError) as error:
        missing = [part for part in parts if part not in str(error)]
        check(not missing, f"the message {str(error)!r} does not have {missing}")
        return
    raise Failure("accepted, expected a refusal")


def plain(case: Callable[[], None]) -> Callable[[], None]:
    """The case by plain torch operations (kernels have no forward-mode derivative)."""

    def run() -> None:
        from torch.autograd import forward_ad

        with forward_ad.dual_level():
            case()

    return run


def axes_refused() -> None:
    """4: out of range, and given twice."""
    import torch

    x = torch.ones(2, 3)
    refuses(lambda: rmsnorm.rms_norm(x, axes=(2,)), "axes", "2", "-2 to 1")
    refuses(lambda: rmsnorm.rms_norm(x, axes=(1, -1)), "axes", "twice")
    refuses(lambda: rmsnorm.RMSNorm((3, 3), normalized_axes=(1, 1)), "normalized_axes", "(1, 1)")


def axes_refused_by_runtime() -> None:
    """4: the same of the runtime."""
    x = np.ones((2, 3), np.float32)
    refuses(lambda: rmsnorm.rms_norm(x, axes=(2,)), "axes", "2", "-2 to 1")
    refuses(lambda: rmsnorm.rms_norm(x, axes=(1, -1)), "axes", "twice")


_SHAPES = ((1, 24), (7, 24), (0, 24), (33, 24), (5, 7), (2, 129))


def open_rows() -> None:
    """5: one module called with what it had not seen: ranks, rows, extents."""
    import torch

    module = rmsnorm.RMSNorm(-1, 1e-6, False)
    for shape in (*_SHAPES, (9,), (2, 3, 1, 9)):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(3))
        want = x / (x.double().square().mean(-1, keepdim=True) + 1e-6).sqrt()
        y = module(x)
        check(y.shape == x.shape, f"shape {list(y.shape)}, expected {list(shape)}")
        torch.testing.assert_close(y, want.float(), rtol=1e-6, atol=1e-7)


def open_rows_of_a_function() -> None:
    """5: one compiled function with every extent open, called with several."""
    number, _ = signature(np.ones((1, 1), np.float32))
    context = Context(cache_directory="")
    main = context.compile_norm(number, (-1, -1), (1,), eps=1e-6, disk_cache=False)["main"]
    for shape in _SHAPES:
        x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
        wide = x.astype(np.float64)
        want = wide / np.sqrt(np.square(wide).mean(-1, keepdims=True) + 1e-6)
        y = main(x)
        check(y.shape == shape, f"shape {y.shape}, expected {shape}")
        np.testing.assert_allclose(y, want, rtol=1e-6, atol=1e-7)


def parameters_are_views() -> None:
    """6: a parameter is seen through a view; where there is none it is reshaped."""
    import torch

    from rmsnorm.nn.preparation import parameter_view

    x, weight = torch.ones(2, 4, 5, 6), torch.randn(4, 6)
    view = parameter_view("weight", weight, x, [1, 3])
    check(view is not None and view.data_ptr() == weight.data_ptr(), "the parameter is copied")
    transposed = torch.randn(6, 4).T
    x = torch.randn(2, 4, 5, 6)
    module = rmsnorm.RMSNorm((4, 6), 1e-6, normalized_axes=(1, 3))
    module.weight = torch.nn.Parameter(transposed)
    want = x * torch.rsqrt(x.square().mean((1, 3), keepdim=True) + 1e-6)
    torch.testing.assert_close(module(x), want * transposed[:, None, :])


def one_warning() -> None:
    """8: an epsilon that does not broadcast: one warning, and the scalar."""
    import torch

    module = rmsnorm.RMSNorm(6, 1e-3, False, learnable_eps=True)
    x = torch.randn(2, 4)
    want = x / (x.square().mean(-1, keepdim=True) + 1e-3).sqrt()
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        for _ in range(3):
            torch.testing.assert_close(module(x), want)
    count = sum("eps_param" in str(warning.message) for warning in given)
    check(count == 1, f"{count} warnings, expected one")


def eps_stays_positive() -> None:
    """8: training that pushes epsilon down leaves results and gradients finite."""
    import torch

    module = rmsnorm.RMSNorm(8, 1e-3, learnable_eps=True)
    optimiser = torch.optim.SGD(module.parameters(), lr=10.0)
    x = torch.randn(4, 8)
    for _ in range(5):
        optimiser.zero_grad()
        y = module(x)
        check(bool(y.isfinite().all()), "a result is not finite")
        (-y.square().sum()).backward()
        grads = [p.grad for p in module.parameters()]
        finite = all(grad is not None and bool(grad.isfinite().all()) for grad in grads)
        check(finite, "a gradient is not finite")
        optimiser.step()


def finite_gradients() -> None:
    """9: of zero rows without epsilon."""
    import torch

    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        module = rmsnorm.RMSNorm(8, 0.0, bias=True, dtype=dtype)
        x = torch.zeros(3, 8, dtype=dtype, requires_grad=True)
        y = module(x)
        check(bool((y == 0).all()), f"{dtype}: a zero row gives other than zeros")
        y.sum().backward()
        assert x.grad is not None
        check(bool(x.grad.isfinite().all()), f"{dtype}: the gradient of x is not finite")
        check(bool(module.weight.grad.isfinite().all()), f"{dtype}: that of weight is not finite")


def documentation() -> None:
    """12: everything public has a docstring, and types on arguments and result."""
    problems = []
    for name in rmsnorm.__all__:
        thing = getattr(rmsnorm, name)
        if not (thing.__doc__ or "").strip():
            problems.append(f"{name} has no docstring")
        if thing.__module__ == "rmsnorm._native":
            continue  # typed by _native.pyi
        functions = {name: thing}
        if inspect.isclass(thing):
            functions = {
                f"{name}.{key}": value
                for key, value in vars(thing).items()
                if inspect.isfunction(value) and (key == "__init__" or not key.startswith("_"))
            }
        for key, function in functions.items():
            if not key.endswith("__init__") and not (function.__doc__ or "").strip():
                problems.append(f"{key} has no docstring")
            signature = inspect.signature(function)
            if signature.return_annotation is inspect.Signature.empty:
                problems.append(f"{key} has no type of its result")
            problems += [
                f"{key}: {parameter.name} has no type"
                for parameter in signature.parameters.values()
                if parameter.annotation is inspect.Parameter.empty and parameter.name != "self"
            ]
    source = "Root Mean Square Layer Normalization"
    for thing in (rmsnorm.rms_norm, rmsnorm.RMSNorm):
        if source not in " ".join((thing.__doc__ or "").split()):
            problems.append(f"{thing.__name__} does not name the source of the formula")
    check(not problems, "; ".join(problems))


def messages() -> None:
    """Errors name the argument, what was given, and what was expected."""
    import torch

    x = torch.ones(2, 6)
    refuses(lambda: rmsnorm.RMSNorm(5)(x), "input", "[2, 6]", "[5]")
    refuses(lambda: rmsnorm.RMSNorm((2, 2, 6))(x), "input", "rank 2", "3")
    refuses(lambda: rmsnorm.rms_norm(x, torch.ones(5)), "weight", "[5]", "[2, 6]")
    refuses(lambda: rmsnorm.rms_norm(x, eps=-1.0), "eps", "-1.0", "not negative")
    refuses(lambda: rmsnorm.rms_norm(x, residual=x[:1]), "residual", "[1, 6]", "[2, 6]")
    refuses(lambda: rmsnorm.GroupedRMSNorm(6, num_groups=4), "num_groups", "4", "divisor")
    refuses(lambda: rmsnorm.GatedRMSNorm(6, gate="tanh"), "gate", "'tanh'", "silu")
    refuses(lambda: rmsnorm.RMSNormWithResidual(6)(x, x[:1]), "residual", "[1, 6]", "[2, 6]")


def runtime_messages() -> None:
    """The same of the runtime."""
    x = np.ones((2, 6), np.float32)
    refuses(lambda: rmsnorm.rms_norm(x.astype(np.int32)), "x", "i32", "f32")
    refuses(lambda: rmsnorm.rms_norm(x, eps=-1.0), "eps", "-1.0", "not negative")
    refuses(lambda: rmsnorm.rms_norm(x, residual=x[:1]), "residual", "(1, 6)", "(2, 6)")
    refuses(lambda: rmsnorm.rms_norm(x, np.ones(5, np.float32)), "scale", "5", "6")
