# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Torch modules by plain torch operations, and by compiled kernels.

What ran is observed, not assumed: a dispatch mode sees every operator that torch runs, and
recorded gradients say which function made them. A case that took another way fails.
"""

import importlib.util
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rmsnorm.evaluate.compare import Failure
from rmsnorm.evaluate.norm import Norm, Results

if TYPE_CHECKING:
    from torch import Tensor

# Of plain norms, of those with further results, and of partial ones.
_EAGER_NODES = ("PlainNormBackward", "NormBackward", "_NormBackward")


def _missing_torch() -> str | None:
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed (pip install torch, or rmsnorm[torch])"
    return None


def observer() -> Any:
    """A torch dispatch mode with the names of the operators that ran, in ``.seen``."""
    from torch.utils._python_dispatch import TorchDispatchMode

    base: Any = TorchDispatchMode

    class Observer(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()

        def __torch_dispatch__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            self.seen.add(function.name())
            return function(*args, **(kwargs or {}))

    return Observer()


def recorded(outputs: "list[Tensor]") -> set[str]:
    """Names of the functions that the gradients of the outputs go through."""
    names: set[str] = set()
    pending = [output.grad_fn for output in outputs]
    visited = set()
    while pending:
        node = pending.pop()
        if node is None or node in visited:
            continue
        visited.add(node)
        names.add(node.name())
        pending += [following for following, _ in node.next_functions]
    return names


class _TorchPath:
    def unavailable(self) -> str | None:
        """torch is missing."""
        return _missing_torch()

    def compute(self, norm: Norm, engine: str, record: bool) -> Results:
        """Runs a norm's module by one engine, with gradients if the norm asks for them."""
        import torch
        from torch.autograd import forward_ad

        from rmsnorm.evaluate.paths import torch_modules as modules

        module: Any = modules.make_module(norm)
        x = modules.to_torch(norm.x).requires_grad_(record)
        second = norm.residual if norm.residual is not None else norm.gate
        other = None if second is None else modules.to_torch(second).requires_grad_(record)
        leaves = {"dx": x}
        if other is not None:
            leaves["dresidual" if norm.residual is not None else "dgate"] = other
        with ExitStack() as stack:
            if engine == "plain":
                # Kernels have no forward-mode derivative: within a level of it, plain
                # operations do it, and their reverse-mode derivative is torch's.
                stack.enter_context(forward_ad.dual_level())
            mode = None if engine == "eager" else stack.enter_context(observer())
            if not record:
                stack.enter_context(torch.no_grad())
            outputs = modules.call(module, norm, x, other)
            results = {name: modules.to_numpy(value) for name, value in outputs.items()}
            if record:
                self.check_recorded(norm, engine, list(outputs.values()))
                if norm.quantised is not None:
                    module.dequantize = True
                    outputs = modules.call(module, _plain_result(norm), x, other)
                results |= modules.differentiate(module, norm, outputs, leaves)
            if mode is not None:
                check_seen(engine, mode.seen)
        return results

    def check_recorded(self, norm: Norm, engine: str, outputs: "list[Tensor]") -> None:
        """Fails if eager mode did not take a compiled kernel."""
        if engine != "eager" or norm.x.size == 0:
            return
        names = recorded(outputs)
        if not names & set(_EAGER_NODES):
            raise Failure(
                f"not computed by a compiled kernel: the gradient goes through {sorted(names)}"
            )


def _plain_result(norm: Norm) -> Norm:
    from dataclasses import replace

    return replace(norm, quantised=None)


def check_seen(engine: str, seen: set[str]) -> None:
    """Fails if the operators that ran are not those of the engine."""
    ours = {name for name in seen if name.startswith("rmsnorm::")}
    if engine == "plain":
        if ours or "aten::sqrt" not in seen:
            raise Failure(f"not computed by plain torch operations, but by {sorted(seen)}")
    elif "rmsnorm::rms_norm_forward" not in ours:
        raise Failure(f"not computed by the operator, but by {sorted(seen)}")


class PlainTorchPath(_TorchPath):
    """Modules by plain torch operations, the definition of the semantics."""

    name = "torch"
    title = "the modules by plain torch operations"

    def run(self, norm: Norm) -> dict[str, Results]:
        """By torch's operations and torch's autograd."""
        return {"plain": self.compute(norm, "plain", norm.backward)}


class CompiledTorchPath(_TorchPath):
    """Modules by compiled kernels: eager mode with and without gradients, and the operators."""

    name = "cpu"
    title = "the modules by compiled CPU kernels, in eager mode and as torch operators"

    def unavailable(self) -> str | None:
        """torch, the compiler or the operators are missing."""
        reason = _missing_torch()
        if reason is not None:
            return reason
        from rmsnorm.nn import ops

        return None if ops.AVAILABLE else "the torch operators were not built (_torch_ops.so)"

    def run(self, norm: Norm) -> dict[str, Results]:
        """By each engine."""
        engines = {}
        if norm.partial is None:  # which has no operator, but kernels
            engines["operator"] = self.compute(norm, "operator", norm.backward)
        engines["eager"] = self.compute(norm, "eager", norm.backward)
        if norm.backward:
            # Without gradients to record another function is called.
            inference = self.compute(norm, "eager", False)
            engines["inference"] = {**engines["eager"], **inference}
        return engines
